import { WorkerError } from '../core/errors.ts';
import type { RecordField, RecordSchema } from './schema.ts';

/** The last fields of every value, in this order: a row is then a prefix of its value. */
export const META_FIELDS: readonly { readonly name: string; readonly type: string }[] = [
  { name: '__op', type: 'string' },
  { name: '__deleted', type: 'string' },
  { name: '__source_ts_ms', type: 'long' },
  { name: '__ts_ms', type: 'long' },
];

export interface SplitSchema {
  readonly rowSchema: RecordSchema;
  readonly metaSchema: RecordSchema;
}

/**
 * A record is written as its fields one after the other, without anything between: so row and meta fields can be
 * encoded apart and put together (Avro specification, "Binary encoding").
 *
 * @throws {WorkerError} config `schema.invalid` where the `__` fields are not the four, at the end
 */
export function splitValueSchema(schema: RecordSchema): SplitSchema {
  const at = schema.fields.length - META_FIELDS.length;
  const row = schema.fields.slice(0, Math.max(at, 0));
  const meta = schema.fields.slice(Math.max(at, 0));
  const right = META_FIELDS.every(({ name, type }, index) => meta[index]?.name === name && meta[index]?.type === type);
  if (!right || row.length === 0 || row.some(({ name }) => name.startsWith('__'))) {
    const names = META_FIELDS.map(({ name }) => name).join(', ');
    throw new WorkerError(
      'config',
      'schema.invalid',
      `${schema.name} must end in ${names}, and have no other __ field`,
    );
  }
  return { rowSchema: { ...schema, fields: row }, metaSchema: { ...schema, name: `${schema.name}Meta`, fields: meta } };
}

/**
 * What stands in for fields that a hash leaves out: their defaults.
 *
 * @throws {WorkerError} config `schema.unknown_field` for one that is not there, or has no default since it is the key's
 */
export function neutralValues(schema: RecordSchema, names: readonly string[]): Readonly<Record<string, unknown>> {
  const fields = new Map(schema.fields.map((field): [string, RecordField] => [field.name, field]));
  const neutral = names.map((name): [string, unknown] => {
    const field = fields.get(name);
    if (field?.default === undefined) {
      throw new WorkerError('config', 'schema.unknown_field', `${schema.name} has no field ${name} to ignore`, {
        hint: `It has ${schema.fields.flatMap((each) => (each.default === undefined ? [] : each.name)).join(', ')}.`,
      });
    }
    return [name, field.default];
  });
  return Object.fromEntries(neutral);
}
