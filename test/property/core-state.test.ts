import { deepStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WorkerError } from '../../src/core/errors.ts';
import type { StateItem } from '../../src/core/state.ts';
import { decodeState, encodeState, STATE_FORMAT, stateKey } from '../../src/core/state-codec.ts';

/** Any text that Unicode allows: without lone surrogates, which no UTF-8 can say. */
const TEXT = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.toWellFormed());
const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'));
const INSTANT = fc.maxSafeInteger().filter((ms) => ms !== -(2 ** 53 - 1));

const LIVE = fc.record({
  kind: fc.constant('live' as const),
  slice: TEXT,
  hash: hex(16),
  schema: hex(8),
  startMs: fc.option(INSTANT, { nil: null }),
  tsMs: fc.nat(),
  rowBytes: fc.uint8Array({ maxLength: 60 }),
});
const GRAVE = fc.record({ kind: fc.constant('grave' as const), slice: TEXT, tsMs: fc.nat() });

const ITEM: fc.Arbitrary<StateItem> = fc.oneof(
  fc.record({
    type: fc.constant('entity' as const),
    source: TEXT,
    key: fc.array(TEXT, { minLength: 1, maxLength: 3 }),
    entry: fc.oneof(LIVE, GRAVE),
  }),
  fc.record({
    type: fc.constant('checkpoint' as const),
    source: TEXT,
    slice: TEXT,
    checkpoint: fc.record({ firstCompleteAtMs: fc.nat(), lastCompleteAtMs: fc.nat() }, { requiredKeys: [] }),
  }),
  fc.record({
    type: fc.constant('reject' as const),
    source: TEXT,
    id: TEXT,
    entry: fc.record({ slice: TEXT, hash: hex(16) }),
  }),
  fc.record({
    type: fc.constant('identity' as const),
    source: TEXT,
    identity: fc.record({ topic: TEXT, keyFields: fc.array(TEXT), shape: TEXT, keySchemaId: fc.nat() }),
  }),
  fc.record({ type: fc.constant('schema' as const), fingerprint: hex(8), schema: TEXT }),
  fc.record({
    type: fc.constant('budget' as const),
    owner: TEXT,
    spent: fc.array(fc.tuple(fc.nat(), fc.nat())),
  }),
);

/** Plain objects, whatever prototype fast-check gave them. */
const plain = (item: StateItem): unknown => structuredClone(item);

test('P1: any item of the state comes back from its bytes as it was', () => {
  fc.assert(
    fc.property(ITEM, (item) => {
      const { key, value } = encodeState(item);
      ok(value !== null);
      deepStrictEqual(plain(decodeState(key, value)), plain(item));
      strictEqual(key, stateKey(item));
      strictEqual(Buffer.from(Buffer.from(key).toString()).toString(), key, 'the key survives UTF-8');
    }),
    { numRuns: 500 },
  );
});

test('two items of the state have one key only where they are the same thing', () => {
  fc.assert(
    fc.property(ITEM, ITEM, (left, right) => {
      if (stateKey(left) !== stateKey(right)) return;
      strictEqual(left.type, right.type);
      const name = (item: StateItem) => ('key' in item ? [item.source, ...item.key] : Object.values(item).slice(0, 2));
      deepStrictEqual(name(left).slice(0, 2), name(right).slice(0, 2));
    }),
  );
});

test('a later format refuses to start and says what to do', () => {
  fc.assert(
    fc.property(ITEM, fc.integer({ min: 0, max: 255 }), (item, version) => {
      fc.pre(version !== STATE_FORMAT);
      const { key, value } = encodeState(item);
      const later = Uint8Array.from(value ?? []);
      later[0] = version;
      throws(
        () => decodeState(key, later),
        (error) =>
          error instanceof WorkerError &&
          error.kind === 'fatal' &&
          error.code === 'state.unknown_format' &&
          error.message.includes(key) &&
          (error.hint ?? '').includes('state reset'),
      );
    }),
  );
});

const isCorrupt = (error: unknown): boolean =>
  error instanceof WorkerError && error.kind === 'fatal' && error.code === 'state.corrupt';

test('a value that is cut short before its row is corrupt, and never anything else', () => {
  fc.assert(
    fc.property(ITEM, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (item, share) => {
      const { key, value } = encodeState(item);
      const whole = value ?? new Uint8Array();
      const row = item.type === 'entity' && item.entry.kind === 'live' ? item.entry.rowBytes.length : 0;
      throws(() => decodeState(key, whole.subarray(0, Math.floor((whole.length - row) * share))), isCorrupt);
    }),
  );
});

test('any bytes under any key are state, or corrupt, or of an unknown format: no other error', () => {
  const KEY = fc.oneof(
    TEXT,
    fc.json(),
    fc
      .array(fc.oneof(fc.constantFrom('e', 'c', 'x', 'd', 's', 'b'), fc.jsonValue()))
      .map((parts) => JSON.stringify(parts)),
  );
  const VALUE = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Uint8Array.from([STATE_FORMAT, ...bytes])),
    fc.jsonValue().map((json) => Uint8Array.from([STATE_FORMAT, ...Buffer.from(JSON.stringify(json))])),
  );
  fc.assert(
    fc.property(KEY, VALUE, (key, value) => {
      try {
        const item = decodeState(key, value);
        strictEqual(stateKey(item), JSON.stringify(JSON.parse(key)), 'what is read belongs under its key');
      } catch (error) {
        ok(isCorrupt(error) || (error instanceof WorkerError && error.code === 'state.unknown_format'), String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
