import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { createCodec } from '../../../src/avro/codec.ts';
import { digest } from '../../../src/avro/digest.ts';
import { readCommittedSchemas } from '../../../src/avro/schema.ts';
import { WorkerError } from '../../../src/core/errors.ts';
import type { Row } from '../../../src/core/record.ts';
import type { Codec, Digest } from '../../../src/pipeline/ports.ts';
import { readRecord } from './avro-reader.ts';
import { PARAMETERS, resources } from './resources.ts';

const META_FIELDS = [
  { name: '__op', type: 'string' },
  { name: '__deleted', type: 'string' },
  { name: '__source_ts_ms', type: 'long' },
  { name: '__ts_ms', type: 'long' },
];
const KEY = JSON.stringify({
  type: 'record',
  name: 'ThingKey',
  namespace: 'a',
  fields: [{ name: 'id', type: 'string' }],
});

function thing(fields: readonly object[], ignoreChanges: readonly string[] = []): Codec {
  const all = [{ name: 'id', type: 'string' }, ...fields, ...META_FIELDS];
  const valueSchema = JSON.stringify({ type: 'record', name: 'Thing', namespace: 'a', fields: all });
  return createCodec({ keySchema: KEY, valueSchema, keySchemaId: 1, valueSchemaId: 2, ignoreChanges });
}

const nullable = (name: string, type: unknown) => ({ name, type: ['null', type], default: null });
const list = (name: string) => ({ name, type: { type: 'array', items: 'string' }, default: [] });

function thrownBy(act: () => unknown): WorkerError {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof WorkerError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

test('a digest is 32 hex digits, the same for text and its bytes', () => {
  const port: Digest = digest;
  strictEqual(port('abc'), 'ba7816bf8f01cfea414140de5dae2223');
  strictEqual(port(new TextEncoder().encode('abc')), port('abc'));
});

test('a value says of a delete that it is one', () => {
  const codec = thing([nullable('n', 'long')]);
  const { rowBytes } = codec.encodeRow({ id: 'a', n: 1 });
  const read = (op: 'd' | 'c') =>
    codec.encodeValue(rowBytes, { op, sourceTsMs: 5, tsMs: 6 }).subarray(5 + rowBytes.length);
  const meta = { fields: META_FIELDS };
  deepStrictEqual(readRecord(meta, read('d')).value, { __op: 'd', __deleted: 'true', __source_ts_ms: 5, __ts_ms: 6 });
  deepStrictEqual(readRecord(meta, read('c')).value, { __op: 'c', __deleted: 'false', __source_ts_ms: 5, __ts_ms: 6 });
});

test('what was encoded stays as it was, however much is encoded after it', () => {
  const codec = thing([nullable('text', 'string')]);
  const made = Array.from({ length: 3_000 }, (_, index) => {
    const row = { id: `id-${index}`, text: 'x'.repeat(index) };
    const { rowBytes } = codec.encodeRow(row);
    const value = codec.encodeValue(rowBytes, { op: 'c', sourceTsMs: 1, tsMs: 2 });
    const all = [codec.encodeKey([row.id]), rowBytes, value];
    return { all, copies: all.map((bytes) => Buffer.from(bytes)) };
  });
  for (const { all, copies } of made)
    deepStrictEqual(
      all.map((bytes) => Buffer.from(bytes)),
      copies,
    );
});

test('a row larger than a block is encoded, and one after it too', () => {
  const codec = thing([nullable('text', 'string')]);
  const text = 'é'.repeat(200_000);
  const { rowBytes } = codec.encodeRow({ id: 'a', text });
  const value = codec.encodeValue(rowBytes, { op: 'c', sourceTsMs: 1, tsMs: 2 });
  const schema = { fields: [{ name: 'id', type: 'string' }, nullable('text', 'string'), ...META_FIELDS] };
  strictEqual(readRecord(schema, value, 5).value.text, text);
  strictEqual(codec.encodeRow({ id: 'b', text: 'short' }).rowBytes.length, 9);
});

test('a row in the state does not hold a larger block in memory', () => {
  const { rowBytes } = thing([]).encodeRow({ id: 'a' });
  strictEqual(rowBytes.buffer.byteLength, rowBytes.byteLength);
});

test('fields under ignore_changes are in the row and not in the hash', () => {
  const codec = thing([nullable('a', 'long'), nullable('b', 'long'), list('c')], ['a', 'c']);
  const first = codec.encodeRow({ id: 'x', a: 1, b: 2, c: ['p'] });
  const moved = codec.encodeRow({ id: 'x', a: 9, b: 2, c: [] });
  const edited = codec.encodeRow({ id: 'x', a: 1, b: 3, c: ['p'] });
  strictEqual(first.hash, moved.hash);
  notStrictEqual(first.hash, edited.hash);
  ok(!Buffer.from(first.rowBytes).equals(moved.rowBytes));
});

test('what is to be ignored must be a field that can be', () => {
  for (const name of ['nothing', 'id', '__op']) {
    const error = thrownBy(() => thing([nullable('a', 'long')], [name]));
    deepStrictEqual([error.kind, error.code], ['config', 'schema.unknown_field']);
  }
});

test('a value that does not fit is named by its path and both types, and never shown', () => {
  const codec = thing([nullable('n', 'long'), nullable('s', 'string'), list('l')]);
  const fits = { id: 'a', n: 1, s: 's', l: [] };
  const cases: readonly (readonly [object, string])[] = [
    [{ n: 'top secret' }, 'n should be null or long and is string'],
    [{ n: 1.5 }, 'n should be long and is fraction'],
    [{ n: 2 ** 53 }, 'n should be long and is whole number too large'],
    [{ n: -(2 ** 52) - 1 }, 'n should be long and is whole number too large'],
    [{ s: 4711 }, 's should be null or string and is whole number'],
    [{ l: ['ok', 4711] }, 'l.1 should be string and is whole number'],
    [{ l: null }, 'l should be array and is null'],
    [{ id: null }, 'id should be string and is null'],
    [{ id: undefined }, 'id should be string and is undefined'],
  ];
  for (const [change, message] of cases) {
    const error = thrownBy(() => codec.encodeRow({ ...fits, ...change } as unknown as Row));
    deepStrictEqual([error.kind, error.code, error.message], ['record', 'encode.does_not_fit', message]);
    strictEqual(error.cause, undefined);
  }
});

test('a key with too few, too many or wrong parts is refused', () => {
  const codec = thing([]);
  for (const key of [[], ['a', 'b'], [4711]]) {
    const error = thrownBy(() => codec.encodeKey(key as string[]));
    deepStrictEqual([error.kind, error.code], ['record', 'encode.does_not_fit']);
    ok(!error.message.includes('4711'));
  }
});

test('a row of an earlier version becomes the row it would be today', () => {
  const before = thing([nullable('a', 'long'), nullable('gone', 'string')]);
  const today = thing([nullable('a', 'long'), nullable('new_one', 'string'), list('tags')]);
  const { rowBytes } = before.encodeRow({ id: 'x', a: 4, gone: 'bye' });
  deepStrictEqual(
    today.upgradeRow(rowBytes, before.rowSchema),
    today.encodeRow({ id: 'x', a: 4, new_one: null, tags: [] }),
  );
  notStrictEqual(before.fingerprint, today.fingerprint);
});

test('a doc does not change the fingerprint, a type does', () => {
  const plain = thing([nullable('a', 'long')]);
  strictEqual(thing([{ ...nullable('a', 'long'), doc: 'Some text.' }]).fingerprint, plain.fingerprint);
  notStrictEqual(thing([nullable('a', 'string')]).fingerprint, plain.fingerprint);
});

test('a stored row that nothing can be made of is a record error', () => {
  const today = thing([nullable('a', 'long')]);
  const text = thing([nullable('a', 'string')]);
  const { rowBytes } = text.encodeRow({ id: 'x', a: 'text' });
  for (const act of [
    () => today.upgradeRow(rowBytes, text.rowSchema),
    () => today.upgradeRow(rowBytes.subarray(0, 2), today.rowSchema),
  ]) {
    const error = thrownBy(act);
    deepStrictEqual([error.kind, error.code], ['record', 'encode.does_not_fit']);
  }
});

test('a value schema must end in the four __ fields', () => {
  const make = (fields: readonly object[]) => {
    const valueSchema = JSON.stringify({ type: 'record', name: 'T', fields });
    return () => createCodec({ keySchema: KEY, valueSchema, keySchemaId: 1, valueSchemaId: 2 });
  };
  const id = { name: 'id', type: 'string' };
  for (const fields of [
    [id],
    META_FIELDS,
    [...META_FIELDS, id],
    [id, ...META_FIELDS.toReversed()],
    [id, { name: '__x', type: 'string' }, ...META_FIELDS],
  ]) {
    throws(make(fields), { kind: 'config', code: 'schema.invalid' });
  }
});

test('schemas that could hurt the process are refused', () => {
  const make = (valueSchema: string) => () =>
    createCodec({ keySchema: KEY, valueSchema, keySchemaId: 1, valueSchemaId: 2 });
  const record = (fields: readonly object[]) => JSON.stringify({ type: 'record', name: 'T', fields });
  const deep = `${'{"type":"array","items":'.repeat(5_000)}"long"${'}'.repeat(5_000)}`;
  const many = Array.from({ length: 2_001 }, (_, index) => nullable(`f${index}`, 'long'));
  throws(make(record(many)), { kind: 'config', code: 'schema.too_large' });
  throws(make(deep), { kind: 'config', code: 'schema.too_large' });
  throws(make(`"${'x'.repeat(300_000)}"`), { kind: 'config', code: 'schema.too_large' });
  throws(make(record([{ name: 'f', type: { type: 'fixed', name: 'F', size: 2 ** 31 } }])), {
    code: 'schema.too_large',
  });
  throws(make(record([{ name: '__proto__', type: 'string' }])), { kind: 'config', code: 'schema.invalid' });
  throws(make('{'), { kind: 'config', code: 'schema.invalid' });
  throws(make('"string"'), { kind: 'config', code: 'schema.invalid' });
  throws(make('null'), { kind: 'config', code: 'schema.invalid' });
  throws(make(record([{ name: 'a', type: 'nonsense' }])), { kind: 'config', code: 'schema.invalid' });
});

test('a project that only had time tracked on it is unchanged', () => {
  const project = resources.find(({ template }) => template.name === 'projects');
  ok(project);
  const hashOf = (item: object) => project.codec.encodeRow(project.mapper.rowOf(item, PARAMETERS)).hash;
  const item = project.items[0] as object;
  strictEqual(hashOf({ ...item, duration: 'PT80H' }), hashOf(item));
  notStrictEqual(hashOf({ ...item, note: 'edited' }), hashOf(item));
});

test('the committed schemas are found from this folder too', () => {
  ok(readCommittedSchemas('users').valueSchema.includes('"User"'));
});
