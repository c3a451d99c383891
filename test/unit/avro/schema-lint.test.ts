import { deepStrictEqual, match, strictEqual } from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { lintKeySchema, lintValueSchema } from '../../../src/avro/schema-lint.ts';
import { resources } from './resources.ts';

const nullable = (type: unknown, more: object = {}) => ({ name: 'x', type: ['null', type], default: null, ...more });
const META = [
  { name: '__op', type: 'string' },
  { name: '__deleted', type: 'string' },
  { name: '__source_ts_ms', type: 'long' },
  { name: '__ts_ms', type: 'long' },
];

function value(fields: readonly object[], head: object = {}) {
  const key = { name: 'id', type: 'string' };
  return { type: 'record', name: 'Thing', namespace: 'a.b', ...head, fields: [key, ...fields, ...META] };
}

const lint = (schema: unknown) => lintValueSchema(schema, { keyFields: ['id'] });

test('every committed schema is one that sinks can take', () => {
  for (const { template, keySchema, valueSchema } of resources) {
    const { keyFields, record } = template;
    deepStrictEqual(lintValueSchema(JSON.parse(valueSchema), { keyFields }), [], template.plural);
    deepStrictEqual(lintKeySchema(JSON.parse(keySchema), { keyFields }), [], template.plural);
    strictEqual(JSON.parse(valueSchema).name, record);
    strictEqual(JSON.parse(keySchema).name, `${record}Key`);
    strictEqual(JSON.parse(keySchema).namespace, 'io.clockify.kafka');
  }
});

test('there is no schema without a template, and none is missing', () => {
  const files = readdirSync(new URL('../../../avro/', import.meta.url)).sort();
  const wanted = resources.flatMap(({ template }) => [`${template.plural}-key.avsc`, `${template.plural}-value.avsc`]);
  deepStrictEqual(files, wanted.sort());
});

const FAULTS: Readonly<Record<string, readonly [object, RegExp]>> = {
  'a union of two types': [{ name: 'x', type: ['null', 'long', 'string'], default: null }, /only unions/],
  'null as the second branch': [{ name: 'x', type: ['string', 'null'], default: '' }, /only unions/],
  'a default other than null': [{ name: 'x', type: ['null', 'long'], default: 0 }, /must be null/],
  'no default': [{ name: 'x', type: ['null', 'long'] }, /must be null/],
  'a required field': [{ name: 'x', type: 'long' }, /must be nullable/],
  'a map': [nullable({ type: 'map', values: 'string' }), /map/],
  'a record in a record': [nullable({ type: 'record', name: 'R', fields: [] }), /record/],
  'an enumeration': [nullable({ type: 'enum', name: 'E', symbols: ['A'] }), /enum/],
  bytes: [nullable('bytes'), /bytes/],
  float: [nullable('float'), /float/],
  'a decimal': [nullable({ type: 'bytes', logicalType: 'decimal', precision: 9 }), /decimal/],
  microseconds: [nullable({ type: 'long', logicalType: 'timestamp-micros' }), /timestamp-micros/],
  'a uuid': [nullable({ type: 'string', logicalType: 'uuid' }), /uuid/],
  'a nullable list': [nullable({ type: 'array', items: 'string' }), /list may not be nullable/],
  'a list of records': [
    { name: 'x', type: { type: 'array', items: { type: 'record', name: 'R', fields: [] } }, default: [] },
    /items/,
  ],
  'a list with null items': [{ name: 'x', type: { type: 'array', items: ['null', 'string'] }, default: [] }, /items/],
  'a list without default': [{ name: 'x', type: { type: 'array', items: 'string' } }, /must be \[\]/],
  camelCase: [{ name: 'xY', type: ['null', 'long'], default: null }, /snake_case/],
  'a field that looks like Debezium': [{ name: 'op', type: ['null', 'string'], default: null }, /Debezium/],
  'a foreign __ field': [{ name: '__x', type: 'string' }, /no such meta field/],
};

for (const [fault, [field, problem]] of Object.entries(FAULTS)) {
  test(`a value schema with ${fault} is found`, () => match(lint(value([field])).join('\n'), problem));
}

test('faults of the record as a whole are found', () => {
  match(lint(value([], { name: 'TimeEntryEnvelope' })).join(), /Envelope/);
  match(lint(value([], { namespace: undefined })).join(), /namespace/);
  match(lint({ type: 'record', name: 'A', namespace: 'a', fields: [] }).join(), /empty/);
  match(lint({ type: 'enum', name: 'A', symbols: [] }).join(), /not a record/);
  match(lint(value([nullable('long'), { ...nullable('long'), name: 'X' }])).join(), /twice/);
  match(lint({ ...value([]), fields: [...META, { name: 'id', type: 'string' }] }).join(), /last fields/);
  match(lintValueSchema(value([]), { keyFields: ['id', 'other'] }).join(), /other: a field of the key is missing/);
  deepStrictEqual(lint(value([nullable('long')])), []);
});

test('a key schema with anything in it that could be edited is found', () => {
  const key = (field: object, head: object = {}) => ({
    type: 'record',
    name: 'K',
    namespace: 'a',
    ...head,
    fields: [field],
  });
  const lintKey = (schema: unknown) => lintKeySchema(schema, { keyFields: ['id'] }).join();
  strictEqual(lintKey(key({ name: 'id', type: 'string' })), '');
  match(lintKey(key({ name: 'id', type: 'string', doc: 'x' })), /no doc/);
  match(lintKey(key({ name: 'id', type: 'string' }, { doc: 'x' })), /no doc/);
  match(lintKey(key({ name: 'id', type: 'string', default: '' })), /no default/);
  match(lintKey(key({ name: 'id', type: 'long' })), /must be a string/);
  match(lintKey(key({ name: 'key', type: 'string' })), /fields must be/);
});
