import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import {
  createWorld,
  driftIn,
  endOf,
  fakeEndpoint,
  published,
  settlementOf,
  sweep,
} from '../../support/pipeline-world.ts';

/** A slice without a read by id, once read to its end with three things. */
async function withoutWitness(mayBeEmpty = true) {
  const world = await createWorld();
  const endpoint = fakeEndpoint({ witness: false });
  endpoint.items = [{ id: '1' }, { id: '2' }, { id: '3' }];
  const context = world.context(endpoint, { source: { mayBeEmpty } });
  await sweep(context);
  return { world, endpoint, context, from: world.sink.committed.length };
}

test('P4: where there is no read by id, d needs absence from two complete sweeps', async () => {
  const { world, endpoint, context, from } = await withoutWitness();
  endpoint.items = [{ id: '1' }, { id: '3' }];
  deepStrictEqual(settlementOf(await sweep(context)), { missing: 1, alive: 0, open: 1, gone: 0, guarded: false });
  strictEqual(world.sink.committed.length, from);
  strictEqual(settlementOf(await sweep(context)).gone, 1);
  deepStrictEqual(published(world.sink, from), ['d 2', '- 2']);
  strictEqual(context.memory.absences.size, 0);
});

test('P4: an entity that shows itself in between begins its absence anew', async () => {
  const { world, endpoint, context, from } = await withoutWitness();
  for (const items of [
    ['1', '3'],
    ['1', '2', '3'],
    ['1', '3'],
  ]) {
    endpoint.items = items.map((id) => ({ id }));
    await sweep(context);
  }
  strictEqual(world.sink.committed.length, from);
});

test('P4: also where the sweep that showed it was not complete', async () => {
  const { world, endpoint, context, from } = await withoutWitness();
  endpoint.pageSize = 2;
  endpoint.items = [{ id: '1' }, { id: '3' }];
  await sweep(context);
  endpoint.items = [{ id: '1' }, { id: '2' }, { id: '3' }];
  endpoint.before = (number) => {
    if (number === 2) throw new WorkerError('config', 'clockify.forbidden', 'refused');
  };
  strictEqual(endOf(await sweep(context)).outcome, 'partial');
  endpoint.before = () => {};
  endpoint.items = [{ id: '1' }, { id: '3' }];
  strictEqual(settlementOf(await sweep(context)).open, 1);
  strictEqual(world.sink.committed.length, from);
});

test('P4: an empty list where none can be proves nothing, however often it comes', async () => {
  const { world, endpoint, context, from } = await withoutWitness(false);
  endpoint.items = [];
  for (let times = 0; times < 4; times++) strictEqual(settlementOf(await sweep(context)).open, 3);
  strictEqual(world.sink.committed.length, from);
});

test('P4: an empty list where one can be is a list like any other', async () => {
  const { endpoint, context } = await withoutWitness(true);
  endpoint.items = [];
  await sweep(context);
  strictEqual(settlementOf(await sweep(context)).gone, 3);
});

test('P4: an item without a readable key may be anybody, so that nobody is missing for sure', async () => {
  const { world, endpoint, context, from } = await withoutWitness();
  endpoint.items = [{ id: '1' }, { id: 7 }];
  for (let times = 0; times < 3; times++) strictEqual(settlementOf(await sweep(context)).gone, 0);
  deepStrictEqual(published(world.sink, from), []);
});

test('P4: an entity whose row does not fit is there all the same', async () => {
  const { endpoint, context } = await withoutWitness();
  endpoint.items = [{ id: '1' }, { id: '2', name: 5 }, { id: '3' }];
  for (let times = 0; times < 3; times++) strictEqual(settlementOf(await sweep(context)).missing, 0);
});

test('P8: absences are kept only for what is missing and still owned', async () => {
  const { world, endpoint, context } = await withoutWitness();
  endpoint.items = [{ id: '1' }];
  await sweep(context);
  strictEqual(context.memory.absences.size, 2);
  const other = fakeEndpoint();
  other.items = [{ id: '2' }, { id: '3' }];
  await sweep(world.context(other, { slice: 'b' }));
  await sweep(context);
  strictEqual(context.memory.absences.size, 0);
});

for (const [what, second] of [
  ['shows nothing', []],
  ['shows the page before it again', [{ id: '1' }]],
] as const) {
  test(`P4: a page that was promised and ${what} is a hole: nobody is missing for sure`, async () => {
    const { world, endpoint, context, from } = await withoutWitness();
    const holed = {
      ...context,
      endpoint: {
        ...endpoint,
        page: async (number: number) => ({
          body: new TextEncoder().encode(JSON.stringify(number === 1 ? [{ id: '1' }] : second)),
          lastPage: number === 2,
          receivedAtMs: 1,
        }),
      },
    };
    for (let times = 0; times < 3; times++) strictEqual(settlementOf(await sweep(holed)).open, 2);
    strictEqual(world.sink.committed.length, from);
  });
}

test('P4: an absence that a complete sweep has counted outlives a restart, and ends when the entity is shown', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint({ witness: false });
  const sweepAnew = async (ids: readonly string[]) => {
    endpoint.items = ids.map((id) => ({ id }));
    await world.restart();
    await sweep(world.context(endpoint));
  };
  await sweepAnew(['a', 'b', 'c']);
  await sweepAnew(['a', 'c']);
  await sweepAnew(['a', 'b']);
  const from = world.sink.committed.length;
  await sweepAnew(['a', 'b']);
  deepStrictEqual(published(world.sink, from), ['d c', '- c']);
  await sweepAnew(['a']);
  deepStrictEqual(published(world.sink, from).length, 2);
});

test('P4: a sweep right after another, because the schema grew, is no second witness', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint({ witness: false });
  endpoint.items = [{ id: 'a' }, { id: 'b' }];
  await sweep(world.context(endpoint));
  endpoint.items = [{ id: 'a' }];
  await sweep(world.context(endpoint));
  const from = world.sink.committed.length;
  const hasty = world.context(endpoint);
  hasty.memory.isHasty = true;
  await sweep(hasty);
  deepStrictEqual(published(world.sink, from), []);
  await sweep(hasty);
  deepStrictEqual(published(world.sink, from), ['d b', '- b']);
});

test('an item without its key says nothing of the shape, but that its key is missing', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ message: 'oops' }, { id: 'a', colour: 'red' }];
  deepStrictEqual(driftIn(await sweep(world.context(endpoint))), [
    ['new', 'colour', 1, 'string'],
    ['missing', 'id', 1, 'absent'],
  ]);
});
