/**
 * `npm run bench:state`: the state at size. Fills a real state topic with entities, restores it in a worker of its own,
 * and measures how long that takes, what it weighs then, and what a page costs that says nothing new.
 *
 * Options: `--entities 1000000 --row 250 --workspaces 24 --shards 24`. Exit code 1 where a limit is passed.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { shardFor } from '../../src/core/murmur2.ts';
import { encodeState } from '../../src/core/state-codec.ts';
import { createKafkaClient } from '../../src/kafka/client.ts';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { ensureTopics, stateTopic } from '../../src/kafka/topics.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { codec, entryAt, stateItemOf } from './entries.ts';
import type { Found, Task } from './state-task.ts';

const LIMITS = { restoreMs: 20_000, rss: 400e6, diffMs: 10, delayMs: 50 };
const BATCH = 1_000;

const { values } = parseArgs({
  options: {
    entities: { type: 'string', default: '1000000' },
    row: { type: 'string', default: '250' },
    workspaces: { type: 'string', default: '24' },
    shards: { type: 'string', default: '24' },
  },
});

async function main(): Promise<number> {
  const { brokers } = await sharedStack();
  const app = `bench-${randomUUID()}`;
  const topic = `__clockify-kafka.${app}.state`;
  const [entities, workspaces, shards] = [Number(values.entities), Number(values.workspaces), Number(values.shards)];
  const task: Task = { brokers, app, stateTopic: topic, shards, entities, workspaces, rowBytes: Number(values.row) };
  const silent = { debug() {}, info() {}, warn() {}, error() {} };
  const options = { brokers, clientId: 'bench', connectionTimeoutMs: 5_000, requestTimeoutMs: 60_000 };
  const kafka = createKafkaClient(options, silent);
  await ensureTopics(kafka, [stateTopic(topic, shards)], { create: true, warn: () => undefined });
  console.log(`${cpus().length} × ${cpus()[0]?.model}, ${gigabytes(totalmem())} GB, Node ${process.version}`);
  console.log(`${entities} entities of ${values.row} encoded bytes, ${workspaces} workspaces, ${shards} shards`);
  build();
  await fill(kafka, task);
  const found = await measured(task);
  return report(found, entities);
}

/** Every entity once, as a commit would have written it. */
async function fill(kafka: KafkaClient, task: Task): Promise<void> {
  const producer = kafka.producer({ idempotent: true });
  await producer.connect();
  const waiting = Array.from(
    { length: task.shards },
    (): { key: string; value: Buffer | null; partition: number }[] => [],
  );
  const send = async (partition: number) => {
    const messages = waiting[partition] ?? [];
    waiting[partition] = [];
    if (messages.length > 0) await producer.send({ topic: task.stateTopic, messages, acks: -1 });
  };
  for (let partition = 0; partition < task.shards; partition++) {
    const schema = encodeState({ type: 'schema', fingerprint: codec.fingerprint, schema: codec.rowSchema });
    waiting[partition]?.push({ key: schema.key, value: Buffer.from(schema.value ?? []), partition });
  }
  for (let at = 0; at < task.entities; at++) {
    const entry = entryAt(at, task.workspaces, task.rowBytes);
    const { key, value } = encodeState(stateItemOf(entry));
    const partition = shardFor(entry.key[0] ?? '', task.shards);
    waiting[partition]?.push({ key, value: Buffer.from(value ?? []), partition });
    if ((waiting[partition]?.length ?? 0) >= BATCH) await send(partition);
  }
  for (let partition = 0; partition < task.shards; partition++) await send(partition);
  await producer.disconnect();
}

const ROOT = new URL('../../', import.meta.url);
const BUILT = new URL('node_modules/.cache/bench/', ROOT);

/** As it is shipped: Node's own reading of TypeScript would weigh 30 MB. */
function build(): void {
  const project = new URL('tsconfig.json', import.meta.url).pathname;
  execFileSync('tsc', ['--project', project], { cwd: ROOT, stdio: 'inherit' });
  for (const name of ['avro', 'package.json']) cpSync(new URL(name, ROOT), new URL(name, BUILT), { recursive: true });
}

/** A process of its own, so that what filled the topic does not weigh in. */
async function measured(task: Task): Promise<Found> {
  const child: ChildProcess = fork(new URL('test/bench/state-worker.js', BUILT), { execArgv: [] });
  child.send(task);
  return new Promise((resolve, reject) => {
    child.once('message', (found) => resolve(found as Found));
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}

function report(found: Found, entities: number): number {
  const sorted = found.diffs.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lines = [
    line('restored', `${(found.restoreMs / 1000).toFixed(1)} s`, found.restoreMs <= LIMITS.restoreMs, '20 s'),
    line('resident, settled', `${megabytes(found.settledRss)} MB`, found.settledRss <= LIMITS.rss, '400 MB'),
    line('diff of an unchanged page of 1,000', `${median.toFixed(2)} ms`, median <= LIMITS.diffMs, '10 ms'),
    line('event loop held', `${found.worstDelayMs.toFixed(0)} ms`, found.worstDelayMs <= LIMITS.delayMs, '50 ms'),
    line('entities', String(found.entities), found.entities === entities, String(entities)),
  ];
  for (const { text } of lines) console.log(text);
  console.log(
    `resident before ${megabytes(found.idleRss)} MB, ${megabytes(found.rss)} MB at the end of the restore, at most ${megabytes(found.peakRss)} MB; ` +
      `heap ${megabytes(found.heapUsed)} of ${megabytes(found.heapTotal)} MB, array buffers ${megabytes(found.arrayBuffers)} MB; ` +
      `event loop 99 % ${found.delay99Ms.toFixed(1)} ms; diff worst ${sorted.at(-1)?.toFixed(2)} ms`,
  );
  return lines.every(({ isWithin }) => isWithin) ? 0 : 1;
}

function line(what: string, value: string, isWithin: boolean, limit: string): { text: string; isWithin: boolean } {
  return { text: `${isWithin ? 'ok  ' : 'PASSED'} ${what}: ${value} (limit ${limit})`, isWithin };
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(0);

process.exit(await main());
