import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, Mapper, PageContent, Window } from '../../../src/pipeline/ports.ts';
import {
  createWorld,
  fakeEndpoint,
  published,
  settlementOf,
  sweep,
  type Thing,
  thingMapper,
} from '../../support/pipeline-world.ts';

/** Things that start at the number they are called by. */
const startsAtItsId: Mapper = { ...thingMapper, startOf: (row) => Number(row.id) };

/** An endpoint that shows only what lies in a window, and moves the window with each sweep. */
function sliding(windows: Window[]) {
  const listing = fakeEndpoint();
  const begun: number[] = [];
  const endpoint: Endpoint = {
    ...listing,
    begin(nowMs) {
      begun.push(nowMs);
      const window = windows.shift() as Window;
      return { window, page: listing.page };
    },
  };
  return { listing, endpoint, begun };
}

test('an entity that the sliding window has left is forgotten without an event, and asked of nobody', async () => {
  const world = await createWorld();
  const { listing, endpoint, begun } = sliding([
    { fromMs: 0, toMs: 10 },
    { fromMs: 5, toMs: 15 },
  ]);
  const context = world.context(endpoint, { source: { mapper: startsAtItsId } });
  listing.items = [{ id: '3' }, { id: '7' }] satisfies Thing[];
  await sweep(context);
  const from = world.sink.committed.length;
  listing.items = [{ id: '7' }] satisfies Thing[];
  deepStrictEqual(settlementOf(await sweep(context)), { missing: 0, alive: 0, open: 0, gone: 0, guarded: false });
  deepStrictEqual([published(world.sink, from), listing.witnessed], [[], []]);
  strictEqual(context.shard.state.entry('things', ['3']), undefined);
  strictEqual(begun.length, 2);
});

test('P4: an entity missing inside the window is settled by its own read', async () => {
  const world = await createWorld();
  const { listing, endpoint } = sliding([
    { fromMs: 0, toMs: 10 },
    { fromMs: 0, toMs: 10 },
  ]);
  const context = world.context(endpoint, { source: { mapper: startsAtItsId } });
  listing.items = [{ id: '3' }, { id: '7' }] satisfies Thing[];
  await sweep(context);
  const from = world.sink.committed.length;
  listing.items = [{ id: '7' }] satisfies Thing[];
  await sweep(context);
  deepStrictEqual(published(world.sink, from), ['d 3', '- 3']);
});

test('an entity that is there, but not as this source shows it, is neither deleted nor published', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  listing.testify = () => ({ says: 'alive', item: undefined, receivedAtMs: 1_000_000 });
  const context = world.context(listing);
  listing.items = [{ id: '3' }, { id: '7' }] satisfies Thing[];
  await sweep(context);
  const from = world.sink.committed.length;
  listing.items = [{ id: '7' }] satisfies Thing[];
  deepStrictEqual(settlementOf(await sweep(context)), { missing: 1, alive: 1, open: 0, gone: 0, guarded: false });
  strictEqual(world.sink.committed.length, from);
});

test('a page that says itself what it holds is read by its own rules, and not at all while its bytes stay', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  let reads = 0;
  const read = (): PageContent => {
    reads += 1;
    return { items: [{ id: 'a' }], last: true };
  };
  const endpoint: Endpoint = {
    ...listing,
    page: async () => ({ body: new TextEncoder().encode('<1>'), lastPage: true, receivedAtMs: 1, read }),
  };
  const context = world.context(endpoint);
  await sweep(context);
  await sweep(context);
  deepStrictEqual([reads, published(world.sink)], [1, ['r a']]);
});
