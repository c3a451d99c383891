import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCodec } from '../../src/avro/codec.ts';
import { digest } from '../../src/avro/digest.ts';
import { evolve } from '../../src/avro/evolve.ts';
import { fieldsFromSchema, keySchemaOf, valueSchemaOf } from '../../src/avro/generated.ts';
import { lintKeySchema, lintValueSchema } from '../../src/avro/schema-lint.ts';
import { compileMapping, type FieldMapping } from '../../src/core/field.ts';
import { ROW_HASH, rowHashMapper } from '../../src/core/field-hash.ts';
import { emptyShape, fieldsOf, mergeShapes, observe, type Shape } from '../../src/core/infer.ts';
import { keyedFields } from '../../src/core/infer-key.ts';

const names = ['id', 'userId', 'user_id', 'UserID', 'a', 'b', 'a_b', 'a_json', 'op', 'row_hash', '__proto__', 'größe'];
const ids = ['64a0000000000000000000ff', '2027-01-01', '17'];
const NAME = fc.oneof(
  { arbitrary: fc.constantFrom(...names), weight: 12 },
  { arbitrary: fc.constantFrom(...ids), weight: 1 },
  { arbitrary: fc.string({ unit: 'binary', maxLength: 70 }), weight: 2 },
);
const SCALAR = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.constantFrom(0.5, -0, 2 ** 53, -(2 ** 53), 1e300, 2 ** 52),
  fc.constantFrom('', 'x', '2027-01-16T09:00:00Z', '2027-02-30T09:00:00Z', '2027-01-16T09:00:00+02:00', '2027-01-16'),
  fc.string({ unit: 'binary', maxLength: 8 }),
);

/** As JSON.parse makes it: `__proto__` is a property like any other. */
function object(entries: readonly (readonly [string, unknown])[]): object {
  const made = {};
  for (const [name, value] of entries) {
    Object.defineProperty(made, name, { value, enumerable: true, configurable: true, writable: true });
  }
  return made;
}

const { item: ITEM } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, SCALAR, tie('item'), tie('list')),
  list: fc.oneof(fc.array(fc.string({ maxLength: 3 }), { maxLength: 3 }), fc.array(tie('value'), { maxLength: 3 })),
  item: fc
    .array(fc.tuple(NAME, tie('value')), { maxLength: 8 })
    .map((entries) => object(entries as [string, unknown][])),
}));
/** Objects with so many names that limits come into play. */
const WIDE = fc
  .tuple(fc.constantFrom('p', 'q', 'r'), fc.nat(60), fc.nat(30), fc.nat(4))
  .map(([top, from, width, depth]) => {
    let value: object = Object.fromEntries(Array.from({ length: width }, (_, index) => [`n${from + index}`, index]));
    for (let level = 0; level < depth; level++) value = { [`l${level}`]: value, [`m${from}`]: value };
    return { [top]: value };
  });
const range = (name: string, from: number, count: number, value: (index: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${name}${from + index}`, value(from + index)]));
/** Objects of objects, each at the edge of having too many names, and the whole as well. */
const CROWDED = fc
  .tuple(fc.nat(4), fc.nat(3), fc.integer({ min: 47, max: 49 }))
  .map(([group, from, count]) => ({ p: { [`g${group}`]: range('n', from, count, (index) => index) } }));
/** More properties than are kept. */
const MANY = fc
  .tuple(fc.nat(500), fc.integer({ min: 1, max: 250 }))
  .map(([from, count]) => range('n', from, count, (index) => (index % 3 === 0 ? { a: from } : count % 2 === 0)));
const crowd = (item: fc.Arbitrary<object>, minLength: number) => fc.array(item, { minLength, maxLength: 14 });
const ITEMS = fc.array(fc.oneof({ arbitrary: ITEM, weight: 3 }, { arbitrary: WIDE, weight: 1 }), { maxLength: 12 });

const shapeOf = (items: readonly unknown[]): Shape => items.reduce(observe, emptyShape());

test('in whatever order items are observed, and in whatever parts, the shape is the same', () => {
  fc.assert(
    fc.property(ITEMS, ITEMS, ITEMS, (a, b, c) => {
      const whole = shapeOf([...a, ...b, ...c]);
      deepStrictEqual(shapeOf([...c, ...b, ...a].reverse()), whole);
      deepStrictEqual(shapeOf([...b, ...c, ...a]), whole);
      const [x, y, z] = [shapeOf(a), shapeOf(b), shapeOf(c)];
      deepStrictEqual(mergeShapes(mergeShapes(x, y), z), whole);
      deepStrictEqual(mergeShapes(z, mergeShapes(y, x)), whole);
      deepStrictEqual(fieldsOf(mergeShapes(z, mergeShapes(y, x)), []), fieldsOf(whole, []));
    }),
  );
});

test('limits are no exception: what is given up is the same, whenever it is given up', () => {
  fc.assert(
    fc.property(fc.oneof(crowd(CROWDED, 8), crowd(MANY, 3)), fc.nat(12), (items, at) => {
      const whole = shapeOf(items);
      deepStrictEqual(shapeOf(items.toReversed()), whole);
      const [start, end] = [shapeOf(items.slice(0, at)), shapeOf(items.slice(at))];
      deepStrictEqual(mergeShapes(end, start), whole);
      deepStrictEqual(fieldsOf(mergeShapes(start, end), []), fieldsOf(whole, []));
    }),
  );
});

test('what was observed adds nothing when it is observed again', () => {
  fc.assert(
    fc.property(ITEMS, (items) => {
      const shape = shapeOf(items);
      strictEqual(items.reduce(observe, shape), shape);
      strictEqual(mergeShapes(shape, shape), shape);
      strictEqual(mergeShapes(shape, emptyShape()), shape);
    }),
  );
});

test('every observed item fits the fields and their schema', () => {
  fc.assert(
    fc.property(ITEMS, (items) => {
      const fields = fieldsOf(shapeOf(items), []);
      const mapper = compileMapping({ fields, keyFields: [] });
      const codec = createCodec({ ...schemasOf(fields), keySchemaId: 1, valueSchemaId: 2 });
      for (const item of items) codec.encodeRow({ [ROW_HASH]: '', ...mapper.rowOf(item, {}) });
    }),
  );
});

test('names are unique, free, in snake_case, and short enough for every sink', () => {
  fc.assert(
    fc.property(ITEMS, fc.subarray(['id', 'a_b', 'USER_ID', 'op']), (items, taken) => {
      const found = fieldsOf(shapeOf(items), taken).map(({ field }) => field);
      strictEqual(new Set(found).size, found.length);
      for (const name of found) {
        match(name, /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/);
        ok(name.length <= 63 && !taken.includes(name) && name !== 'op' && name !== ROW_HASH);
      }
    }),
  );
});

const RECORD = { record: 'Thing', keyFields: [ROW_HASH] };

function schemasOf(fields: readonly FieldMapping[]) {
  return { keySchema: keySchemaOf(RECORD), valueSchema: valueSchemaOf({ ...RECORD, fields }) };
}

test('every inferred schema is one that sinks take, and gives its mapping back', () => {
  fc.assert(
    fc.property(ITEMS, (items) => {
      const fields = fieldsOf(shapeOf(items), []);
      fc.pre(fields.length > 0);
      const { keySchema, valueSchema } = schemasOf(fields);
      deepStrictEqual(lintValueSchema(JSON.parse(valueSchema), RECORD), []);
      deepStrictEqual(lintKeySchema(JSON.parse(keySchema), RECORD), []);
      deepStrictEqual(fieldsFromSchema(valueSchema), fields);
    }),
  );
});

test('a key makes its fields text, wherever they are, and is found again after a restart', () => {
  const paths = fc.uniqueArray(fc.constantFrom(['id'], ['userId'], ['a', 'b'], ['b', 'a', 'id'], ['nowhere']), {
    minLength: 1,
    selector: String,
  });
  fc.assert(
    fc.property(ITEMS, paths, (items, keyPaths) => {
      const { fields, keyFields } = keyedFields(fieldsOf(shapeOf(items), []), keyPaths);
      strictEqual(keyFields.length, keyPaths.length);
      const value = valueSchemaOf({ record: 'Thing', fields, keyFields });
      deepStrictEqual(lintValueSchema(JSON.parse(value), { keyFields }), []);
      deepStrictEqual(fieldsFromSchema(value), fields);
      deepStrictEqual(keyedFields(fields, keyPaths), { fields, keyFields });
      compileMapping({ fields, keyFields });
    }),
  );
});

test('a mapping that grows keeps what it has, and knows all of what it was told', () => {
  fc.assert(
    fc.property(ITEMS, ITEMS, (before, after) => {
      const known = fieldsOf(shapeOf(before), []);
      const observed = fieldsOf(shapeOf(after), []);
      const { fields, added, conflicts } = evolve(known, observed);
      deepStrictEqual(fields.slice(0, known.length), known);
      deepStrictEqual(
        fields.slice(known.length).map(({ field }) => field),
        added,
      );
      compileMapping({ fields, keyFields: [] });
      deepStrictEqual(evolve(fields, observed), { fields, added: [], conflicts });
      deepStrictEqual(evolve(known, known), { fields: known, added: [], conflicts: [] });
      const saysNothing = /\[\]|\{\}/.test(JSON.stringify([...before, ...after]));
      if (conflicts.length > 0 || saysNothing) return;
      const mapper = compileMapping({ fields, keyFields: [] });
      for (const item of [...before, ...after]) mapper.rowOf(item, {});
    }),
  );
});

test('the hash of an item is its key: other rows do not share it, and a new field leaves it alone', () => {
  fc.assert(
    fc.property(ITEMS, (items) => {
      const known = fieldsOf(shapeOf(items), []);
      const mapper = rowHashMapper(known, digest);
      const wider = rowHashMapper(evolve(known, fieldsOf(shapeOf([{ brandNew: 1 }]), [])).fields, digest);
      const seen = new Map<string, string>();
      for (const item of items) {
        const row = mapper.rowOf(item, {});
        const [key] = mapper.keyOf(item, {}) as [string];
        deepStrictEqual(Object.keys(row)[0], ROW_HASH);
        strictEqual(row[ROW_HASH], key);
        deepStrictEqual(wider.keyOf(item, {}), [key]);
        const content = JSON.stringify(row);
        strictEqual(seen.get(key) ?? content, content);
        seen.set(key, content);
      }
    }),
  );
});
