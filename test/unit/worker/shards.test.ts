import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { firstValueFrom, type Subscription } from 'rxjs';
import { WorkerError } from '../../../src/core/errors.ts';
import { encodeState } from '../../../src/core/state-codec.ts';
import type { StateReader, TransactionalSink } from '../../../src/pipeline/ports.ts';
import type { Shard } from '../../../src/pipeline/shard.ts';
import type { WorkerEvent } from '../../../src/worker/events.ts';
import { createShards } from '../../../src/worker/shards.ts';
import { createMemoryMembership } from '../../support/memory-membership.ts';
import { createMemorySink } from '../../support/memory-sink.ts';

const FENCED = new WorkerError('transient', 'sink.fenced', 'another took its place');
const UNKNOWN = new WorkerError('transient', 'sink.outcome_unknown', 'no answer');
const RECORD = encodeState({ type: 'checkpoint', source: 's', slice: 'x', checkpoint: {} });

function createPlace(over: { sink?: (sink: TransactionalSink) => TransactionalSink; reader?: StateReader } = {}) {
  const memory = createMemorySink();
  const membership = createMemoryMembership([0, 1]);
  const events: WorkerEvent[] = [];
  const shards = createShards({
    sink: over.sink?.(memory) ?? memory,
    reader: over.reader ?? memory,
    membership,
    ambient: { now: Date.now, monotonic: () => performance.now(), random: () => 0 },
    report: (event) => events.push(event),
  });
  const told = () => events.map(({ type }) => type);
  return { memory, membership, shards, events, told };
}

/** Everybody's view of a shard, as it comes. */
function follow(shards: ReturnType<typeof createShards>, number = 0) {
  const seen: Shard[] = [];
  const failed: unknown[] = [];
  const subscription: Subscription = shards.open(number).subscribe({
    next: (shard) => seen.push(shard),
    error: (error) => failed.push(error),
  });
  return { seen, failed, subscription };
}

async function until(claim: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !claim(); turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  ok(claim(), String(claim));
}

test('P2: a shard is fenced once for all its slices, then restored, and closed when the last has gone', async () => {
  const { memory, shards, told } = createPlace();
  const [one, two] = [follow(shards), follow(shards)];
  await until(() => one.seen.length + two.seen.length === 2);
  strictEqual(one.seen[0], two.seen[0]);
  strictEqual(memory.fences(0), 1);
  one.subscription.unsubscribe();
  await one.seen[0]?.commit({ records: [], state: [RECORD] });
  two.subscription.unsubscribe();
  await shards.closed();
  deepStrictEqual(told(), ['shard-opening', 'shard-opened', 'shard-closed']);
  await rejects(async () => one.seen[0]?.exclusive(async () => 1), /given up/);
});

test('a spoilt shard is fenced and restored anew, for everyone who uses it', async () => {
  const { memory, shards, events } = createPlace();
  const [one, two] = [follow(shards), follow(shards)];
  await until(() => two.seen.length === 1);
  const first = one.seen[0] as Shard;
  await first.commit({ records: [], state: [RECORD] });
  shards.spoil(first, UNKNOWN);
  await until(() => one.seen.length === 2 && two.seen.length === 2);
  strictEqual(memory.fences(0), 2);
  ok(one.seen[1] !== first && one.seen[1] === two.seen[1]);
  ok(one.seen[1]?.state.checkpoint('s', 'x') !== undefined, 'it goes on from what was committed');
  shards.spoil(first, UNKNOWN);
  await new Promise((resolve) => setTimeout(resolve, 20));
  strictEqual(memory.fences(0), 2, 'the spoilt one, told again, does not spoil its successor');
  ok(events.some((event) => event.type === 'shard-failed' && event.error === UNKNOWN));
  one.subscription.unsubscribe();
  two.subscription.unsubscribe();
});

test('a shard that is spoilt disturbs no other', async () => {
  const { memory, shards } = createPlace();
  const [zero, one] = [follow(shards, 0), follow(shards, 1)];
  await until(() => zero.seen.length + one.seen.length === 2);
  shards.spoil(zero.seen[0] as Shard, UNKNOWN);
  await until(() => zero.seen.length === 2);
  deepStrictEqual([memory.fences(1), one.seen.length], [1, 1]);
  zero.subscription.unsubscribe();
  one.subscription.unsubscribe();
});

test('P2: after being fenced it waits for a heartbeat newer than that, before each try, until it has the shard', async () => {
  let failures = 1;
  const { memory, membership, shards } = createPlace({
    sink: (sink) => ({
      ...sink,
      fence(shard, signal) {
        if (memory.fences(0) === 1 && failures-- > 0) throw new WorkerError('transient', 'sink.unavailable', 'away');
        return sink.fence(shard, signal);
      },
    }),
  });
  const { seen, subscription } = follow(shards);
  await until(() => seen.length === 1);
  shards.spoil(seen[0] as Shard, FENCED);
  const rest = () => new Promise((resolve) => setTimeout(resolve, 20));
  await rest();
  strictEqual(memory.fences(0), 1);
  membership.heartbeat();
  await rest();
  strictEqual(memory.fences(0), 1, 'the try after the heartbeat failed, and the next one waits again');
  membership.heartbeat();
  await until(() => seen.length === 2);
  shards.spoil(seen[1] as Shard, UNKNOWN);
  await until(() => seen.length === 3);
  subscription.unsubscribe();
});

test('a far side that is away is tried again, and what trying cannot mend is thrown', async () => {
  let failures = 3;
  const { memory, shards, told } = createPlace({
    sink: (sink) => ({
      ...sink,
      fence: (shard, signal) =>
        failures-- > 0
          ? Promise.reject(new WorkerError('transient', 'sink.unavailable', 'away'))
          : sink.fence(shard, signal),
    }),
  });
  await firstValueFrom(shards.open(0));
  deepStrictEqual([memory.fences(0), told().filter((type) => type === 'shard-failed').length], [1, 3]);
  const corrupt = createPlace({
    reader: {
      restore: async (_, onRecord) => {
        onRecord({ key: '["e","s","1"]', value: Uint8Array.of(9) });
        return { records: 1, bytes: 1 };
      },
    },
  });
  await rejects(firstValueFrom(corrupt.shards.open(0)), (error: WorkerError) => error.code === 'state.unknown_format');
});

/** A reader that waits until the test lets it go on, and never looks at its signal. */
function slowReader() {
  const waiting: (() => void)[] = [];
  const reader: StateReader = {
    restore: async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { records: 0, bytes: 0 };
    },
  };
  return { reader, waiting };
}

test('P2: a shard that is given up while it is being taken is let go, and only then taken again', async () => {
  const { reader, waiting } = slowReader();
  const { memory, shards, told } = createPlace({ reader });
  const first = follow(shards);
  await until(() => waiting.length === 1);
  first.subscription.unsubscribe();
  let closed = false;
  const closing = shards.closed().then(() => (closed = true));
  const second = follow(shards);
  await new Promise((resolve) => setTimeout(resolve, 20));
  deepStrictEqual([memory.fences(0), closed], [1, false], 'nobody fences it while it may still be fencing itself');
  waiting[0]?.();
  await closing;
  await until(() => waiting.length === 2);
  waiting[1]?.();
  await until(() => second.seen.length === 1);
  strictEqual(memory.fences(0), 2);
  deepStrictEqual([first.seen.length, told()], [0, ['shard-opening', 'shard-closed', 'shard-opening', 'shard-opened']]);
  second.subscription.unsubscribe();
  await shards.closed();
});

test('closed() waits for the transaction under way', async () => {
  const gate = Promise.withResolvers<void>();
  const { shards, told } = createPlace();
  const { seen, subscription } = follow(shards);
  await until(() => seen.length === 1);
  const work = seen[0]?.exclusive(() => gate.promise);
  await new Promise((resolve) => setImmediate(resolve));
  subscription.unsubscribe();
  const closing = shards.closed();
  await new Promise((resolve) => setTimeout(resolve, 10));
  deepStrictEqual(told(), ['shard-opening', 'shard-opened']);
  gate.resolve();
  await Promise.all([work, closing]);
  deepStrictEqual(told(), ['shard-opening', 'shard-opened', 'shard-closed']);
});

test('no transaction begins while the group is rebalancing, and the shard stays good', async () => {
  const { membership, shards, memory } = createPlace();
  const { seen, subscription } = follow(shards);
  await until(() => seen.length === 1);
  membership.rebalance();
  await rejects(async () => seen[0]?.commit({ records: [], state: [RECORD] }), /rebalancing/);
  membership.assign([0]);
  await seen[0]?.commit({ records: [], state: [RECORD] });
  strictEqual(memory.transactions.length, 1);
  subscription.unsubscribe();
});
