import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { agree } from '../../../src/pipeline/guard.ts';
import type { Endpoint, PageContent, Testimony } from '../../../src/pipeline/ports.ts';
import type { SliceContext } from '../../../src/pipeline/sweep.ts';
import {
  createWorld,
  endOf,
  fakeEndpoint,
  published,
  settlementOf,
  sweep,
  type Thing,
} from '../../support/pipeline-world.ts';

const things = (count: number, from = 0): Thing[] => Array.from({ length: count }, (_, at) => ({ id: `${from + at}` }));
const GUARD = { share: 0.2, atLeast: 5 };

/** A slice of 100 that shows only the first 40 any more, and is stopped for it. */
async function guarded(over: { witness?: boolean } = {}) {
  const world = await createWorld();
  const endpoint = fakeEndpoint(over);
  endpoint.items = things(100);
  const context = world.context(endpoint, { guard: GUARD });
  await sweep(context);
  endpoint.items = things(40);
  if (over.witness === false) await sweep(context);
  const settlement = settlementOf(await sweep(context));
  return { world, endpoint, context, settlement, from: world.sink.committed.length };
}

const settle = async (context: SliceContext) => settlementOf(await sweep(context));
const deletesFrom = (world: Awaited<ReturnType<typeof createWorld>>, from: number) =>
  published(world.sink, from).filter((line) => line.startsWith('d'));

test('P4: what a person confirms is deleted by the next sweep, once, each after its own second witness', async () => {
  const { world, endpoint, context, settlement, from } = await guarded();
  deepStrictEqual([settlement.guarded, settlement.held, settlement.missing], [true, 21, 60]);
  strictEqual(agree(context.memory.guard), 60);
  endpoint.testify = (id) =>
    id === '77' ? { says: 'nothing', reason: 'forbidden' } : { says: 'gone', receivedAtMs: 1_000_000 };
  deepStrictEqual(await settle(context), { missing: 60, alive: 0, open: 1, gone: 59, guarded: false });
  strictEqual(new Set(deletesFrom(world, from)).size, 59);
  await sweep(context);
  strictEqual(deletesFrom(world, from).length, 59);
});

test('P4: a guarded slice reads ten of the held ones a sweep, in turn, and publishes creates and updates', async () => {
  const { world, endpoint, context, from } = await guarded();
  const read = endpoint.witnessed.length;
  endpoint.items = [...things(39), { id: '39', name: 'changed' }, { id: '500' }];
  for (let sweeps = 1; sweeps <= 2; sweeps++) strictEqual((await settle(context)).guarded, true);
  const again = endpoint.witnessed.slice(read);
  deepStrictEqual([again.length, new Set(again).size], [20, 20]);
  deepStrictEqual(published(world.sink, from), ['u 39', 'c 500']);
});

test('P4: the guard lets go by itself once they are back, in the list or by their reads', async () => {
  const { world, endpoint, context, from } = await guarded();
  endpoint.items = things(95);
  deepStrictEqual(await settle(context), { missing: 5, alive: 0, open: 0, gone: 5, guarded: false });
  strictEqual(context.memory.guard.held, undefined);
  strictEqual(deletesFrom(world, from).length, 5);

  const hidden = await guarded();
  hidden.endpoint.testify = (id) => ({ says: 'alive', item: { id }, receivedAtMs: 1_000_000 });
  strictEqual((await settle(hidden.context)).guarded, false);
  strictEqual(endOf(await sweep(hidden.context)).outcome, 'partial', 'the list is not believed');
  strictEqual(deletesFrom(hidden.world, hidden.from).length, 0);
});

test('P4: an agreement is about one guarded sweep: it is used up, and takes nothing that came later', async () => {
  const { world, endpoint, context, from } = await guarded();
  agree(context.memory.guard);
  endpoint.items = things(20);
  const next = await settle(context);
  deepStrictEqual([next.gone, next.guarded], [60, true]);
  deepStrictEqual(
    deletesFrom(world, from).filter((line) => Number(line.slice(2)) < 40),
    [],
  );
  deepStrictEqual([(await settle(context)).gone, context.memory.guard.agreed.size], [0, 0]);
});

test('P4: an entity that changed after the agreement is not part of it', async () => {
  const { world, context, from } = await guarded();
  agree(context.memory.guard);
  const other = fakeEndpoint();
  other.items = things(60, 40).map(({ id }) => ({ id, name: 'seen elsewhere', owner: 'a' }));
  await sweep(world.context(other, { slice: 'b', guard: GUARD }));
  const before = deletesFrom(world, from).length;
  ok((await settle(context)).guarded);
  strictEqual(deletesFrom(world, from).length - before, 0);
});

test('P4: where there is no read by id, the confirmed are those that two sweeps did not show', async () => {
  const { world, context, settlement, from } = await guarded({ witness: false });
  deepStrictEqual([settlement.guarded, settlement.held], [true, 60]);
  agree(context.memory.guard);
  strictEqual((await settle(context)).gone, 60);
  strictEqual(deletesFrom(world, from).length, 60);
});

test('P4: what a page has told once stays held, and is read again before it is deleted', async () => {
  const world = await createWorld();
  const listing = fakeEndpoint();
  listing.items = things(20);
  await sweep(world.context(listing, { guard: GUARD }));
  const said: PageContent[] = [{ items: [], gone: things(10).map(({ id }) => [id]), last: true }];
  const witness = fakeEndpoint();
  const testify = (id: string): Testimony =>
    id === '3' ? { says: 'alive', item: { id }, receivedAtMs: 1 } : { says: 'gone', receivedAtMs: world.clock.ms };
  witness.testify = testify;
  const endpoint: Endpoint = {
    ...witness,
    page: async () => {
      const content = said.shift() ?? { items: [], last: true };
      const body = new TextEncoder().encode('[]');
      return { body, lastPage: true, receivedAtMs: world.clock.ms + 1, read: () => content, unlike: true };
    },
  };
  const base = world.context(endpoint, { slice: 'w', guard: GUARD });
  const context = { ...base, slice: { id: 'things/w/~changes', params: {}, rhythm: 'changes' } };
  const settlements = [await settle(context), await settle(context)];
  deepStrictEqual(
    settlements.map(({ guarded, held }) => [guarded, held]),
    [
      [true, 10],
      [true, 10],
    ],
  );
  const from = world.sink.committed.length;
  strictEqual(agree(context.memory.guard), 10);
  strictEqual((await settle(context)).gone, 9);
  deepStrictEqual(deletesFrom(world, from).includes('d 3'), false);
});
