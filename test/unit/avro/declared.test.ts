import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { createCodec } from '../../../src/avro/codec.ts';
import { declaredFields } from '../../../src/avro/declared.ts';
import { fieldsFromSchema, keySchemaOf, valueSchemaOf } from '../../../src/avro/generated.ts';
import { WorkerError } from '../../../src/core/errors.ts';
import { compileMapping } from '../../../src/core/field.ts';

const KEY = { name: 'id', type: 'string' };
const nullable = (name: string, type: unknown, more: object = {}) => ({
  name,
  type: ['null', type],
  default: null,
  ...more,
});
const schemaOf = (fields: readonly object[], head: object = {}) =>
  JSON.stringify({ type: 'record', name: 'Thing', namespace: 'com.example', ...head, fields });
const declare = (...fields: readonly object[]) => declaredFields(schemaOf([KEY, ...fields]), ['id']);

function refusal(...fields: readonly object[]): WorkerError {
  try {
    declare(...fields);
  } catch (thrown) {
    ok(thrown instanceof WorkerError);
    deepStrictEqual([thrown.kind, thrown.code], ['config', 'schema.declared']);
    return thrown;
  }
  throw new Error('it was not refused');
}

test('every type that sinks take is supported, found by path or else by name', () => {
  const instant = { type: 'long', logicalType: 'timestamp-millis' };
  const strings = { type: 'array', items: 'string' };
  const { record, fields, valueSchema } = declare(
    nullable('userName', 'string', { path: ['user', 'name'], doc: 'kept' }),
    nullable('count', 'int'),
    nullable('total', 'long'),
    nullable('ratio', 'float'),
    nullable('price', 'double'),
    nullable('on', 'boolean'),
    nullable('at', instant),
    nullable('took', 'long', { mapping: 'duration' }),
    nullable('rest', 'string', { mapping: 'json' }),
    { name: 'tags', type: strings, default: [] },
    nullable('workspace', 'string', { parameter: 'workspace' }),
  );
  strictEqual(record, 'Thing');
  deepStrictEqual(fields, [
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['user', 'name'], field: 'userName', type: 'string' },
    { path: ['count'], field: 'count', type: 'long' },
    { path: ['total'], field: 'total', type: 'long' },
    { path: ['ratio'], field: 'ratio', type: 'double' },
    { path: ['price'], field: 'price', type: 'double' },
    { path: ['on'], field: 'on', type: 'boolean' },
    { path: ['at'], field: 'at', type: 'instant' },
    { path: ['took'], field: 'took', type: 'duration' },
    { path: ['rest'], field: 'rest', type: 'json' },
    { path: ['tags'], field: 'tags', type: 'strings' },
    { parameter: 'workspace', field: 'workspace' },
  ]);
  match(valueSchema, /"doc":"kept"/);

  const keySchema = keySchemaOf({ record, keyFields: ['id'] });
  const codec = createCodec({ keySchema, valueSchema, keySchemaId: 1, valueSchemaId: 2 });
  const { rowOf } = compileMapping({ fields, keyFields: ['id'] });
  const item = {
    id: 'x',
    user: { name: 'n' },
    count: 3,
    at: '2027-01-16T09:00:00Z',
    took: 'PT1M',
    rest: [1],
    ratio: 1,
  };
  ok(codec.encodeRow(rowOf(item, { workspace: 'w' })).rowBytes.length > 0);
  throws(() => codec.encodeRow(rowOf({ id: 'x', count: 2 ** 31 }, {})), { code: 'encode.does_not_fit' });
});

test('the __ fields are added where they are missing, and put where they have to be', () => {
  const metaNames = ['__op', '__deleted', '__source_ts_ms', '__ts_ms'];
  const namesOf = (text: string) => (JSON.parse(text).fields as { name: string }[]).map(({ name }) => name);
  deepStrictEqual(namesOf(declare(nullable('a', 'long')).valueSchema), ['id', 'a', ...metaNames]);
  const mixed = declare({ name: '__ts_ms', type: 'long', doc: 'mine' }, nullable('a', 'long')).valueSchema;
  deepStrictEqual(namesOf(mixed), ['id', 'a', ...metaNames]);
  match(mixed, /"doc":"mine"/);
  match(refusal({ name: '__op', type: 'long' }).message, /__op: no such meta field of this type/);
  match(refusal({ name: '__mine', type: 'long' }).message, /__mine: no such meta field/);
});

test('a row that is its own key gets the field of its hash', () => {
  const { valueSchema, fields } = declaredFields(schemaOf([nullable('a', 'long')]), ['row_hash']);
  deepStrictEqual(JSON.parse(valueSchema).fields[0], { name: 'row_hash', type: 'string' });
  deepStrictEqual(fields, [{ path: ['a'], field: 'a', type: 'long' }]);
  strictEqual(
    declaredFields(schemaOf([{ name: 'row_hash', type: 'string' }, nullable('a', 'long')]), ['row_hash']).fields.length,
    1,
  );
});

test('what the worker has inferred can be declared', () => {
  const fields = [
    { path: ['id'], field: 'id', type: 'string' },
    { path: ['a', 'b'], field: 'a_b', type: 'instant' },
    { path: ['c'], field: 'c_json', type: 'json' },
  ] as const;
  const text = valueSchemaOf({ record: 'Thing', keyFields: ['id'], fields });
  deepStrictEqual(declaredFields(JSON.stringify(JSON.parse(text), null, 2), ['id']), {
    record: 'Thing',
    fields: fieldsFromSchema(text),
    valueSchema: text,
  });
});

const FAULTS: Readonly<Record<string, readonly [object, RegExp]>> = {
  'a union of two types': [{ name: 'x', type: ['null', 'long', 'string'], default: null }, /x: the only unions/],
  'a required field': [{ name: 'x', type: 'long' }, /x: must be nullable/],
  'no default': [{ name: 'x', type: ['null', 'long'] }, /x: the default of a nullable field must be null/],
  bytes: [nullable('x', 'bytes'), /x: bytes is not one of string,boolean,long,double,int,float/],
  'a record': [nullable('x', { type: 'record', name: 'R', fields: [KEY] }), /x: record/],
  'a map': [nullable('x', { type: 'map', values: 'string' }), /x: map/],
  'an enumeration': [nullable('x', { type: 'enum', name: 'E', symbols: ['A'] }), /x: enum/],
  microseconds: [nullable('x', { type: 'long', logicalType: 'timestamp-micros' }), /x: timestamp-micros/],
  'a nullable list': [nullable('x', { type: 'array', items: 'string' }), /x: a list may not be nullable/],
  'a list of numbers': [{ name: 'x', type: { type: 'array', items: 'long' }, default: [] }, /x: the items/],
  'itself in it': [nullable('x', 'com.example.Thing'), /x: com.example.Thing is not one of/],
  'a path that is text': [nullable('x', 'long', { path: 'a.b' }), /x: "path" is a list of names/],
  'an empty path': [nullable('x', 'long', { path: [] }), /x: "path" is a list of names/],
  'a path and a parameter': [nullable('x', 'string', { path: ['a'], parameter: 'b' }), /x: .*not both/],
  'a parameter that is a number': [nullable('x', 'long', { parameter: 'b' }), /x: a parameter is a string/],
  'JSON in a number': [nullable('x', 'long', { mapping: 'json' }), /x: this "mapping" does not go/],
  'an unknown mapping': [nullable('x', 'string', { mapping: 'xml' }), /x: this "mapping" does not go/],
  'a field that looks like Debezium': [nullable('op', 'string'), /op: Debezium/],
  'two names but for case': [nullable('ID', 'string'), /id: twice/],
};

for (const [fault, [field, problem]] of Object.entries(FAULTS)) {
  test(`a declared schema with ${fault} is refused, with field and reason, and what would be right`, () => {
    const error = refusal(field);
    match(error.message, problem);
    match(error.hint ?? '', /\["null", T\] with default null/);
  });
}

test('all faults are told at once, up to ten', () => {
  const faults = Array.from({ length: 12 }, (_, index) => ({ name: `x${index}`, type: 'long' }));
  match(refusal(...faults).message, /x0: .*; x9: .*; and 2 more$/);
  match(refusal({ name: 'x', type: 'long' }, nullable('y', 'bytes')).message, /x: .*; y: /);
});

test('a key that is not in the schema, or not as a required string, is refused', () => {
  throws(() => declaredFields(schemaOf([nullable('a', 'long')]), ['id']), /id: a field of the key is missing/);
  throws(() => declaredFields(schemaOf([nullable('id', 'string')]), ['id']), /id: must be a required string/);
  throws(() => declaredFields(schemaOf([]), ['row_hash']), /no field for anything of the item/);
  throws(() => declaredFields('{}', ['id']), { code: 'schema.invalid' });
});
