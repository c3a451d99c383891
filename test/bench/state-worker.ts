/** The process that is measured: takes every shard as a worker does, and tells what that cost. Started by `state.ts`. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { firstValueFrom } from 'rxjs';
import { shardFor } from '../../src/core/murmur2.ts';
import type { EncodedRecord } from '../../src/core/record.ts';
import { createKafkaClient } from '../../src/kafka/client.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { createStaticMembership } from '../../src/kafka/static-membership.ts';
import { createKafkaSink } from '../../src/kafka/transactional-sink.ts';
import { diff } from '../../src/pipeline/diff.ts';
import type { Shard } from '../../src/pipeline/shard.ts';
import { createShards } from '../../src/worker/shards.ts';
import { heapKeeper, keepHeapSmall } from '../../src/worker/small-heap.ts';
// Its modules are part of what a worker weighs.
import '../../src/worker/wire.ts';
import { contextOf } from './context.ts';
import { codec, entryAt, workspaceOf } from './entries.ts';
import type { Found, Task } from './state-task.ts';

const PAGE = 1_000;
const DIFFS = 30;

keepHeapSmall();
process.once('message', (task: Task) => {
  measure(task).then(
    (found) => process.send?.(found, () => process.exit(0)),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});

async function measure(task: Task): Promise<Found> {
  const idleRss = process.memoryUsage.rss();
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const kafka = createKafkaClient(
    { brokers: task.brokers, clientId: 'bench', connectionTimeoutMs: 5_000, requestTimeoutMs: 30_000 },
    silent,
  );
  const { app, stateTopic, shards: count } = task;
  const sink = createKafkaSink(kafka, { app, stateTopic, partitions: new Map([[stateTopic, count]]) });
  const numbers = Array.from({ length: count }, (_, number) => number);
  const keeper = heapKeeper();
  const shards = createShards({
    sink,
    reader: createKafkaStateReader(kafka, { stateTopic }),
    membership: createStaticMembership(new Set(numbers)),
    ambient: { now: Date.now, monotonic: () => performance.now(), random: Math.random },
    report: (event) => {
      keeper(event);
      if (event.type === 'shard-failed') console.error(event);
    },
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const held = new Map<number, Shard>();
  const startedAt = performance.now();
  delay.enable();
  const subscriptions = numbers.map((number) => shards.open(number).subscribe((shard) => held.set(number, shard)));
  await Promise.all(numbers.map((number) => firstValueFrom(shards.open(number))));
  const restoreMs = performance.now() - startedAt;
  delay.disable();
  const { rss, heapUsed, heapTotal, arrayBuffers } = process.memoryUsage();

  const entities = [...held.values()].reduce((sum, shard) => sum + shard.state.size, 0);
  const diffs = diffsOf(held, task);
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const settledRss = process.memoryUsage.rss();
  const peakRss = process.resourceUsage().maxRSS * 1024;
  for (const subscription of subscriptions) subscription.unsubscribe();
  await shards.closed();
  await sink.close();
  return {
    entities,
    restoreMs,
    rss,
    idleRss,
    settledRss,
    peakRss,
    heapUsed,
    heapTotal,
    arrayBuffers,
    worstDelayMs: delay.max / 1e6,
    delay99Ms: delay.percentile(99) / 1e6,
    diffs,
  };
}

/** The same unchanged page again and again, each time in ms: the first is cold. */
function diffsOf(held: ReadonlyMap<number, Shard>, task: Task): number[] {
  const shard = held.get(shardFor(workspaceOf(0), task.shards));
  if (shard === undefined) throw new Error('no shard has the first workspace');
  const context = contextOf(shard);
  const page = Array.from({ length: pageOf(task) }, (_, at): EncodedRecord => {
    const { key, row, startMs } = entryAt(at * task.workspaces, task.workspaces, task.rowBytes);
    return { key, row, startMs, raw: { at }, keyBytes: codec.encodeKey(key), ...codec.encodeRow(row) };
  });
  return Array.from({ length: DIFFS }, () => {
    const startedAt = performance.now();
    const found = diff(context, page, [], Date.now(), { atMs: Date.now(), version: shard.state.version });
    const tookMs = performance.now() - startedAt;
    if (found.unchanged !== page.length || found.adopted.length > 0) throw new Error('the page should be unchanged');
    return tookMs;
  });
}

const pageOf = ({ entities, workspaces }: Task): number => Math.min(PAGE, Math.floor(entities / workspaces));
