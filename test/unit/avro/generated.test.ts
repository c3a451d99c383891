import { deepStrictEqual, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { fieldsFromSchema, keySchemaOf, valueSchemaOf } from '../../../src/avro/generated.ts';
import { readCommittedSchemas } from '../../../src/avro/schema.ts';
import { lintKeySchema, lintValueSchema } from '../../../src/avro/schema-lint.ts';
import { templates } from '../../../src/clockify/templates/catalogue.ts';
import type { FieldMapping } from '../../../src/core/field.ts';

const FIELDS: readonly FieldMapping[] = [
  { parameter: 'workspace', field: 'workspace_id' },
  { path: ['id'], field: 'id', type: 'string' },
  { path: ['n'], field: 'n', type: 'long' },
  { path: ['price', 'value'], field: 'price_value', type: 'double' },
  { path: ['on'], field: 'on', type: 'boolean' },
  { path: ['at'], field: 'at', type: 'instant' },
  { path: ['took'], field: 'took_seconds', type: 'duration' },
  { path: ['tags'], field: 'tags', type: 'strings' },
  { path: ['features'], field: 'features', type: 'string-set' },
  { path: ['odd "one"'], field: 'odd_json', type: 'json', unordered: ['ids'] },
];
const KEY = { record: 'Thing', keyFields: ['workspace_id', 'id'] };

test('the schemas of a mapping, as they stand in the registry', () => {
  deepStrictEqual(JSON.parse(keySchemaOf(KEY)), {
    type: 'record',
    name: 'ThingKey',
    namespace: 'io.clockify.kafka',
    fields: [
      { name: 'workspace_id', type: 'string' },
      { name: 'id', type: 'string' },
    ],
  });
  const instant = { type: 'long', logicalType: 'timestamp-millis' };
  const strings = { type: 'array', items: 'string' };
  const nullable = (name: string, type: unknown) => ({ name, type: ['null', type], default: null });
  deepStrictEqual(JSON.parse(valueSchemaOf({ ...KEY, fields: FIELDS })), {
    type: 'record',
    name: 'Thing',
    namespace: 'io.clockify.kafka',
    fields: [
      { name: 'workspace_id', type: 'string', parameter: 'workspace' },
      { name: 'id', type: 'string', path: ['id'] },
      { ...nullable('n', 'long'), path: ['n'] },
      { ...nullable('price_value', 'double'), path: ['price', 'value'] },
      { ...nullable('on', 'boolean'), path: ['on'] },
      { ...nullable('at', instant), path: ['at'] },
      { ...nullable('took_seconds', 'long'), path: ['took'], mapping: 'duration' },
      { name: 'tags', type: strings, default: [], path: ['tags'] },
      { name: 'features', type: strings, default: [], path: ['features'], mapping: 'string-set' },
      { ...nullable('odd_json', 'string'), path: ['odd "one"'], mapping: 'json', unordered: ['ids'] },
      { name: '__op', type: 'string' },
      { name: '__deleted', type: 'string' },
      { name: '__source_ts_ms', type: 'long' },
      { name: '__ts_ms', type: 'long' },
    ],
  });
});

test('the mapping comes back out of its schema, key fields first', () => {
  deepStrictEqual(fieldsFromSchema(valueSchemaOf({ ...KEY, fields: FIELDS })), FIELDS);
  deepStrictEqual(fieldsFromSchema(valueSchemaOf({ ...KEY, fields: FIELDS.toReversed() })), [
    ...FIELDS.slice(0, 2),
    ...FIELDS.slice(2).reverse(),
  ]);
});

test('the mapping of every template survives the way through a schema', () => {
  for (const { plural, record, keyFields, fields } of templates) {
    const text = valueSchemaOf({ record, keyFields, fields });
    deepStrictEqual(lintValueSchema(JSON.parse(text), { keyFields }), [], plural);
    deepStrictEqual(lintKeySchema(JSON.parse(keySchemaOf({ record, keyFields })), { keyFields }), []);
    const byName = (all: readonly FieldMapping[] | undefined) =>
      all?.toSorted((a, b) => (a.field < b.field ? -1 : 1)).map((each) => ({ ...each }));
    deepStrictEqual(byName(fieldsFromSchema(text)), byName(fields), plural);
  }
});

test('a row that is its own key has the hash first, and the hash is no part of the mapping', () => {
  const text = valueSchemaOf({ record: 'Thing', keyFields: ['row_hash'], fields: FIELDS });
  deepStrictEqual(JSON.parse(text).fields[0], { name: 'row_hash', type: 'string' });
  deepStrictEqual(fieldsFromSchema(text), FIELDS);
});

test('a key that is no text is refused, and so is one that is not there', () => {
  for (const keyFields of [['n'], ['id', 'at'], ['tags'], ['nowhere']]) {
    throws(() => valueSchemaOf({ record: 'Thing', keyFields, fields: FIELDS }), {
      kind: 'config',
      code: 'schema.key_type',
    });
  }
});

test('a record that sinks would not take is refused with the reason', () => {
  const faults: readonly (readonly [() => string, RegExp])[] = [
    [() => keySchemaOf({ record: 'Thing', keyFields: [] }), /empty record/],
    [() => valueSchemaOf({ record: 'Envelope', keyFields: ['id'], fields: FIELDS }), /Envelope/],
    [
      () => valueSchemaOf({ ...KEY, fields: [...FIELDS, { path: ['x'], field: 'someName', type: 'long' }] }),
      /snake_case/,
    ],
  ];
  for (const [make, message] of faults) throws(make, { kind: 'config', code: 'schema.invalid', message });
});

test('a schema that is not one of these has no mapping', () => {
  const thing = (fields: readonly object[]) => JSON.stringify({ type: 'record', name: 'T', namespace: 'a', fields });
  const nullable = (type: unknown, more: object) => ({ name: 'x', type: ['null', type], default: null, ...more });
  const others = [
    'no JSON',
    '"string"',
    '{"type":"object"}',
    thing([]),
    thing([{ name: '__op', type: 'string' }]),
    thing([{ name: 'x', type: 'string' }]),
    thing([nullable('string', { path: 'x' })]),
    thing([nullable('string', { path: [] })]),
    thing([nullable('string', { path: ['x', 1] })]),
    thing([nullable('bytes', { path: ['x'] })]),
    thing([nullable('long', { path: ['x'], mapping: 'json' })]),
    thing([nullable('long', { parameter: 'x' })]),
    thing([nullable('string', { parameter: 'x', path: ['x'] })]),
    readCommittedSchemas('projects').valueSchema,
  ];
  for (const text of others) strictEqual(fieldsFromSchema(text), undefined, text);
});
