import { WorkerError } from '../core/errors.ts';
import type { FieldMapping } from '../core/field.ts';
import { ROW_HASH } from '../core/field-hash.ts';
import { keyField, type MappedField, mappingOf, nullableField } from './generated-field.ts';
import { META_FIELDS } from './row-schema.ts';
import { parseRecordSchema, type RecordSchema } from './schema.ts';
import { lintKeySchema, lintValueSchema } from './schema-lint.ts';

/**
 * Schemas made of a mapping, in the shape of the committed ones, and the mapping back out of them: what a worker has
 * inferred stands in the registry, and is found again there.
 */

const NAMESPACE = 'io.clockify.kafka';

interface KeySource {
  /** Name of the record: `ApprovalRequest`. */
  readonly record: string;
  readonly keyFields: readonly string[];
}

interface ValueSource extends KeySource {
  readonly fields: readonly FieldMapping[];
}

/**
 * Fields of the key first, then all others in their order, then the `__` fields. A key field that no mapping gives is the
 * hash of the row.
 *
 * @throws {WorkerError} config `schema.key_type` where a field of the key is not text; `schema.invalid`,
 *   `schema.too_large`
 */
export function valueSchemaOf({ record, fields, keyFields }: ValueSource): string {
  const keys = keyFields.map((name) => {
    const mapping = fields.find(({ field }) => field === name);
    if (!isText(name, mapping)) throw keyType(name);
    return keyField(name, mapping);
  });
  const rest = fields.filter(({ field }) => !keyFields.includes(field)).map(nullableField);
  return schemaText(record, [...keys, ...rest, ...META_FIELDS], (schema) => lintValueSchema(schema, { keyFields }));
}

/**
 * Without the attributes: a key schema is part of the bytes of every key.
 *
 * @throws {WorkerError} config `schema.invalid`
 */
export function keySchemaOf({ record, keyFields }: KeySource): string {
  const fields = keyFields.map((name) => keyField(name, undefined));
  return schemaText(`${record}Key`, fields, (schema) => lintKeySchema(schema, { keyFields }));
}

/** @returns the mapping that `valueSchemaOf` was given, key fields first; undefined where the schema is not one of these */
export function fieldsFromSchema(valueSchemaText: string): readonly FieldMapping[] | undefined {
  const rowFields = parsed(valueSchemaText)?.fields.filter((field) => !isMeta(field.name) && !isRowHash(field));
  const mappings = rowFields?.map(mappingOf);
  return mappings?.every((mapping) => mapping !== undefined) && mappings.length > 0 ? mappings : undefined;
}

export function isMeta(name: string): boolean {
  return META_FIELDS.some((meta) => meta.name === name);
}

/** The worker's own hash, and not a property of the item that has this name. */
function isRowHash({ name, path }: MappedField): boolean {
  return name === ROW_HASH && path === undefined;
}

function isText(name: string, mapping: FieldMapping | undefined): boolean {
  if (mapping === undefined) return name === ROW_HASH;
  return 'parameter' in mapping || mapping.type === 'string' || mapping.type === 'json';
}

function keyType(name: string): WorkerError {
  return new WorkerError('config', 'schema.key_type', `${name} cannot be part of the key: it is no text`);
}

function schemaText(
  name: string,
  fields: readonly MappedField[],
  lint: (schema: RecordSchema) => readonly string[],
): string {
  const text = JSON.stringify({ type: 'record', name, namespace: NAMESPACE, fields });
  const problems = lint(parseRecordSchema(text));
  if (problems.length === 0) return text;
  throw new WorkerError(
    'config',
    'schema.invalid',
    `the schema ${name} is none that sinks take: ${problems.join('; ')}`,
  );
}

/** Whatever is in the registry, it is no fault of ours that it is not ours. */
function parsed(text: string): RecordSchema | undefined {
  try {
    return parseRecordSchema(text);
  } catch (thrown) {
    if (thrown instanceof WorkerError) return undefined;
    throw thrown;
  }
}
