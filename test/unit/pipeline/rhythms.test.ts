import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint, Mapper, PageContent, Walk, Window } from '../../../src/pipeline/ports.ts';
import type { SliceContext } from '../../../src/pipeline/sweep.ts';
import {
  createWorld,
  type FakeEndpoint,
  fakeEndpoint,
  opsOf,
  published,
  settlementOf,
  sweep,
  type Thing,
  thingMapper,
  type World,
} from '../../support/pipeline-world.ts';

/** Things that start at the number they are called by. */
const startsAtItsId: Mapper = { ...thingMapper, startOf: (row) => Number(row.id) };

/** A slice of `things/a` that looks in a rhythm of its own. */
function rhythmIn(world: World, rhythm: string, endpoint: Endpoint, owner: string | null = 'things/a'): SliceContext {
  const context = world.context(endpoint, { slice: `a/~${rhythm}`, source: { mapper: startsAtItsId } });
  const source = { ...context.source, ownerOf: (item: unknown) => `things/${(item as Thing).owner ?? 'a'}` };
  return { ...context, source, slice: { ...context.slice, rhythm, owner: owner ?? undefined } };
}

function walking(listing: FakeEndpoint, over: Partial<Walk>): Endpoint {
  return { ...listing, begin: () => ({ page: listing.page, ...over }) };
}

const windowed = (listing: FakeEndpoint, window: Window) => walking(listing, { window, keeps: true });

/** Pages of ids that were read one by one. */
function reading(listing: FakeEndpoint, content: () => Omit<PageContent, 'last'>): Endpoint {
  const page: Walk['page'] = async (number, signal) => ({
    ...(await listing.page(number, signal)),
    unlike: true,
    read: () => ({ ...content(), last: true }),
  });
  return { ...listing, witness: undefined, begin: () => ({ page }) };
}

test('what has left a window that keeps is neither forgotten nor looked for; what is missing in it is', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  listing.items = [{ id: '3' }, { id: '7' }, { id: '9' }];
  await sweep(rhythmIn(world, 'reconcile', windowed(listing, { fromMs: 0, toMs: 10 })));
  listing.items = [{ id: '9' }];
  const settlement = settlementOf(await sweep(rhythmIn(world, 'recent', windowed(listing, { fromMs: 5, toMs: 15 }))));
  deepStrictEqual(settlement, { missing: 1, alive: 0, open: 0, gone: 1, guarded: false });
  deepStrictEqual([listing.witnessed, opsOf(world.sink, '7')], [['7'], ['r', 'd']]);
  strictEqual(world.shard.state.entry('things', ['3'])?.kind, 'live');
});

test('P3: the answer that was asked for before another rhythm changed the entity does not undo that', async () => {
  const world = await createWorld();
  const slow = fakeEndpoint();
  const fast = fakeEndpoint();
  slow.items = [{ id: '1', name: 'old' }];
  fast.items = [{ id: '1', name: 'new' }];
  await sweep(rhythmIn(world, 'recent', slow));
  const held = Promise.withResolvers<void>();
  const late: Endpoint = {
    ...slow,
    page: async (number, signal) => {
      const page = await slow.page(number, signal);
      await held.promise;
      return { ...page, body: new TextEncoder().encode('[{"id":"1","name":"older"}]') };
    },
  };
  const sweeping = sweep(rhythmIn(world, 'recent', late));
  await sweep(rhythmIn(world, 'changes', fast));
  held.resolve();
  const events = await sweeping;
  deepStrictEqual(opsOf(world.sink, '1'), ['r', 'u']);
  const page = events.find((event) => event.type === 'page');
  deepStrictEqual(page?.type === 'page' && [page.counts.extracted, page.counts.superseded], [1, 1]);
  await sweep(rhythmIn(world, 'recent', fast));
  deepStrictEqual(opsOf(world.sink, '1'), ['r', 'u'], 'and what it finds then is the same');
});

test('P3: nor does it bring back what was deleted meanwhile', async () => {
  const world = await createWorld();
  const slow = fakeEndpoint();
  slow.items = [{ id: '1' }];
  await sweep(rhythmIn(world, 'recent', slow));
  const held = Promise.withResolvers<void>();
  const late: Endpoint = {
    ...slow,
    page: async (number, signal) => {
      const page = await slow.page(number, signal);
      await held.promise;
      return { ...page, body: new TextEncoder().encode('[{"id":"1","name":"edited before"}]') };
    },
  };
  const sweeping = sweep(rhythmIn(world, 'recent', late));
  await sweep(
    rhythmIn(
      world,
      'changes',
      reading(fakeEndpoint(), () => ({ items: [], gone: [['1']] })),
      undefined,
    ),
  );
  held.resolve();
  await sweeping;
  deepStrictEqual(opsOf(world.sink, '1'), ['r', 'd']);
});

test('P4: what a page proves gone is deleted with it, once, and only what is known', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  listing.items = [{ id: '1' }, { id: '2' }];
  await sweep(rhythmIn(world, 'recent', listing));
  const context = rhythmIn(
    world,
    'changes',
    reading(fakeEndpoint(), () => ({ items: [], gone: [['1'], ['9']] })),
    null,
  );
  const settlement = settlementOf(await sweep(context));
  deepStrictEqual([settlement.gone, settlement.missing], [1, 1]);
  strictEqual(settlementOf(await sweep(context)).gone, 0);
  deepStrictEqual(published(world.sink), ['r 1', 'r 2', 'd 1', '- 1']);
  strictEqual(world.sink.committed.at(-1)?.headers.clockify_seen_by, 'changes');
});

test('P4: the guard counts what pages prove gone against those whose they are', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  const all = Array.from({ length: 20 }, (_, index) => ({ id: String(index) }));
  listing.items = [...all, { id: '100', owner: 'b' }];
  await sweep(rhythmIn(world, 'recent', listing));
  const gone = all.slice(0, 10).map(({ id }) => [id]);
  const told: boolean[] = [];
  const endpoint = reading(fakeEndpoint(), () => ({ items: [], gone }));
  const begin: Endpoint['begin'] = (nowMs, known) => {
    const walk = endpoint.begin?.(nowMs, known) as Walk;
    const advance: Walk['advance'] = ({ guarded }) => {
      told.push(guarded);
      return undefined;
    };
    return { ...walk, advance };
  };
  const context = rhythmIn(world, 'changes', { ...endpoint, begin }, null);
  const guarded = settlementOf(await sweep({ ...context, guard: { share: 0.4, atLeast: 5 } }));
  deepStrictEqual([guarded.guarded, guarded.gone, guarded.open], [true, 0, 10]);
  const free = settlementOf(await sweep({ ...context, guard: { share: 0.5, atLeast: 5 } }));
  deepStrictEqual([free.guarded, free.gone, told], [false, 10, [true, false]]);
});

test('an entity that came during the sweep, by another rhythm, is not missing from it', async () => {
  const world = await createWorld();
  const slow = fakeEndpoint();
  const fast = fakeEndpoint();
  fast.items = [{ id: '5' }];
  let meanwhile: Promise<unknown> = Promise.resolve();
  slow.before = () => {
    meanwhile = sweep(rhythmIn(world, 'changes', fast, null));
  };
  const late: Endpoint = {
    ...slow,
    page: async (number, signal) => {
      const page = await slow.page(number, signal);
      await meanwhile;
      return page;
    },
  };
  strictEqual(settlementOf(await sweep(rhythmIn(world, 'recent', late))).missing, 0);
  deepStrictEqual(slow.witnessed, []);
});

test('what comes back is created again, whoever sees it, and however much of the history is read', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  listing.items = [{ id: '1' }];
  const context = rhythmIn(world, 'recent', listing);
  await sweep(context);
  listing.items = [];
  await sweep(context);
  listing.items = [{ id: '1' }];
  await sweep(context);
  deepStrictEqual(opsOf(world.sink, '1'), ['r', 'd', 'c']);
});

test('what is new is read until the history of its owner was read to the end, and created from then on', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  const running = rhythmIn(world, 'running', listing, null);
  listing.items = [{ id: '1' }];
  await sweep(running);
  const whole = walking(fakeEndpoint(), {
    advance: () => ({ progress: { pass: { startedAtMs: 1, windows: 1 } }, isNews: true, isWhole: true }),
  });
  await sweep(rhythmIn(world, 'reconcile', { ...whole, witness: undefined }));
  strictEqual(world.shard.state.checkpoint('things', 'things/a')?.firstCompleteAtMs, world.clock.ms);
  listing.items = [{ id: '2' }, { id: '3', owner: 'b' }];
  await sweep(running);
  deepStrictEqual(published(world.sink), ['r 1', 'c 2', 'r 3']);
});

test('progress is told at the next sweep, of a restarted worker too; what is no news waits for the next checkpoint', async () => {
  const world = await createWorld();
  const begun: unknown[] = [];
  const listing = fakeEndpoint();
  let isNews = false;
  let at = 0;
  const endpoint: Endpoint = {
    ...listing,
    begin: (_nowMs, known) => {
      begun.push(known.progress.changesToMs);
      at += 1;
      return { page: listing.page, advance: () => ({ progress: { changesToMs: at }, isNews }) };
    },
  };
  const context = () => rhythmIn(world, 'changes', endpoint, null);
  await sweep(context());
  await sweep(context());
  isNews = true;
  await sweep(context());
  await world.restart();
  isNews = false;
  await sweep(context());
  world.clock.ms += 6 * 60_000;
  await sweep(context());
  await sweep(context());
  deepStrictEqual(begun, [undefined, 1, 1, 3, 3, 5]);
});

test('a change says when it was seen otherwise for the last time; after a restart nobody knows', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  const start = world.clock.ms;
  const bounds = () => {
    const headers = world.sink.committed.at(-1)?.headers;
    return [headers?.clockify_seen_by, Number(headers?.clockify_not_before_ms) - start];
  };
  const show = async (name: string, rhythm = 'recent') => {
    listing.items = [{ id: '1', name }];
    world.clock.ms += 1_000;
    await sweep(rhythmIn(world, rhythm, { ...listing, page: received(listing, () => world.clock.ms) }));
  };
  await show('a');
  await show('a', 'reconcile');
  await show('b');
  deepStrictEqual(bounds(), ['recent', 2_000]);
  await show('b');
  await world.restart();
  await show('c');
  deepStrictEqual(bounds(), ['recent', Number.NaN], 'when it was published says nothing: it may have changed before');
  strictEqual(world.sink.committed.at(-1)?.headers.clockify_not_after_ms, String(world.clock.ms));
});

test('what changes between an answer and its commit was not before the answer, whatever found it', async () => {
  const world = await createWorld();
  const start = world.clock.ms;
  const listing = fakeEndpoint();
  const inAMoment: Endpoint['page'] = async (number, signal) => {
    const page = await listing.page(number, signal);
    world.clock.ms += 1_000;
    return { ...page, receivedAtMs: world.clock.ms };
  };
  const witness: Endpoint['witness'] = async (key, signal) => {
    const testimony = await listing.witness?.(key, signal);
    world.clock.ms += 1_000;
    if (testimony === undefined || testimony.says === 'nothing') return { says: 'nothing', reason: 'nobody' };
    return { ...testimony, receivedAtMs: world.clock.ms };
  };
  const found = async (items: readonly Thing[]) => {
    listing.items = [...items];
    const before = world.sink.committed.length;
    await sweep(rhythmIn(world, 'recent', { ...listing, page: inAMoment, witness }));
    const [first] = world.sink.committed.slice(before);
    return [first?.headers.__op, Number(first?.headers.clockify_not_before_ms) - start];
  };
  deepStrictEqual(await found([{ id: '1' }]), ['r', Number.NaN]);
  deepStrictEqual(await found([{ id: '1', name: 'b' }]), ['u', 0]);
  deepStrictEqual(await found([]), ['d', 1_000]);
  deepStrictEqual(await found([{ id: '1' }]), ['c', 2_000], 'from the sweep on that did not show it');
});

function received(listing: FakeEndpoint, now: () => number): Endpoint['page'] {
  return async (number, signal) => ({ ...(await listing.page(number, signal)), receivedAtMs: now() });
}

test('a slice without a rhythm says nothing of one', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  listing.items = [{ id: '1' }];
  await sweep(world.context(listing));
  const headers = Object.keys(world.sink.committed[0]?.headers ?? {});
  deepStrictEqual(
    headers.filter((name) => name.startsWith('clockify_')),
    [],
  );
});
