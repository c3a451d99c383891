import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Counts } from '../../src/pipeline/counts.ts';
import type { SliceEvent } from '../../src/pipeline/sweep.ts';
import type { MemorySink } from '../support/memory-sink.ts';
import {
  type CommitFailure,
  createWorld,
  endOf,
  fakeEndpoint,
  sweep,
  thingCodec,
  thingMapper,
} from '../support/pipeline-world.ts';
import { readRecord } from '../unit/avro/avro-reader.ts';

const ID = fc.constantFrom('0', '1', '2', '3', '4', '5');
const NAME = fc.constantFrom('a', 'b', 'c');
/** Names that are numbers do not fit, and items without an id cannot be named. */
const ITEM = fc.oneof(
  { weight: 9, arbitrary: fc.record({ id: ID, name: NAME }) },
  { weight: 1, arbitrary: fc.record({ id: ID, name: fc.nat({ max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ name: NAME }) },
);
const LISTING = fc.array(ITEM, { maxLength: 8 });
const FITTING = fc.uniqueArray(fc.record({ id: ID, name: NAME }), { selector: ({ id }) => id });

const { rowSchema, encodeKey } = thingCodec();
const NO_GUARD = { share: 1, atLeast: 1_000 };

/** What a reader of the topic holds in the end: the last value of each key, tombstones taken away. */
function fold(sink: MemorySink): Map<string, unknown> {
  const table = new Map<string, unknown>();
  for (const { topic, key, value } of sink.committed) {
    if (topic !== 'clockify.things') continue;
    const name = Buffer.from(key ?? []).toString('hex');
    if (value === null) table.delete(name);
    else table.set(name, readRecord(JSON.parse(rowSchema), value.subarray(5)).value);
  }
  return table;
}

function tableOf(listing: readonly { readonly id: string; readonly name: string }[]): Map<string, unknown> {
  const rows = listing.map((item): [string, unknown] => [
    Buffer.from(encodeKey([item.id])).toString('hex'),
    { ...thingMapper.rowOf(item, {}) },
  ]);
  return new Map(rows);
}

const sorted = (table: Map<string, unknown>) => [...table].sort(([left], [right]) => (left < right ? -1 : 1));

function timesIncrease(sink: MemorySink): void {
  const last = new Map<string, number>();
  for (const { topic, headers, value } of sink.committed) {
    if (topic !== 'clockify.things' || value === null) continue;
    const [key, ms] = [String(headers.ce_subject), Number(headers.__ts_ms)];
    ok(ms > (last.get(key) ?? -1), `__ts_ms of ${key} increases`);
    last.set(key, ms);
  }
}

function eachEventOnce(sink: MemorySink): void {
  const ids = sink.committed.filter(({ value, topic }) => value !== null && topic === 'clockify.things');
  strictEqual(new Set(ids.map(({ headers }) => headers.ce_id)).size, ids.length);
}

test('P1: after any sequence of listings the topic says what the last one said', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(FITTING, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      fc.integer({ min: 1, max: 4 }),
      async (listings, witness, pageSize) => {
        const world = await createWorld();
        const endpoint = fakeEndpoint({ witness });
        endpoint.pageSize = pageSize;
        const context = world.context(endpoint, { guard: NO_GUARD });
        for (const listing of [...listings, listings.at(-1) ?? []]) {
          endpoint.items = listing;
          strictEqual(endOf(await sweep(context)).outcome, 'complete');
        }
        deepStrictEqual(sorted(fold(world.sink)), sorted(tableOf(listings.at(-1) ?? [])));
        timesIncrease(world.sink);
        eachEventOnce(world.sink);
      },
    ),
  );
});

test('P3: __ts_ms strictly increases for each key, whatever the clock does', async () => {
  const step = fc.record({ listing: LISTING, jumpMs: fc.integer({ min: -5_000, max: 5_000 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), async (steps) => {
      const world = await createWorld();
      const endpoint = fakeEndpoint();
      const context = world.context(endpoint, { guard: NO_GUARD });
      for (const { listing, jumpMs } of steps) {
        endpoint.items = listing;
        world.clock.ms += jumpMs;
        await sweep(context);
      }
      timesIncrease(world.sink);
      eachEventOnce(world.sink);
    }),
  );
});

const countsOf = (events: readonly SliceEvent[]): Counts[] =>
  events.flatMap((event) => (event.type === 'page' || event.type === 'settled' ? [event.counts] : []));

test('P1: extracted = unchanged + superseded + published + dead-lettered + repeated, on every page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(LISTING, { maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      async (listings, pageSize) => {
        const world = await createWorld();
        const endpoint = fakeEndpoint();
        endpoint.pageSize = pageSize;
        const context = world.context(endpoint, { guard: NO_GUARD });
        endpoint.testify = (id) => (Number(id) % 2 === 0 ? alive(id) : { says: 'gone', receivedAtMs: 1 });
        for (const listing of listings) {
          endpoint.items = listing;
          for (const { published, ...counts } of countsOf(await sweep(context))) {
            const said = counts.unchanged + counts.superseded + counts.deadLettered + counts.repeated;
            strictEqual(counts.extracted, said + published.r + published.c + published.u);
          }
        }
        for (const { state } of world.sink.transactions) {
          strictEqual(new Set(state.map(({ key }) => key)).size, state.length, 'at most one record a key');
        }
      },
    ),
  );
});

const alive = (id: string) => ({ says: 'alive' as const, item: { id, name: 'a' }, receivedAtMs: 1 });

const FAILURE: fc.Arbitrary<CommitFailure> = fc.constantFrom(
  'not_committed',
  'fenced',
  'unknown_committed',
  'unknown_lost',
);

test('P2: through lost answers, fencing and restarts at any commit, each change is said once and none is lost', async () => {
  const step = fc.record({ listing: FITTING, failures: fc.array(FAILURE, { maxLength: 2 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const world = await createWorld();
      const endpoint = fakeEndpoint();
      endpoint.pageSize = 2;
      const settings = { guard: NO_GUARD };
      let context = world.context(endpoint, settings);
      for (const { listing, failures } of steps) {
        endpoint.items = listing;
        world.sink.failNext(...failures);
        while ((await sweep(context).catch(() => undefined)) === undefined) {
          await world.restart();
          context = world.context(endpoint, settings);
        }
      }
      await sweep(context).catch(() => world.restart());
      context = world.context(endpoint, settings);
      while ((await sweep(context).catch(() => undefined)) === undefined) {
        await world.restart();
        context = world.context(endpoint, settings);
      }
      deepStrictEqual(sorted(fold(world.sink)), sorted(tableOf(steps.at(-1)?.listing ?? [])));
      timesIncrease(world.sink);
      eachEventOnce(world.sink);
    }),
  );
});
