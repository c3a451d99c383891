import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import avsc from 'avsc';
import fc from 'fast-check';
import { createCodec } from '../../src/avro/codec.ts';
import { WorkerError } from '../../src/core/errors.ts';
import { canonicalJson } from '../../src/core/field-json.ts';
import type { Row } from '../../src/core/record.ts';
import { readRecord } from '../unit/avro/avro-reader.ts';
import { PARAMETERS, resources } from '../unit/avro/resources.ts';

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}

const LONG = fc.integer({ min: -(2 ** 52), max: 2 ** 53 - 2 });
const TEXT = fc.string({ unit: 'binary', maxLength: 40 });

function anyOf(type: unknown): fc.Arbitrary<unknown> {
  if (type === 'string') return TEXT;
  if (type === 'boolean') return fc.boolean();
  if (Array.isArray(type)) return fc.option(anyOf(type[1]), { nil: null });
  const { type: base } = type as { type?: string };
  if (base === 'array') return fc.array(TEXT, { maxLength: 5 });
  return LONG;
}

function rowOf(fields: readonly Field[]): fc.Arbitrary<Row> {
  const members = Object.fromEntries(fields.map(({ name, type }) => [name, anyOf(type)]));
  return fc.record(members) as fc.Arbitrary<Row>;
}

const META = fc.record({ op: fc.constantFrom('r', 'c', 'u', 'd'), sourceTsMs: fc.nat(), tsMs: fc.nat() });

for (const { template, codec, valueSchema, mapper, items } of resources) {
  const schema = JSON.parse(valueSchema) as { fields: Field[] };
  const row = rowOf(schema.fields.filter(({ name }) => !name.startsWith('__')));
  const whole = avsc.Type.forSchema(schema as unknown as avsc.Schema);

  test(`${template.plural}: any row comes back as it was, in the eyes of another reader`, () => {
    fc.assert(
      fc.property(row, (given) => {
        const { rowBytes } = codec.encodeRow(given);
        const { value, bytesRead } = readRecord(JSON.parse(codec.rowSchema), rowBytes);
        deepStrictEqual(value, { ...given });
        strictEqual(bytesRead, rowBytes.length);
      }),
    );
  });

  test(`${template.plural}: row and meta fields put together are the value encoded as a whole`, () => {
    fc.assert(
      fc.property(row, META, (given, meta) => {
        const put = codec.encodeValue(codec.encodeRow(given).rowBytes, meta as never);
        const all = {
          ...given,
          __op: meta.op,
          __deleted: String(meta.op === 'd'),
          __source_ts_ms: meta.sourceTsMs,
          __ts_ms: meta.tsMs,
        };
        deepStrictEqual(Buffer.from(put.subarray(5)), whole.toBuffer(all));
      }),
    );
  });

  test(`${template.plural}: a row is unchanged by an upgrade from the version it has`, () => {
    fc.assert(
      fc.property(row, (given) => {
        const encoded = codec.encodeRow(given);
        deepStrictEqual(codec.upgradeRow(encoded.rowBytes, codec.rowSchema), encoded);
      }),
    );
  });

  test(`${template.plural}: one hash means one row, as far as it is not ignored`, () => {
    const seen = (given: Row) => ({
      ...given,
      ...Object.fromEntries(template.ignoreChanges.map((name) => [name, null])),
    });
    fc.assert(
      fc.property(row, row, (one, other) => {
        const same = codec.encodeRow(one).hash === codec.encodeRow(other).hash;
        strictEqual(same, JSON.stringify(seen(one)) === JSON.stringify(seen(other)));
        strictEqual(codec.encodeRow({ ...one }).hash, codec.encodeRow(one).hash);
      }),
    );
  });

  test(`${template.plural}: whatever an answer holds becomes a row that fits, or a record error`, () => {
    const broken = fc
      .tuple(
        fc.constantFrom(...items),
        fc.dictionary(fc.constantFrom(...Object.keys(items[0] as object)), fc.jsonValue()),
      )
      .map(([item, change]) => ({ ...(item as object), ...change }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), broken), (item) => {
        mapper.unknownFields(item);
        try {
          codec.encodeRow(mapper.rowOf(item, PARAMETERS));
          codec.encodeKey(mapper.keyOf(item, PARAMETERS));
        } catch (thrown) {
          ok(thrown instanceof WorkerError, String(thrown));
          strictEqual(thrown.kind, 'record');
          ok(thrown.code.startsWith('extract.'), thrown.code);
        }
      }),
      { numRuns: 500 },
    );
  });

  test(`${template.plural}: the order of an item's properties is no change`, () => {
    fc.assert(
      fc.property(fc.constantFrom(...items), fc.infiniteStream(fc.nat()), (item, order) => {
        deepStrictEqual(mapper.rowOf(shuffled(item, order), PARAMETERS), mapper.rowOf(item, PARAMETERS));
      }),
    );
  });
}

test('a row outlives any number of fields that come and go', () => {
  const field = (name: string) => ({ name, type: ['null', 'long'], default: null });
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { minLength: 1 });
  fc.assert(
    fc.property(names, names, fc.nat(), (before, after, n) => {
      const [old, today] = [codecOf(before.map(field)), codecOf(after.map(field))];
      const stored = old.encodeRow({ id: 'x', ...Object.fromEntries(before.map((name) => [name, n])) });
      const expected = Object.fromEntries(after.map((name) => [name, before.includes(name) ? n : null]));
      deepStrictEqual(today.upgradeRow(stored.rowBytes, old.rowSchema), today.encodeRow({ id: 'x', ...expected }));
    }),
  );
});

test('canonical JSON means what JSON means, and is the same whatever the order', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.infiniteStream(fc.nat()), (value, order) => {
      const text = canonicalJson(value);
      ok(text !== undefined);
      deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
      strictEqual(canonicalJson(shuffled(value, order)), text);
      ok(text.isWellFormed());
    }),
  );
});

function codecOf(fields: readonly object[]) {
  const meta = ['__op', '__deleted'].map((name) => ({ name, type: 'string' }));
  const times = ['__source_ts_ms', '__ts_ms'].map((name) => ({ name, type: 'long' }));
  const id = { name: 'id', type: 'string' };
  return createCodec({
    keySchema: JSON.stringify({ type: 'record', name: 'K', fields: [id] }),
    valueSchema: JSON.stringify({ type: 'record', name: 'V', fields: [id, ...fields, ...meta, ...times] }),
    keySchemaId: 1,
    valueSchemaId: 2,
  });
}

/** The same value with the properties of every object in another order. */
function shuffled(value: unknown, order: fc.Stream<number>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => shuffled(item, order));
  const ranked = Object.entries(value).map((entry) => ({ entry, rank: Number(order.next().value) }));
  ranked.sort((one, other) => one.rank - other.rank);
  return Object.fromEntries(ranked.map(({ entry: [name, member] }) => [name, shuffled(member, order)]));
}
