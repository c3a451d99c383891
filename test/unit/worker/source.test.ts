import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { of } from 'rxjs';
import { WorkerError } from '../../../src/core/errors.ts';
import { sourceSlice } from '../../../src/core/state.ts';
import { ShardState } from '../../../src/pipeline/shard-state.ts';
import { sliceId } from '../../../src/worker/source-slice.ts';
import { createSourceWorld, fixed, only, type SourceWorld, start, until } from '../../support/pipeline-source.ts';
import { published } from '../../support/pipeline-world.ts';

const refused = () => {
  throw new WorkerError('config', 'clockify.forbidden', 'refused');
};

function stateOf(world: SourceWorld): ShardState {
  const state = new ShardState();
  for (const record of world.sink.stateLog(0)) state.apply(record);
  return state;
}

const hasBaseline = (world: SourceWorld): boolean =>
  stateOf(world).checkpoint('things', sourceSlice('w'))?.firstCompleteAtMs !== undefined;

test('state knows a slice by its source and its parameters', () => {
  strictEqual(sliceId('time-entries', { workspace: 'w', user: 'u' }), 'time-entries/w/u');
  strictEqual(sliceId('workspaces', {}), 'workspaces');
});

test('slices come and go with their parameters, and those that stay are undisturbed', async (t) => {
  const world = createSourceWorld();
  const run = start(t, world);
  await until(() => run.sweeps('things/w/u') > 1);
  world.users$.next(only('u', 'v'));
  await until(() => run.sweeps('things/w/v') > 1);
  world.users$.next(only('v'));
  const asked = world.endpointOf('w/u').asked.length;
  const before = run.sweeps('things/w/v');
  await until(() => run.sweeps('things/w/v') > before + 2);
  strictEqual(world.endpointOf('w/u').asked.length, asked);
  strictEqual(world.sink.fences(0), 1);
  run.stop();
  await world.shards.closed();
});

test('a slice that fails stops no other, and goes on by itself', async (t) => {
  const world = createSourceWorld();
  world.users$.next(only('bad', 'good'));
  world.endpointOf('w/bad').before = refused;
  const run = start(t, world);
  await until(() => run.sweeps('things/w/good') > 2 && run.sweeps('things/w/bad', 'partial') > 0);
  world.endpointOf('w/bad').before = () => {};
  await until(() => run.sweeps('things/w/bad') > 0);
  deepStrictEqual(run.ends, []);
});

test('a worker polls only what its shards hold', async (t) => {
  const world = createSourceWorld();
  const run = start(t, world);
  await until(() => run.sweeps('things/w/u') > 0);
  world.owned$.next(new Set());
  await world.shards.closed();
  const asked = world.endpointOf('w/u').asked.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  strictEqual(world.endpointOf('w/u').asked.length, asked);
  world.owned$.next(new Set([0]));
  await until(() => world.endpointOf('w/u').asked.length > asked);
  strictEqual(world.sink.fences(0), 2);
});

for (const failure of ['unknown_committed', 'unknown_lost', 'fenced'] as const) {
  test(`P2: after ${failure} every slice goes on with the new shard, and each change is said once`, async (t) => {
    const world = createSourceWorld();
    world.users$.next(only('u', 'v'));
    world.endpointOf('w/u').items = [{ id: '1', name: 'a' }];
    world.endpointOf('w/v').items = [{ id: '2', name: 'a' }];
    const run = start(t, world);
    await until(() => run.sweeps('things/w/u') > 0 && run.sweeps('things/w/v') > 0);
    world.sink.failNext(failure);
    world.endpointOf('w/u').items = [{ id: '1', name: 'b' }];
    const heartbeats = setInterval(() => world.membership.heartbeat(), 5);
    t.after(() => clearInterval(heartbeats));
    await until(() => world.sink.fences(0) === 2);
    const before = [run.sweeps('things/w/u'), run.sweeps('things/w/v')];
    await until(() => run.sweeps('things/w/u') > (before[0] ?? 0) && run.sweeps('things/w/v') > (before[1] ?? 0));
    clearInterval(heartbeats);
    deepStrictEqual(published(world.sink).sort(), ['r 1', 'r 2', 'u 1']);
    deepStrictEqual(run.ends, []);
    strictEqual(world.sink.fences(0), 2);
  });
}

test('a rebalance while the source is being begun delays it and does not stop it', async (t) => {
  const world = createSourceWorld();
  world.membership.rebalance();
  world.endpointOf('w/u').items = [{ id: '1' }];
  const run = start(t, world);
  await until(() => world.events.filter(({ type }) => type === 'retry').length > 2);
  deepStrictEqual([run.ends, world.sink.transactions.length], [[], 0]);
  world.membership.assign([0]);
  await until(() => run.sweeps('things/w/u') > 0);
  deepStrictEqual(published(world.sink), ['r 1']);
});

test('a rebalance while the baseline is written delays it and stops nobody', async (t) => {
  const world = createSourceWorld();
  const run = start(t, world);
  world.endpointOf('w/u').before = () => {
    world.membership.rebalance();
    refused();
  };
  await until(() => world.events.some((event) => event.type === 'retry' && event.slice.id === 'things/*/w'));
  world.endpointOf('w/u').before = () => {};
  world.membership.assign([0]);
  await until(() => hasBaseline(world));
  deepStrictEqual(run.ends, []);
});

test('the baseline is written when every slice has been read once, or tried, and not before', async (t) => {
  const world = createSourceWorld();
  world.users$.next(only('u', 'slow', 'bad'));
  const gate = Promise.withResolvers<void>();
  world.endpointOf('w/bad').before = refused;
  const slow = world.endpointOf('w/slow');
  const endpoint = (params: Readonly<Record<string, string>>) => {
    const own = world.endpointOf(`w/${params.user}`);
    if (own !== slow) return own;
    return {
      ...slow,
      page: (number: number, signal: AbortSignal) => gate.promise.then(() => slow.page(number, signal)),
    };
  };
  const run = start(t, world, world.source({ endpoint }));
  await until(() => run.sweeps('things/w/u') > 2 && run.sweeps('things/w/bad', 'partial') > 0);
  strictEqual(hasBaseline(world), false);
  gate.resolve();
  await until(() => hasBaseline(world));
  const before = world.sink.transactions.length;
  const swept = run.sweeps('things/w/u');
  await until(() => run.sweeps('things/w/u') > swept + 2);
  strictEqual(world.sink.transactions.length, before, 'it is written once');
});

test('with once each slice is swept one time, then the source completes, and the baseline stands', async (t) => {
  const world = createSourceWorld();
  world.endpointOf('w/u').items = [{ id: '1' }];
  world.endpointOf('w/bad').before = refused;
  const valuesOf = (parameter: string) => (parameter === 'workspace' ? fixed('w') : fixed('u', 'bad'));
  const env = world.environment({ once: true, owned$: of(new Set([0])) });
  const run = start(t, world, world.source({ valuesOf }), env);
  await until(() => run.ends.length > 0);
  deepStrictEqual(run.ends, ['complete']);
  deepStrictEqual([run.sweeps('things/w/u'), run.sweeps('things/w/bad', 'partial')], [1, 1]);
  ok(hasBaseline(world));
  await world.shards.closed();
  strictEqual(world.events.at(-1)?.type, 'shard-closed');
});

test('a source without parameters lives in the shard of its credential', async (t) => {
  const world = createSourceWorld();
  world.endpointOf('').items = [{ id: '1' }];
  const run = start(t, world, world.source({ parameters: [] }));
  await until(() => run.sweeps('things') > 1);
  deepStrictEqual(published(world.sink), ['r 1']);
});

test('what is fatal in one slice is the end of the source', async (t) => {
  const world = createSourceWorld();
  world.endpointOf('w/u').before = () => {
    throw new TypeError('a fault of our own');
  };
  const run = start(t, world);
  await until(() => run.ends.length > 0);
  strictEqual((run.ends[0] as WorkerError).kind, 'fatal');
  await world.shards.closed();
});

test('a stopped source leaves nothing running, and what was being committed is', async (t) => {
  const world = createSourceWorld();
  world.endpointOf('w/u').items = [{ id: '1' }];
  const run = start(t, world);
  await until(() => world.endpointOf('w/u').asked.length > 0);
  run.stop();
  await world.shards.closed();
  const before = [world.sink.committed.length, world.endpointOf('w/u').asked.length];
  await new Promise((resolve) => setTimeout(resolve, 30));
  deepStrictEqual([world.sink.committed.length, world.endpointOf('w/u').asked.length], before);
  deepStrictEqual([world.workspaces$.observed, world.users$.observed, world.owned$.observed], [false, false, false]);
});
