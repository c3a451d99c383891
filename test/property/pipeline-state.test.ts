import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StateItem, StateRecord } from '../../src/core/state.ts';
import { decodeState, encodeState, entityStateKey, stateKey } from '../../src/core/state-codec.ts';
import { ShardState } from '../../src/pipeline/shard-state.ts';

const NAME = fc.constantFrom('a', 'b', 'c');
const SLICE = fc.constantFrom('a/1', 'a/2', 'b/1');
const TIME = fc.nat({ max: 100 });
const HASH = fc.constantFrom('0'.repeat(32), 'f'.repeat(32));

const ITEM: fc.Arbitrary<StateItem> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('entity' as const),
      source: NAME,
      key: fc.tuple(NAME),
      entry: fc.oneof(
        fc.record({
          kind: fc.constant('live' as const),
          slice: SLICE,
          hash: HASH,
          schema: fc.constant('0123456789abcdef'),
          startMs: fc.option(TIME, { nil: null }),
          tsMs: TIME,
          rowBytes: fc.uint8Array({ maxLength: 3 }),
        }),
        fc.record({ kind: fc.constant('grave' as const), slice: SLICE, tsMs: TIME }),
      ),
    }),
  },
  fc.record({
    type: fc.constant('checkpoint' as const),
    source: NAME,
    slice: SLICE,
    checkpoint: fc.record({ firstCompleteAtMs: TIME }),
  }),
  fc.record({
    type: fc.constant('reject' as const),
    source: NAME,
    id: NAME,
    entry: fc.record({ slice: SLICE, hash: HASH }),
  }),
  fc.record({
    type: fc.constant('identity' as const),
    source: NAME,
    identity: fc.record({ topic: NAME, keyFields: fc.array(NAME), shape: NAME, keySchemaId: fc.nat() }),
  }),
  fc.record({ type: fc.constant('schema' as const), fingerprint: NAME, schema: NAME }),
  fc.record({ type: fc.constant('budget' as const), owner: NAME, spent: fc.array(fc.tuple(TIME, TIME)) }),
);

const LOG: fc.Arbitrary<StateRecord[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: ITEM.map(encodeState) },
    ITEM.map((item): StateRecord => ({ key: stateKey(item), value: null })),
  ),
  { maxLength: 60 },
);

function fold(log: readonly StateRecord[]): ShardState {
  const state = new ShardState();
  for (const record of log) state.apply(record);
  return state;
}

/** The last record of each key, as meaning: what a compacted topic would hold. */
function modelOf(log: readonly StateRecord[]): Map<string, StateItem> {
  const model = new Map<string, StateItem>();
  for (const { key, value } of log) {
    model.delete(key);
    if (value !== null) model.set(key, decodeState(key, value));
  }
  return model;
}

const NAMES = ['a', 'b', 'c'];
const SLICES = ['a/1', 'a/2', 'b/1'];

/** Everything a state can be asked, as plain data. */
function answersOf(state: ShardState): unknown {
  return structuredClone({
    size: state.size,
    rejectCount: state.rejectCount,
    sources: [...state.sources()].sort(),
    entries: NAMES.flatMap((source) => NAMES.map((id) => state.entry(source, [id]))),
    owned: SLICES.map((slice) => [...state.ownedBy(slice)].sort()),
    checkpoints: NAMES.flatMap((source) => SLICES.map((slice) => state.checkpoint(source, slice))),
    rejects: NAMES.flatMap((source) => NAMES.map((id) => state.reject(source, id))),
    rejectsOf: NAMES.flatMap((source) => SLICES.map((slice) => state.rejectsOf(source, slice).sort())),
    identities: NAMES.map((source) => state.identity(source)),
    schemas: NAMES.map((fingerprint) => state.schema(fingerprint)),
    budgets: NAMES.map((owner) => state.budget(owner)),
    graves: NAMES.map((source) => state.gravesBefore(source, 50).sort()),
    keys: NAMES.map((source) => state.keysOf(source).sort()),
  });
}

test('P1: the state is what a map of the last record of each key says', () => {
  fc.assert(
    fc.property(LOG, (log) => {
      const state = fold(log);
      const model = [...modelOf(log)];
      const entities = model.flatMap(([key, item]) => (item.type === 'entity' ? [{ key, item }] : []));
      strictEqual(state.size, entities.length);
      for (const { key, item } of entities) {
        deepStrictEqual(state.entryAt(key), item.entry);
        deepStrictEqual(state.keyAt(key), item.key);
        deepStrictEqual(state.entry(item.source, item.key), item.entry);
      }
      for (const slice of SLICES) {
        const own = entities.filter(({ item }) => item.entry.kind === 'live' && item.entry.slice === slice);
        deepStrictEqual([...state.ownedBy(slice)].sort(), own.map(({ key }) => key).sort());
      }
      for (const source of NAMES) {
        const dug = entities.filter(
          ({ item: each }) => each.source === source && each.entry.kind === 'grave' && each.entry.tsMs < 50,
        );
        deepStrictEqual(state.gravesBefore(source, 50).sort(), dug.map(({ key }) => key).sort());
        const all = model.filter(([, item]) => 'source' in item && item.source === source);
        deepStrictEqual(state.keysOf(source).sort(), all.map(([key]) => key).sort());
      }
    }),
    { numRuns: 300 },
  );
});

test('P2: a restore from the compacted log and one from the whole log cannot be told apart', () => {
  fc.assert(
    fc.property(LOG, (log) => {
      const compacted = [...modelOf(log).values()].map(encodeState);
      deepStrictEqual(answersOf(fold(compacted)), answersOf(fold(log)));
    }),
  );
});

test('removing every key of every source leaves nothing but schemas and budgets', () => {
  fc.assert(
    fc.property(LOG, (log) => {
      const state = fold(log);
      for (const source of NAMES) for (const key of state.keysOf(source)) state.apply({ key, value: null });
      strictEqual(state.size, 0);
      strictEqual(state.rejectCount, 0);
      strictEqual(state.sources().size, 0);
      for (const slice of SLICES) strictEqual(state.ownedBy(slice).length, 0);
    }),
  );
});

test('a record that removes what was never there, under any key, changes nothing', () => {
  fc.assert(
    fc.property(LOG, fc.string(), (log, key) => {
      const state = fold(log);
      const before = answersOf(state);
      state.apply({ key, value: null });
      deepStrictEqual(answersOf(state), before);
      strictEqual(state.entryAt(entityStateKey('z', ['z'])), undefined);
    }),
  );
});

test('a key of any shape can be taken away', () => {
  for (const key of ['0', 'null', '"x"', '{', '', '{"0":"c"}', '["c"]']) {
    const state = new ShardState();
    state.apply({ key, value: null });
    strictEqual(state.size, 0);
  }
});
