import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerError } from '../../../../src/core/errors.ts';
import { compileMapping, type FieldMapping } from '../../../../src/core/field.ts';
import type { FieldType } from '../../../../src/core/field-value.ts';

const ID: FieldMapping = { path: ['id'], field: 'id', type: 'string' };

function mapper(...fields: readonly FieldMapping[]) {
  return compileMapping({ fields: [ID, ...fields], keyFields: ['id'] });
}

function read(type: FieldType, value: unknown): unknown {
  return mapper({ path: ['v'], field: 'v', type }).rowOf({ id: 'a', v: value }, {}).v;
}

function refuse(type: FieldType, value: unknown): WorkerError {
  try {
    read(type, value);
  } catch (thrown) {
    ok(thrown instanceof WorkerError);
    deepStrictEqual([thrown.kind, thrown.code], ['record', 'extract.wrong_type']);
    return thrown;
  }
  throw new Error(`${type} took ${JSON.stringify(value)}`);
}

const TAKEN: readonly (readonly [FieldType, unknown, unknown])[] = [
  ['string', '', ''],
  ['string', 'a\ud800b', 'a\ufffdb'],
  ['boolean', false, false],
  ['long', -5, -5],
  ['long', 2 ** 53 - 2, 2 ** 53 - 2],
  ['long', -(2 ** 52), -(2 ** 52)],
  ['long', -0, 0],
  ['double', 0.5, 0.5],
  ['instant', '2026-03-02T08:15:00Z', Date.UTC(2026, 2, 2, 8, 15)],
  ['instant', '2026-03-02T08:15:00.250+02:00', Date.UTC(2026, 2, 2, 6, 15, 0, 250)],
  ['instant', '2024-02-29T00:00:00Z', Date.UTC(2024, 1, 29)],
  ['duration', 'PT79H12M', 285_120],
  ['duration', 'PT0S', 0],
  ['strings', [], []],
  ['strings', ['b', 'a'], ['b', 'a']],
  ['string-set', ['b', 'a', 'C'], ['C', 'a', 'b']],
  ['json', [], '[]'],
  ['json', { b: [2, { d: null, c: 'x' }], a: true }, '{"a":true,"b":[2,{"c":"x","d":null}]}'],
  ['json', 'a\ud800b', '"a\\ud800b"'],
];

for (const [type, value, expected] of TAKEN) {
  test(`${type} takes ${JSON.stringify(value)}`, () => deepStrictEqual(read(type, value), expected));
}

test('what is null or absent is null, or an empty list', () => {
  for (const type of ['string', 'boolean', 'long', 'double', 'instant', 'duration', 'json'] as const) {
    deepStrictEqual([read(type, null), read(type, undefined)], [null, null]);
  }
  for (const type of ['strings', 'string-set'] as const)
    deepStrictEqual([read(type, null), read(type, undefined)], [[], []]);
});

const REFUSED: readonly (readonly [FieldType, readonly unknown[]])[] = [
  ['string', [1, true, {}, []]],
  ['boolean', ['true', 0, null].slice(0, 2)],
  ['long', [1.5, '7', 2 ** 53 - 1, -(2 ** 52) - 1, Number.NaN, Number.POSITIVE_INFINITY, true]],
  ['double', ['1', Number.NaN, Number.NEGATIVE_INFINITY]],
  [
    'instant',
    [
      0,
      '',
      '2026-03-02',
      '2026-03-02T08:15:00',
      'Mon, 02 Mar 2026 08:15:00 GMT',
      '2026-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-03-02T25:00:00Z',
    ],
  ],
  ['duration', [60, '1:30', 'P', 'P1Y', `PT${'9'.repeat(30)}H`]],
  ['strings', ['a', {}, ['a', 1], [null]]],
  ['string-set', [[['a']]]],
  ['json', [Number.POSITIVE_INFINITY, { a: [Number.NaN] }, JSON.parse(`${'['.repeat(500)}${']'.repeat(500)}`)]],
];

for (const [type, values] of REFUSED) {
  test(`${type} refuses what it is not, as a record error`, () => values.forEach((value) => void refuse(type, value)));
}

test('an error names path, expected and found type, and never the value', () => {
  strictEqual(refuse('long', 'top secret').message, 'v should be whole number and is string');
  strictEqual(
    refuse('instant', 'top secret').message,
    'v should be ISO 8601 date and time with a zone and is another string',
  );
  strictEqual(refuse('strings', ['ok', 4711]).message, 'v[1] should be string and is whole number');
  const deep = mapper({ path: ['a', 'b', 'c'], field: 'c', type: 'string' });
  throws(() => deep.rowOf({ id: 'x', a: { b: 5 } }, {}), { message: 'a.b should be object and is whole number' });
  throws(() => deep.rowOf({ id: 'x', a: [] }, {}), { message: 'a should be object and is array' });
});

test('the way to a nested field may end early', () => {
  const deep = mapper({ path: ['a', 'b', 'c'], field: 'c', type: 'strings' });
  for (const item of [{}, { a: null }, { a: {} }, { a: { b: null } }]) {
    deepStrictEqual(deep.rowOf({ id: 'x', ...item }, {}), { id: 'x', c: [] });
  }
});

test('an item without its key is refused, whatever else it has', () => {
  for (const item of [{}, { id: null }, { id: '' }]) {
    throws(() => mapper().rowOf(item, {}), { kind: 'record', code: 'extract.no_key' });
    throws(() => mapper().keyOf(item, {}), {
      kind: 'record',
      code: 'extract.no_key',
      message: /^id is part of the key/,
    });
  }
  throws(() => mapper().keyOf({ id: 5 }, {}), { kind: 'record', code: 'extract.wrong_type' });
  for (const item of [null, undefined, 5, 'text', []]) {
    throws(() => mapper().rowOf(item, {}), {
      kind: 'record',
      code: 'extract.wrong_type',
      message: /^the item should be object/,
    });
  }
});

test('a parameter of the slice can be a field, and part of the key', () => {
  const { keyOf, rowOf } = compileMapping({
    fields: [{ parameter: 'workspace', field: 'workspace_id' }, ID],
    keyFields: ['workspace_id', 'id'],
  });
  deepStrictEqual(keyOf({ id: 'a' }, { workspace: 'w' }), ['w', 'a']);
  deepStrictEqual(rowOf({ id: 'a' }, { workspace: 'w' }), { workspace_id: 'w', id: 'a' });
  throws(() => keyOf({ id: 'a' }, {}), { code: 'extract.no_key', message: /parameter workspace/ });
});

test('the start is that of the row, or null', () => {
  const start: FieldMapping = { path: ['start'], field: 'start', type: 'instant' };
  const { rowOf, startOf } = compileMapping({ fields: [ID, start], keyFields: ['id'], startField: 'start' });
  strictEqual(startOf(rowOf({ id: 'a', start: '1970-01-01T00:00:01Z' }, {})), 1000);
  strictEqual(startOf(rowOf({ id: 'a' }, {})), null);
  strictEqual(mapper().startOf({ id: 'a' }), null);
});

test('fields that the mapping does not know are named by their path', () => {
  const { unknownFields } = mapper(
    { path: ['rate', 'amount'], field: 'rate_amount', type: 'long' },
    { path: ['whole'], field: 'whole_json', type: 'json' },
    { path: ['whole', 'part'], field: 'part', type: 'string' },
  );
  const item = { id: 'a', rate: { amount: 1, currency: 'EUR' }, whole: { x: 1 }, extra: { deep: 1 } };
  deepStrictEqual(unknownFields(item), ['extra', 'rate.currency']);
  deepStrictEqual(unknownFields({ id: 'a', rate: null }), []);
  deepStrictEqual([unknownFields(null), unknownFields('text'), unknownFields([1])], [[], [], []]);
});

test('what has no type yet is no unknown field: it is told of when it has one', () => {
  const { unknownFields } = mapper({ path: ['rate', 'amount'], field: 'rate_amount', type: 'long' });
  const item = { id: 'a', rate: { amount: 1, note: null }, none: null, list: [], object: {}, deep: { a: { b: [] } } };
  deepStrictEqual(unknownFields(item), []);
  const filled = { id: 'a', rate: { note: '' }, none: 0, list: [null], object: { a: false }, deep: { a: { b: [1] } } };
  deepStrictEqual(unknownFields(filled), ['none', 'list', 'object', 'deep', 'rate.note']);
  const hollow = JSON.parse(`${'{"a":'.repeat(20_000)}{}${'}'.repeat(20_000)}`) as object;
  deepStrictEqual(unknownFields({ hollow }), ['hollow'], 'however deep it is');
});

test('nothing that an object inherits is ever read, and nothing is polluted', () => {
  const inherited = mapper(
    { path: ['toString'], field: 'a', type: 'string' },
    { path: ['constructor', 'name'], field: 'b', type: 'string' },
  );
  deepStrictEqual(inherited.rowOf({ id: 'x' }, {}), { id: 'x', a: null, b: null });
  const hostile = JSON.parse('{"id":"x","v":{"__proto__":{"polluted":true}},"__proto__":{"id":"y"}}') as object;
  const { rowOf, unknownFields } = mapper({ path: ['v'], field: 'v', type: 'json' });
  deepStrictEqual(rowOf(hostile, {}), { id: 'x', v: '{"__proto__":{"polluted":true}}' });
  deepStrictEqual(unknownFields(hostile), ['__proto__']);
  strictEqual(({} as { polluted?: unknown }).polluted, undefined);
});

test('a mapping that contradicts itself is refused', () => {
  const bad = (fields: readonly FieldMapping[], keyFields = ['id'], startField?: string) =>
    throws(() => compileMapping({ fields, keyFields, startField }), { kind: 'config', code: 'mapping.invalid' });
  bad([ID, ID]);
  bad([ID], ['other']);
  bad([ID], ['id'], 'start');
  bad([ID, { path: [], field: 'x', type: 'json' }]);
  for (const field of ['__proto__', '__op', 'a-b', '', '1a']) bad([ID, { path: ['a'], field, type: 'json' }]);
});

test('named arrays in JSON are sets, all others keep their order', () => {
  const mapping: FieldMapping = { path: ['s'], field: 's', type: 'json', unordered: ['days', 's'] };
  const { rowOf } = mapper(mapping);
  const at = (s: unknown) => rowOf({ id: 'x', s }, {}).s;
  strictEqual(at({ days: ['b', 'a'], other: ['b', 'a'] }), '{"days":["a","b"],"other":["b","a"]}');
  strictEqual(at([{ b: 1 }, { a: 1 }]), '[{"a":1},{"b":1}]');
});
