import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { lastValueFrom } from 'rxjs';
import { WorkerError } from '../../../src/core/errors.ts';
import type { StateRecord } from '../../../src/core/state.ts';
import { encodeState } from '../../../src/core/state-codec.ts';
import type { ShardWriter, Transaction } from '../../../src/pipeline/ports.ts';
import { openShard } from '../../../src/pipeline/shard.ts';
import { ShardState } from '../../../src/pipeline/shard-state.ts';
import { sweepOnce } from '../../../src/pipeline/slice.ts';
import {
  type CommitFailure,
  createWorld,
  endOf,
  fakeEndpoint,
  published,
  settlementOf,
  sweep,
} from '../../support/pipeline-world.ts';

const code = (wanted: string) => (error: unknown) => error instanceof WorkerError && error.code === wanted;
const ids = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `${at}` }));

for (const failure of ['unknown_committed', 'unknown_lost', 'fenced'] as const satisfies CommitFailure[]) {
  test(`P2: ${failure}: the memory stays as it was, the writer is spent, and a new start says each change once`, async () => {
    const world = await createWorld();
    const endpoint = fakeEndpoint();
    endpoint.pageSize = 2;
    endpoint.items = ids(5);
    endpoint.before = (number) => {
      if (number === 2) world.sink.failNext(failure);
    };
    const context = world.context(endpoint);
    const wanted = failure === 'fenced' ? 'sink.fenced' : 'sink.outcome_unknown';
    await rejects(lastValueFrom(sweepOnce(context)), code(wanted));
    strictEqual(world.shard.state.size, 2, 'memory knows the first page only');
    endpoint.before = () => {};
    await rejects(lastValueFrom(sweepOnce(context)), code(wanted));
    await world.restart();
    strictEqual(endOf(await sweep(world.context(endpoint))).outcome, 'complete');
    deepStrictEqual(published(world.sink).sort(), ['r 0', 'r 1', 'r 2', 'r 3', 'r 4']);
  });
}

test('a transaction that was not committed is tried again with the same writer, and the page is read again', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = ids(2);
  // The second failure is that of an attempt without a page: nothing is asked for meanwhile.
  world.sink.failNext('not_committed', 'not_committed');
  strictEqual(endOf(await sweep(world.context(endpoint))).outcome, 'complete');
  deepStrictEqual(
    [endpoint.asked, published(world.sink)],
    [
      [1, 1],
      ['r 0', 'r 1'],
    ],
  );
  deepStrictEqual(
    world.retries.map((error) => error.code),
    ['sink.not_committed'],
  );
});

test('a page that the far side will never take ends the sweep and not the slice, and is not remembered', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = ids(1);
  const context = world.context(endpoint);
  world.sink.failNext('refused');
  const end = endOf(await sweep(context));
  strictEqual(end.outcome === 'partial' && end.error.code, 'sink.refused');
  strictEqual(endOf(await sweep(context)).outcome, 'complete');
  deepStrictEqual(published(world.sink), ['r 0']);
});

test('P1: a first sweep that was cut off goes on as r after a restart, repeats nothing and deletes nothing', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.pageSize = 2;
  endpoint.items = ids(6);
  endpoint.before = (number) => {
    if (number === 3) throw new WorkerError('config', 'clockify.forbidden', 'refused');
  };
  strictEqual(endOf(await sweep(world.context(endpoint))).outcome, 'partial');
  await world.restart();
  endpoint.before = () => {};
  endpoint.items = [...ids(6), { id: 'new' }];
  const context = world.context(endpoint);
  strictEqual(settlementOf(await sweep(context)).missing, 0);
  deepStrictEqual(published(world.sink), ['r 0', 'r 1', 'r 2', 'r 3', 'r 4', 'r 5', 'r new']);
  endpoint.items = [...ids(6), { id: 'new' }, { id: 'newer' }];
  await sweep(context);
  strictEqual(published(world.sink).at(-1), 'c newer');
});

test('P2: a delete whose outcome is unknown is said once, whether it was committed or not', async () => {
  for (const failure of ['unknown_committed', 'unknown_lost'] as const) {
    const world = await createWorld();
    const endpoint = fakeEndpoint();
    endpoint.items = ids(2);
    await sweep(world.context(endpoint));
    endpoint.items = ids(1);
    endpoint.testify = () => {
      world.sink.failNext(failure);
      return { says: 'gone', receivedAtMs: 1 };
    };
    await rejects(sweep(world.context(endpoint)), code('sink.outcome_unknown'));
    endpoint.testify = () => ({ says: 'gone', receivedAtMs: 1 });
    await world.restart();
    await sweep(world.context(endpoint));
    deepStrictEqual(published(world.sink), ['r 0', 'r 1', 'd 1', '- 1'], failure);
  }
});

test('P3: two slices of one shard that show one entity at once say it one after the other', async () => {
  const world = await createWorld();
  const [one, two] = [fakeEndpoint(), fakeEndpoint()];
  one.items = [{ id: '1', name: 'a' }];
  two.items = [{ id: '1', name: 'b' }];
  const contexts = [world.context(one, { slice: 'a' }), world.context(two, { slice: 'b' })];
  await Promise.all(contexts.map(sweep));
  const times = world.sink.committed.map(({ headers }) => Number(headers.__ts_ms));
  deepStrictEqual(published(world.sink), ['r 1', 'u 1']);
  ok((times[1] ?? 0) > (times[0] ?? 0));
});

const graveOf = (id: string): StateRecord =>
  encodeState({ type: 'entity', source: 's', key: [id], entry: { kind: 'grave', slice: 'x', tsMs: 1 } });

/** A writer that ends each commit when the test says so. */
function slowWriter() {
  const commits: { transaction: Transaction; end: (error?: Error) => void }[] = [];
  const log: string[] = [];
  const writer: ShardWriter = {
    commit: (transaction) =>
      new Promise((resolve, reject) => {
        commits.push({ transaction, end: (error) => (error === undefined ? resolve() : reject(error)) });
      }),
    close: async () => void log.push('closed'),
  };
  return { writer, commits, log };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('pieces of work on a shard run one at a time, in the order they were asked for, also after one that failed', async () => {
  const shard = openShard(0, new ShardState(), slowWriter().writer, () => {});
  const log: string[] = [];
  const work = (name: string, fails = false) =>
    shard.exclusive(async () => {
      log.push(`${name} begins`);
      await turn();
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([work('a'), work('b', true), work('c')]);
  deepStrictEqual(log, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  deepStrictEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('P1: memory changes only after the commit, and never where it failed', async () => {
  const { writer, commits } = slowWriter();
  const state = new ShardState();
  const shard = openShard(0, state, writer, () => {});
  const first = shard.exclusive(() => shard.commit({ records: [], state: [graveOf('1')] }));
  await turn();
  strictEqual(state.size, 0);
  commits[0]?.end();
  await first;
  strictEqual(state.size, 1);
  const second = shard.exclusive(() => shard.commit({ records: [], state: [graveOf('2')] }));
  await turn();
  commits[1]?.end(new Error('lost'));
  await rejects(second, /lost/);
  strictEqual(state.size, 1);
});

test('a shard that is given up lets the work under way end, refuses what waits, and then lets go', async () => {
  const { writer, commits, log } = slowWriter();
  const shard = openShard(3, new ShardState(), writer, () => {});
  const running = shard.exclusive(() => shard.commit({ records: [], state: [graveOf('1')] }));
  const waiting = shard.exclusive(async () => 'never');
  await turn();
  const closing = shard.close();
  await turn();
  deepStrictEqual(log, []);
  commits[0]?.end();
  await running;
  await rejects(waiting, code('shard.given_up'));
  await closing;
  deepStrictEqual(log, ['closed']);
  await rejects(
    shard.exclusive(async () => 'never'),
    code('shard.given_up'),
  );
});

test('no transaction begins while the group is unsure, and none at all for nothing', async (t) => {
  const { writer, commits } = slowWriter();
  const refuse = () => {
    throw new WorkerError('transient', 'sink.not_committed', 'unsure');
  };
  const shard = openShard(0, new ShardState(), writer, refuse);
  t.after(() => shard.close());
  await rejects(shard.commit({ records: [], state: [graveOf('1')] }), code('sink.not_committed'));
  await shard.commit({ records: [], state: [] });
  strictEqual(commits.length, 0);
});

test('of the work that waits for a shard, the one of the quickest rhythm goes first, and none starves', async () => {
  const shard = openShard(0, new ShardState(), slowWriter().writer, () => {});
  const log: string[] = [];
  const ask = (name: Parameters<typeof shard.exclusive>[1]) =>
    shard.exclusive(async () => {
      await turn();
      log.push(String(name));
    }, name);
  const history = Array.from({ length: 40 }, () => ask('reconcile'));
  await turn();
  const timers = Array.from({ length: 30 }, () => ask('running'));
  await Promise.all([...history, ...timers]);
  const begun = log.indexOf('running');
  ok(begun <= 2, `the first after ${begun}`);
  const among = log.slice(begun, log.lastIndexOf('running')).filter((name) => name === 'reconcile').length;
  ok(among >= 3 && among <= 5, `${among} of the history among 30 timers`);
});
