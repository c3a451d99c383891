import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { evolve } from '../../../src/avro/evolve.ts';
import { valueSchemaOf } from '../../../src/avro/generated.ts';
import type { FieldMapping } from '../../../src/core/field.ts';
import type { FieldType } from '../../../src/core/field-value.ts';
import { emptyShape, fieldsOf, observe } from '../../../src/core/infer.ts';

const infer = (...items: readonly unknown[]) => fieldsOf(items.reduce(observe, emptyShape()), []);
const field = (path: string, type: FieldType, name = path): FieldMapping => ({
  path: path.split('.'),
  field: name,
  type,
});

test('what is new comes last, under a name that is free; what is known stays as it is', () => {
  const known: readonly FieldMapping[] = [
    { parameter: 'workspace', field: 'workspace_id' },
    field('id', 'string'),
    field('user', 'string', 'user_name'),
  ];
  const { fields, added, conflicts } = evolve(
    known,
    infer({ id: 'x', user: 'y', userName: 'z', workspaceId: 'w', a: 1 }),
  );
  deepStrictEqual(fields, [
    ...known,
    field('a', 'long'),
    field('userName', 'string', 'user_name_2'),
    field('workspaceId', 'string', 'workspace_id_2'),
  ]);
  deepStrictEqual([added, conflicts], [['a', 'user_name_2', 'workspace_id_2'], []]);
});

test('a value of another type is a conflict with both types, and changes nothing', () => {
  const known = [
    field('a', 'long'),
    field('b', 'instant'),
    field('c', 'strings'),
    field('d.e', 'string'),
    field('f', 'string'),
  ];
  const { fields, added, conflicts } = evolve(known, infer({ a: 0.5, b: 'soon', c: [1], d: 'x', f: { g: 1, h: 2 } }));
  deepStrictEqual([fields, added], [known, []]);
  deepStrictEqual(conflicts, [
    { path: 'a', known: 'long', found: 'double' },
    { path: 'b', known: 'instant', found: 'string' },
    { path: 'c', known: 'strings', found: 'json' },
    { path: 'd', known: 'object', found: 'string' },
    { path: 'f', known: 'string', found: 'object' },
  ]);
});

test('what a known type takes anyway is no conflict', () => {
  const known = [
    field('a', 'double'),
    field('b', 'string'),
    field('c', 'string-set'),
    field('d', 'duration'),
    field('e', 'json'),
    field('f', 'json'),
  ];
  const items = [{ a: 1, b: '2027-01-16T09:00:00Z', c: ['x'], d: 'PT1H', e: 7, f: { g: { h: 1 } } }];
  deepStrictEqual(evolve(known, infer(...items)), { fields: known, added: [], conflicts: [] });
});

test('a schema that is full stays as it is', () => {
  let known: readonly FieldMapping[] = [];
  for (let round = 0; round < 10; round++) {
    const item = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`n${round}x${index}`, index]));
    known = evolve(known, infer(item)).fields;
  }
  ok(known.length > 800 && known.length <= 1_000);
  ok(valueSchemaOf({ record: 'T', keyFields: ['row_hash'], fields: known }).length < 256 * 1024);
  strictEqual(evolve(known, infer({ late: 1 })).fields.length <= 1_000, true);
});
