import * as z from 'zod';
import type { JsonSchema } from './format.ts';

/** Any value may be a reference instead of what the key wants. */
const REFERENCE = { $ref: '#/definitions/reference' };

/** The JSON Schema of a map of the file, every value of which may be a reference. */
export function objectSchema(shape: z.ZodType): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { target: 'draft-7', io: 'input' });
  const properties = Object.entries(schema.properties ?? {}).map(([key, value]) => [
    key,
    orReference(value as JsonSchema),
  ]);
  return { ...schema, properties: Object.fromEntries(properties) };
}

/** @internal */
export function orReference({ description, default: fallback, ...schema }: JsonSchema): JsonSchema {
  const options = Array.isArray(schema.anyOf) && Object.keys(schema).length === 1 ? schema.anyOf : [schema];
  return {
    ...(description === undefined ? {} : { description }),
    ...(fallback === undefined ? {} : { default: fallback }),
    anyOf: [...options, REFERENCE],
  };
}
