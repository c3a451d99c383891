import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Grave, LiveEntry, StateItem } from '../../src/core/state.ts';
import { encodeState, entityStateKey } from '../../src/core/state-codec.ts';
import { EntityStore } from '../../src/pipeline/entity-store.ts';
import { idsIn, packedAtMost, packRow, unpackRow } from '../../src/pipeline/packed-row.ts';
import { ShardState } from '../../src/pipeline/shard-state.ts';
import { ModelState } from '../support/model-state.ts';

/** Ids as Clockify has them, and all that a manual endpoint may call a key. */
const ID = fc.oneof(
  fc.constantFrom('0'.repeat(24), `${'0'.repeat(23)}1`, 'f'.repeat(24), 'F'.repeat(24), 'f'.repeat(25)),
  fc.constantFrom('', '"', '","', ',"', '\\', '\\","', ']', '"]', 'ä', '𝒳', '\ud800', '\ufffd', '\ufeffx', '\n'),
  fc.constantFrom('x'.repeat(253), 'x'.repeat(254), 'é'.repeat(200), 'long'.repeat(20_000)),
  fc.nat({ max: 40 }).map((at) => at.toString(16).padStart(24, '0')),
);
const SOURCES = ['a', 'b'];
const SLICES = ['a/1', `a/${'0123456789abcdef01234567'}/${'0'.repeat(24)}`, 'b/1\n'];
const SOURCE = fc.constantFrom(...SOURCES);
const SLICE = fc.constantFrom(...SLICES);
const TIME = fc.integer({ min: -100, max: 100 });
const IDS = ['0123456789abcdef01234567', 'f'.repeat(24), '0'.repeat(24)];
const HEX_TEXT = fc.constantFrom(...IDS, 'f'.repeat(80), '').map((text) => Buffer.from(text));
const ROW = fc
  .array(fc.oneof(fc.uint8Array({ maxLength: 300 }), HEX_TEXT), { maxLength: 5 })
  .map((parts) => new Uint8Array(Buffer.concat(parts)));
const LARGE_ROW = fc.integer({ min: 15_000, max: 70_000 }).map((length) => new Uint8Array(length).fill(length % 251));

const LIVE: fc.Arbitrary<LiveEntry> = fc.record({
  kind: fc.constant('live' as const),
  slice: SLICE,
  hash: fc.constantFrom('0'.repeat(32), '0123456789abcdef'.repeat(2), 'f'.repeat(32)),
  schema: fc.constantFrom('0123456789abcdef', 'fedcba9876543210'),
  startMs: fc.option(TIME, { nil: null }),
  tsMs: TIME,
  rowBytes: fc.oneof({ weight: 20, arbitrary: ROW }, LARGE_ROW),
});
const GRAVE: fc.Arbitrary<Grave> = fc.record({ kind: fc.constant('grave' as const), slice: SLICE, tsMs: TIME });
const ENTRY = fc.oneof({ weight: 4, arbitrary: LIVE }, GRAVE);
const KEY = fc.tuple(fc.constantFrom('w', 'ws"'), ID);
const ITEM: fc.Arbitrary<StateItem> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ type: fc.constant('entity' as const), source: SOURCE, key: KEY, entry: ENTRY }),
  },
  fc.record({
    type: fc.constant('checkpoint' as const),
    source: SOURCE,
    slice: SLICE,
    checkpoint: fc.record({ firstCompleteAtMs: TIME }),
  }),
);

type Step = (state: ShardState | ModelState) => unknown;

/** One thing that is done or asked. What has no order is sorted. */
const STEP: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: ITEM.map(
      (item): Step =>
        (state) =>
          state.apply(encodeState(item)),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(SOURCE, KEY).map(
      ([source, key]): Step =>
        (state) =>
          state.apply({ key: entityStateKey(source, key), value: null }),
    ),
  },
  fc.tuple(SOURCE, KEY, TIME).map(
    ([source, key, at]): Step =>
      (state) =>
        state.noteSeen(entityStateKey(source, key), at),
  ),
  fc.tuple(SOURCE, KEY).map(([source, key]): Step => {
    const stateKey = entityStateKey(source, key);
    return (state) => [
      state.entry(source, key),
      state.entryAt(stateKey),
      state.keyAt(stateKey),
      state.versionAt(stateKey),
      state.seenAt(stateKey),
    ];
  }),
  SLICE.map(
    (slice): Step =>
      (state) => [[...state.ownedBy(slice)].sort(), state.ownedCount(slice)],
  ),
  fc.tuple(SOURCE, TIME).map(
    ([source, at]): Step =>
      (state) => [state.gravesBefore(source, at).sort(), state.keysOf(source).sort()],
  ),
  fc.constant<Step>((state) => [[...state.owners()].sort(), state.size, state.version]),
);

test('P1: packed state answers every question as plain maps do, after any steps', () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 150 }), (steps) => {
      const [packed, model] = [new ShardState(), new ModelState()];
      for (const step of steps) deepStrictEqual(step(packed), step(model));
    }),
    { numRuns: 200 },
  );
});

test('P1: many entities that come, change their size, move and go are all found again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (seed) => {
      const [packed, model] = [new ShardState(), new ModelState()];
      const next = randomFrom(seed);
      for (let round = 0; round < 20_000; round++) {
        const key = [`w${next(3)}`, next(4_000).toString(16).padStart(24, '0')];
        const entry = { ...BASE, slice: `a/${next(7)}`, tsMs: round, rowBytes: new Uint8Array(next(300)).fill(round) };
        const item: StateItem = { type: 'entity', source: 'a', key, entry };
        const record = encodeState(item);
        const applied = next(4) === 0 ? { ...record, value: null } : record;
        for (const state of [packed, model]) state.apply(applied);
      }
      const keys = model.keysOf('a').sort();
      deepStrictEqual(packed.keysOf('a').sort(), keys);
      for (const key of keys) {
        deepStrictEqual(packed.entryAt(key), model.entryAt(key));
        strictEqual(packed.versionAt(key), model.versionAt(key));
      }
      for (const slice of model.owners())
        deepStrictEqual([...packed.ownedBy(slice)].sort(), [...model.ownedBy(slice)].sort());
    }),
    { numRuns: 5 },
  );
});

test('P8: memory follows what lives, however often it changes', () => {
  const store = new EntityStore();
  const next = randomFrom(7);
  const sizes = new Map<string, number>();
  for (let round = 0; round < 200_000; round++) {
    const key = entityStateKey('a', ['w', next(2_000).toString(16).padStart(24, '0')]);
    const size = next(600);
    sizes.set(key, size);
    store.put(key, 'a', { ...BASE, rowBytes: new Uint8Array(size) }, round);
    if (round % 1_000 === 0) {
      const alive = [...sizes.values()].reduce((sum, each) => sum + each + 80, 0);
      ok(store.capacity <= alive * 1.4 + 2 * 65_536, `${store.capacity} bytes are held for ${alive}`);
    }
  }
  for (const key of sizes.keys()) store.remove(key);
  strictEqual(store.size, 0);
  ok(store.capacity <= 65_536);
});

test('P8: an empty shard holds nothing', () => {
  strictEqual(new EntityStore().capacity, 0);
});

test('P1: any row comes back from its packed form, which is never much larger', () => {
  fc.assert(
    fc.property(fc.oneof(ROW, LARGE_ROW), fc.nat({ max: 9 }), fc.subarray(IDS), (row, at, ids) => {
      const [own, ...others] = idsIn(ids.join('/'));
      const known = { own, ownAt: 0, others };
      const packed = new Uint8Array(at + packedAtMost(row.length));
      const length = packRow(row, packed.subarray(at), known);
      ok(length <= packedAtMost(row.length));
      deepStrictEqual(unpackRow(packed, at, at + length, known), row);
    }),
  );
});

const BASE: LiveEntry = {
  kind: 'live',
  slice: 'a/1',
  hash: '0'.repeat(32),
  schema: '0123456789abcdef',
  startMs: null,
  tsMs: 0,
  rowBytes: new Uint8Array(),
};

/** Whole numbers below a limit, the same ones for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
