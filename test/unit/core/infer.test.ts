import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { createCodec } from '../../../src/avro/codec.ts';
import { digest } from '../../../src/avro/digest.ts';
import { keySchemaOf, valueSchemaOf } from '../../../src/avro/generated.ts';
import { compileMapping, type FieldMapping } from '../../../src/core/field.ts';
import { ROW_HASH, rowHashMapper } from '../../../src/core/field-hash.ts';
import { emptyShape, fieldsOf, mergeShapes, observe } from '../../../src/core/infer.ts';
import { keyedFields } from '../../../src/core/infer-key.ts';

const shapeOf = (items: readonly unknown[]) => items.reduce(observe, emptyShape());
const infer = (...items: readonly unknown[]) => fieldsOf(shapeOf(items), []);

/** `path: field type`, one line each. */
const lines = (fields: readonly FieldMapping[]) =>
  fields.map((each) => ('path' in each ? `${each.path.join('.')}: ${each.field} ${each.type}` : each.field));
/** The type of the only property of items that have these values in it. */
const typeOf = (...values: readonly unknown[]) => lines(infer(...values.map((x) => ({ x })))).join();

const APPROVALS = [
  {
    approvalRequest: {
      id: '64c777ddd3fcab07cfbb210c',
      dateRange: { start: '2027-01-04T00:00:00Z', end: '2027-01-10T23:59:59Z' },
      status: { state: 'PENDING', note: null, updatedAt: '2027-01-11T08:00:00Z' },
    },
    approvedTime: 'PT8H',
    billableAmount: 8500,
    expenseTotal: 0,
    rate: 85,
    locked: false,
    tagNames: ['a', 'b'],
    entries: [{ id: '1', billable: true }],
    perUser: { '64a0000000000000000000ff': { hours: 4 } },
    customValue: 'x',
    nothingYet: null,
    noneYet: [],
  },
  {
    approvalRequest: { id: '64c777ddd3fcab07cfbb210d', status: { state: 'APPROVED', note: 'ok' } },
    rate: 85.5,
    tagNames: [],
    customValue: 7,
  },
];

test('an answer as Clockify gives it becomes the fields that a person would have written', () => {
  deepStrictEqual(lines(infer(...APPROVALS)), [
    'approvedTime: approved_time string',
    'billableAmount: billable_amount long',
    'customValue: custom_value_json json',
    'entries: entries_json json',
    'expenseTotal: expense_total long',
    'locked: locked boolean',
    'perUser: per_user_json json',
    'rate: rate double',
    'tagNames: tag_names strings',
    'approvalRequest.id: approval_request_id string',
    'approvalRequest.dateRange.end: approval_request_date_range_end instant',
    'approvalRequest.dateRange.start: approval_request_date_range_start instant',
    'approvalRequest.status.note: approval_request_status_note string',
    'approvalRequest.status.state: approval_request_status_state string',
    'approvalRequest.status.updatedAt: approval_request_status_updated_at instant',
  ]);
});

test('the rows of such an answer', () => {
  const { rowOf } = compileMapping({ fields: infer(...APPROVALS), keyFields: ['approval_request_id'] });
  const row = rowOf(APPROVALS[0], {});
  strictEqual(row.entries_json, '[{"billable":true,"id":"1"}]');
  strictEqual(row.approval_request_date_range_start, Date.parse('2027-01-04T00:00:00Z'));
  strictEqual(row.custom_value_json, '"x"');
  strictEqual(rowOf(APPROVALS[1], {}).custom_value_json, '7');
});

test('types: what was seen decides, and what is mixed is JSON', () => {
  strictEqual(typeOf(1, 2), 'x: x long');
  strictEqual(typeOf(1, 0.5), 'x: x double');
  strictEqual(typeOf(1, 2 ** 53), 'x: x double');
  strictEqual(typeOf(2 ** 53 - 2, -(2 ** 52)), 'x: x long');
  strictEqual(typeOf('2027-01-16T09:00:00Z', '2027-01-16T09:00:00.123456+02:00'), 'x: x instant');
  strictEqual(typeOf('2027-01-16T09:00:00Z', ''), 'x: x string');
  strictEqual(typeOf('2027-01-16'), 'x: x string');
  strictEqual(typeOf('2027-01-16T09:00:00'), 'x: x string');
  strictEqual(typeOf('2027-02-30T09:00:00Z'), 'x: x string');
  strictEqual(typeOf([], ['a']), 'x: x strings');
  strictEqual(typeOf(['a', null]), 'x: x_json json');
  strictEqual(typeOf([1]), 'x: x_json json');
  strictEqual(typeOf([], 'a'), 'x: x_json json');
  strictEqual(typeOf(true, 'a'), 'x: x_json json');
  strictEqual(typeOf({ a: 1 }, 'a'), 'x: x_json json');
  strictEqual(typeOf({ a: 1 }, null), 'x.a: x_a long');
});

test('what was never more than null or empty has no field yet', () => {
  strictEqual(typeOf(null, [], null), '');
  strictEqual(typeOf({}, { a: null }, { a: {} }), '');
});

test('names are made safe, and two that become one are told apart in the same way each time', () => {
  const named = (...names: readonly string[]) =>
    infer(Object.fromEntries(names.map((name) => [name, 1]))).map(({ field }) => field);
  deepStrictEqual(named('HTMLText', 'userID', 'isB2B', 'x-rate', 'naïve größe'), [
    'html_text',
    'is_b2_b',
    'naive_gro_e',
    'user_id',
    'x_rate',
  ]);
  deepStrictEqual(named('2fa', '日本', '§', '__op', 'op', 'row_hash'), [
    'field_2fa',
    'item_op',
    'item_op_2',
    'item_row_hash',
    'field',
    'field_2',
  ]);
  deepStrictEqual(named('user_id', 'userId', 'USER_ID'), ['user_id', 'user_id_2', 'user_id_3']);
  deepStrictEqual(lines(infer({ a: { b: 1 } }, { a_b: 1 })), ['a_b: a_b long', 'a.b: a_b_2 long']);
  deepStrictEqual(lines(fieldsOf(shapeOf([{ userId: 1 }]), ['User_ID'])), ['userId: user_id_2 long']);
  strictEqual(infer({ a: { ['b'.repeat(64)]: 1 } })[0]?.field.length, 63);
});

test('objects whose names are data become one field of JSON', () => {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));
  strictEqual(infer({ x: keys(50) }).length, 50);
  strictEqual(typeOf(keys(51)), 'x: x_json json');
  strictEqual(typeOf({ a: 1, '2027-01-01': 2 }), 'x: x_json json');
  strictEqual(typeOf({ '1c0d3a5e-0000-4000-8000-000000000000': 2 }), 'x: x_json json');
  strictEqual(lines(infer({ x: { y: keys(51), z: 1 } })).join(), 'x.y: x_y_json json,x.z: x_z long');
  const apart = Array.from({ length: 51 }, (_, index) => ({ x: { [`k${index}`]: index } }));
  strictEqual(lines(infer(...apart)).join(), 'x: x_json json');
});

test('an object is one field of JSON where more is below it than a table should have columns for', () => {
  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]));
  const groups = (count: number, size: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`g${index}`, keys(size)]));
  strictEqual(infer({ x: groups(4, 50) }).length, 200);
  strictEqual(typeOf(groups(5, 50)), 'x: x_json json');
  strictEqual(infer({ x: { y: groups(3, 26) } }).length, 78);
  strictEqual(typeOf({ y: groups(3, 27) }), 'x.y: x_y_json json');
  strictEqual(typeOf({ y: { z: keys(28) } }), 'x.y.z: x_y_z_json json');
});

test('a name that cannot stand in a schema makes JSON of the object around it', () => {
  for (const name of ['\ud800', 'n'.repeat(65), 'a\nb', 'a\u0000']) {
    strictEqual(typeOf({ [name]: 1, a: 2 }), 'x: x_json json');
    deepStrictEqual(lines(infer({ [name]: 1, a: 2 })), ['a: a long']);
  }
});

test('what lies deep becomes JSON, however deep it is', () => {
  const nest = (depth: number): object => (depth === 0 ? { v: 1 } : { a: nest(depth - 1) });
  deepStrictEqual(lines(infer(nest(6))), ['a.a.a.a.a.a.v: a_a_a_a_a_a_v long']);
  deepStrictEqual(lines(infer(nest(7))), ['a.a.a.a.a.a.a: a_a_a_a_a_a_a_json json']);
  let deep: unknown = 1;
  for (let level = 0; level < 100_000; level++) deep = level % 2 === 0 ? [deep] : { a: deep };
  const fields = infer({ id: 'x', deep });
  const { rowOf } = compileMapping({ fields, keyFields: ['id'] });
  throws(() => rowOf({ id: 'x', deep }, {}), { kind: 'record', code: 'extract.wrong_type' });
});

test('10,000 names, huge texts and numbers, __proto__, lone surrogates: bounded, and every row can be written', () => {
  const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`name${index}`, index]));
  const items: readonly Record<string, unknown>[] = [
    { id: 'a', wide, ...wide },
    JSON.parse(
      '{"id":"b","__proto__":{"polluted":1,"__proto__":2},"constructor":1,"toString":"x","hasOwnProperty":[]}',
    ),
    { id: 'c', text: '\ud800'.repeat(3), list: ['\udfff'], huge: 'x'.repeat(1_000_000) },
    JSON.parse('{"id":"d","big":123456789012345678901234567890,"small":-9007199254740993,"tiny":1e-400}'),
  ];
  const started = performance.now();
  const fields = infer(...items);
  ok(performance.now() - started < 10_000);
  ok(fields.length <= 400);
  const { rowOf } = compileMapping({ fields, keyFields: ['id'] });
  const schemas = { keySchema: keySchemaOf({ record: 'T', keyFields: ['id'] }), valueSchema: '' };
  schemas.valueSchema = valueSchemaOf({ record: 'T', keyFields: ['id'], fields });
  const { encodeRow } = createCodec({ ...schemas, keySchemaId: 1, valueSchemaId: 2 });
  for (const item of items) ok(encodeRow(rowOf(item, {})).rowBytes.length > 0);
  strictEqual(({} as Record<string, unknown>).polluted, undefined);

  const [, proto] = items;
  deepStrictEqual(lines(infer(proto)), [
    'constructor: constructor long',
    'id: id string',
    'toString: to_string string',
    '__proto__.__proto__: proto_proto long',
    '__proto__.polluted: proto_polluted long',
  ]);
});

test('memory is bounded, whatever many items bring', () => {
  let shape = emptyShape();
  for (let index = 0; index < 20_000; index++) {
    const name = `n${index % 997}`;
    shape = observe(shape, { [name]: { [`a${index}`]: { [`b${index}`]: index } }, [`top${index}`]: 1 });
  }
  strictEqual(shape.members.size, 400);
  const fields = fieldsOf(shape, []);
  ok(fields.length <= 1_000);
  ok(valueSchemaOf({ record: 'T', keyFields: [ROW_HASH], fields }).length < 256 * 1024);
});

test('the widest properties become JSON where all would be more than a schema should hold', () => {
  const group = (count: number, name: string) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${index}`, index]));
  const two = (name: string) => ({ p: group(50, name), q: group(50, name), r: group(50, name), s: group(50, name) });
  const item = { a: two('a'), b: two('b'), c: two('c'), d: two('d'), e: two('e'), f: { x: 1 }, g: 1 };
  const fields = lines(infer(item));
  strictEqual(fields.length, 4 * 200 + 1 + 2);
  ok(fields.includes('a: a_json json') && fields.includes('f.x: f_x long'));
});

test('items that are no objects say nothing', () => {
  const shape = emptyShape();
  for (const item of [null, 1, 'x', [], [{ a: 1 }], undefined]) strictEqual(observe(shape, item), shape);
  deepStrictEqual(fieldsOf(mergeShapes(shape, emptyShape()), []), []);
});

test('a key is text: a number as JSON writes it, an instant as it came', () => {
  const item = { n: 17, at: '2027-01-16T09:00:00+02:00', inner: { id: 'x' }, other: true };
  const { fields, keyFields } = keyedFields(infer(item), [['inner', 'id'], ['n'], ['at'], ['n'], ['not', 'there']]);
  deepStrictEqual(keyFields, ['inner_id', 'n', 'at', 'not_there']);
  deepStrictEqual(lines(fields), [
    'inner.id: inner_id string',
    'n: n json',
    'at: at string',
    'not.there: not_there string',
    'other: other boolean',
  ]);
  const { keyOf } = compileMapping({ fields, keyFields: keyFields.slice(0, 3) });
  deepStrictEqual(keyOf(item, {}), ['x', '17', '2027-01-16T09:00:00+02:00']);
});

test('the key of a row without one is the hash of its item, over what it has and not over what it lacks', () => {
  const fields = infer({ a: 1, b: 'x', c: ['y'] });
  const { keyOf, rowOf, unknownFields } = rowHashMapper(fields, digest);
  const [key] = keyOf({ a: 1 }, {});
  deepStrictEqual(rowOf({ a: 1 }, {}), { row_hash: key, a: 1, b: null, c: [] });
  deepStrictEqual([keyOf({ a: 1, b: null }, {}), unknownFields({ d: 4 })], [[key], ['d']]);
  const [wider] = keyOf({ d: 4, a: 1 }, {});
  ok(wider !== key);
  const grown = rowHashMapper(infer({ a: 1, b: 'x', c: ['y'], d: 4 }), digest);
  deepStrictEqual([grown.keyOf({ a: 1 }, {}), grown.keyOf({ a: 1, d: 4 }, {})], [[key], [wider]]);
  ok(keyOf({ a: 2 }, {})[0] !== key);
  throws(() => keyOf({ a: 'x' }, {}), { code: 'extract.wrong_type' });
});
