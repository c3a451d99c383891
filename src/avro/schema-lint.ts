import { META_FIELDS } from './row-schema.ts';

/**
 * What sinks cannot take, as rules over a flat schema. Kafka Connect's Avro converter knows few logical types, JDBC sinks
 * no nesting, BigQuery no nullable lists; a required field that is not the key's breaks deletes of unknown rows.
 */

export interface LintOptions {
  /** Names of the key's fields: they are required, everything else has a default. */
  readonly keyFields: readonly string[];
  /** Written by a user: `int`, `float` and names in any case are then no fault, since sinks take them. */
  readonly declared?: boolean;
}

const PRIMITIVES = new Set(['string', 'boolean', 'long', 'double']);
const DECLARED_PRIMITIVES = new Set([...PRIMITIVES, 'int', 'float']);
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SNAKE_CASE = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const META = new Map(META_FIELDS.map(({ name, type }): [string, string] => [name, type]));

/** @returns what is wrong with a value schema of the flat shape, one line each, empty where nothing is */
export function lintValueSchema(schema: unknown, options: LintOptions): readonly string[] {
  const { fields, problems } = lintRecord(schema);
  const { keyFields } = options;
  for (const field of fields) problems.push(...lintField(field, options));
  const last = fields.slice(-META_FIELDS.length).map(({ name }) => name);
  if (last.join() !== [...META.keys()].join()) problems.push(`the last fields must be ${[...META.keys()].join(', ')}`);
  const missing = keyFields.filter((key) => !fields.some(({ name }) => name === key));
  return [...problems, ...missing.map((key) => `${key}: a field of the key is missing`)];
}

/** A key schema is part of the key's bytes: nothing may be in it that anybody could want to change. */
export function lintKeySchema(schema: unknown, { keyFields }: LintOptions): readonly string[] {
  const { fields, problems } = lintRecord(schema);
  if (fields.map(({ name }) => name).join() !== keyFields.join())
    problems.push(`the fields must be ${keyFields.join()}`);
  for (const field of fields) {
    if (field.type !== 'string') problems.push(`${field.name}: a part of the key must be a string`);
    for (const part of ['doc', 'default', 'aliases']) {
      if (part in field) problems.push(`${field.name}: a part of the key has no ${part}`);
    }
  }
  if (isObject(schema) && 'doc' in schema) problems.push('a key schema has no doc');
  return problems;
}

interface Field {
  readonly name: string;
  readonly type: unknown;
}

function lintRecord(schema: unknown): { readonly fields: readonly Field[]; readonly problems: string[] } {
  if (!isObject(schema) || schema.type !== 'record') return { fields: [], problems: ['it is not a record'] };
  const { name, namespace, fields } = schema as Record<string, unknown>;
  const problems: string[] = [];
  if (typeof name !== 'string' || !NAME.test(name)) problems.push('the record has no proper name');
  if (typeof name === 'string' && name.endsWith('Envelope')) problems.push('a flat record may not be named Envelope');
  if (typeof namespace !== 'string' || namespace === '') problems.push('the record has no namespace');
  if (!Array.isArray(fields) || fields.length === 0) return { fields: [], problems: [...problems, 'an empty record'] };
  const names = fields.map((field: Field) => String(field.name).toLowerCase());
  const twice = names.filter((each, index) => names.indexOf(each) !== index);
  return { fields, problems: [...problems, ...twice.map((each) => `${each}: twice, but for upper and lower case`)] };
}

function lintField(field: Field, { keyFields, declared = false }: LintOptions): string[] {
  const { name, type } = field;
  if (keyFields.includes(name))
    return type === 'string' && !('default' in field) ? [] : [`${name}: must be a required string`];
  if (name.startsWith('__')) return META.get(name) === type ? [] : [`${name}: no such meta field of this type`];
  const primitives = declared ? DECLARED_PRIMITIVES : PRIMITIVES;
  const problems = [
    lintName(name, declared ? NAME : SNAKE_CASE),
    Array.isArray(type) ? lintNullable(field, type, primitives) : lintList(field, type),
  ];
  return problems.flatMap((problem) => (problem === undefined ? [] : `${name}: ${problem}`));
}

function lintName(name: string, form: RegExp): string | undefined {
  if (name === 'op') return 'Debezium sinks take a record with a field op for an envelope';
  return form.test(name) ? undefined : 'not in snake_case';
}

function lintNullable(
  field: object,
  branches: readonly unknown[],
  primitives: ReadonlySet<string>,
): string | undefined {
  const [first, second, ...more] = branches;
  if (first !== 'null' || second === undefined || more.length > 0) return 'the only unions are ["null", X]';
  if (!('default' in field) || field.default !== null) return 'the default of a nullable field must be null';
  return lintScalar(second, primitives);
}

function lintScalar(type: unknown, primitives: ReadonlySet<string>): string | undefined {
  if (typeof type === 'string')
    return primitives.has(type) ? undefined : `${type} is not one of ${[...primitives].join()}`;
  if (!isObject(type)) return 'no proper type';
  const { type: base, logicalType } = type as Record<string, unknown>;
  if (base === 'array') return 'a list may not be nullable';
  if (logicalType === undefined) return `${String(base)} inside of another type`;
  return base === 'long' && logicalType === 'timestamp-millis'
    ? undefined
    : `${String(logicalType)} is unknown to sinks`;
}

function lintList(field: object, type: unknown): string | undefined {
  if (!isObject(type) || type.type !== 'array') return 'must be nullable, or a list with default []';
  if (!('items' in type) || type.items !== 'string') return 'the items of a list must be strings';
  const isEmpty = 'default' in field && Array.isArray(field.default) && field.default.length === 0;
  if (!isEmpty) return 'the default of a list must be []';
  return 'logicalType' in field ? 'logicalType belongs into the type' : undefined;
}

function isObject(value: unknown): value is { readonly type?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
