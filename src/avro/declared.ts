import { WorkerError } from '../core/errors.ts';
import type { FieldMapping } from '../core/field.ts';
import { ROW_HASH } from '../core/field-hash.ts';
import { isMeta } from './generated.ts';
import { type MappedField, mappingOf, originOf, typeOfField } from './generated-field.ts';
import { META_FIELDS } from './row-schema.ts';
import { parseRecordSchema } from './schema.ts';
import { lintValueSchema } from './schema-lint.ts';

export interface DeclaredSchema {
  readonly record: string;
  /** In the order of the schema. */
  readonly fields: readonly FieldMapping[];
  /** What was declared, with the `__` fields at its end, and `row_hash` first where the key is the hash of the row. */
  readonly valueSchema: string;
}

const MAX_PROBLEMS = 10;
const HINT =
  'A field is ["null", T] with default null, where T is string, boolean, int, long, float, double or ' +
  '{"type": "long", "logicalType": "timestamp-millis"}; a list is {"type": "array", "items": "string"} with default []; ' +
  'anything else is a string with "mapping": "json". "path": ["a", "b"] says where a field is found.';

/**
 * A schema that a user wrote. A field is found under its `path`, without one under its own name at the top of the item.
 * What sinks cannot take is refused, all of it at once.
 *
 * @throws {WorkerError} config `schema.declared`, `schema.invalid`, `schema.too_large`
 */
export function declaredFields(valueSchemaText: string, keyFields: readonly string[]): DeclaredSchema {
  const declared = parseRecordSchema(valueSchemaText);
  const schema = { ...declared, fields: complete(declared.fields, keyFields) };
  const hash = keyFields.includes(ROW_HASH) ? ROW_HASH : undefined;
  const rowFields = schema.fields.filter(({ name }) => name !== hash && !name.startsWith('__')).map(withOrigin);
  const problems = [
    ...lintValueSchema(schema, { keyFields, declared: true }),
    ...rowFields.flatMap((field) => attributeProblems(field)),
  ];
  if (rowFields.length === 0) problems.push('it has no field for anything of the item');
  if (problems.length > 0) throw refused(declared.name, problems);
  const valueSchema = JSON.stringify(schema);
  parseRecordSchema(valueSchema);
  return { record: declared.name, fields: rowFields.map((field) => mappingOf(field) as FieldMapping), valueSchema };
}

/** Our own fields go where they have to be; one that was declared with another type stays, and is found there. */
function complete(fields: readonly MappedField[], keyFields: readonly string[]): readonly MappedField[] {
  const isHashMissing = keyFields.includes(ROW_HASH) && !fields.some(({ name }) => name === ROW_HASH);
  const meta = META_FIELDS.map((ours) => fields.find(({ name }) => name === ours.name) ?? ours);
  const head = isHashMissing ? [{ name: ROW_HASH, type: 'string' }] : [];
  return [...head, ...fields.filter(({ name }) => !isMeta(name)), ...meta];
}

function withOrigin(field: MappedField): MappedField {
  return field.path === undefined && field.parameter === undefined ? { ...field, path: [field.name] } : field;
}

function attributeProblems(field: MappedField): string[] {
  const { name, mapping } = field;
  if (originOf(field) === undefined) {
    return [`${name}: "path" is a list of names, ["a", "b"], or "parameter" is a name; not both`];
  }
  if (mappingOf(field) !== undefined) return [];
  if (mapping !== undefined) return [`${name}: this "mapping" does not go with its type`];
  return typeOfField(field) === undefined ? [] : [`${name}: a parameter is a string`];
}

function refused(name: string, problems: readonly string[]): WorkerError {
  const more = problems.length > MAX_PROBLEMS ? `; and ${problems.length - MAX_PROBLEMS} more` : '';
  const list = problems.slice(0, MAX_PROBLEMS).join('; ');
  return new WorkerError('config', 'schema.declared', `the declared schema ${name} cannot be used: ${list}${more}`, {
    hint: HINT,
  });
}
