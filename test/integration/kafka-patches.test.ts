import { ok, strictEqual } from 'node:assert';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { accessPartition } from '../../src/kafka/partition-access.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { ensureTopics, stateTopic } from '../../src/kafka/topics.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { clientFor } from './kafka-place.ts';

const child = new URL('./kafkajs-child.ts', import.meta.url).pathname;
const run = promisify(execFile);

let stack: Stack;
before(async () => {
  // A cleaner that does not sleep for 15 s between its rounds.
  const kafka = {
    'log.cleaner.backoff.ms': '200',
    'log.initial.task.delay.ms': '200',
    'log.segment.delete.delay.ms': '100',
  };
  stack = await startStack({ own: true, registry: false, kafka });
});
after(async () => {
  await stack?.stop();
});

async function inChild<T>(which: 'patched' | 'plain', ...args: string[]): Promise<T> {
  const env = { ...process.env, KAFKAJS_NO_PARTITIONER_WARNING: '1', NODE_NO_WARNINGS: '1' };
  const { stdout } = await run(
    process.execPath,
    [child, which, args[0] ?? '', stack.brokers[0] ?? '', ...args.slice(1)],
    { env },
  );
  return JSON.parse(stdout) as T;
}

const WRITERS = 8;
const KEYS = 300;
const ROUNDS = 6;

/** Several transactional writers rewrite the same keys over and over, so that the cleaner empties whole batches. */
async function rewrite(client: KafkaClient, topic: string): Promise<void> {
  const producers = Array.from({ length: WRITERS }, (_, i) =>
    client.producer({ transactionalId: `${topic}-${i}`, maxInFlightRequests: 1 }),
  );
  for (const producer of producers) await producer.connect();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, producer] of producers.entries()) {
      const value = round === ROUNDS ? null : `${round} ${i} ${'x'.repeat(500)}`;
      const messages = Array.from({ length: KEYS }, (_, k) => ({ key: `k${k}`, value, partition: 0 }));
      const transaction = await producer.transaction();
      for (let at = 0; at < KEYS; at += 30) await transaction.send({ topic, messages: messages.slice(at, at + 30) });
      await transaction.commit();
    }
  }
  for (const producer of producers) await producer.disconnect();
}

/** One record a round, each in a new segment: the cleaner never touches the last one. */
async function roll(client: KafkaClient, topic: string): Promise<void> {
  const producer = client.producer();
  await producer.connect();
  await producer.send({ topic, messages: [{ key: 'roll', value: randomUUID(), partition: 0 }] });
  await producer.disconnect();
}

test('a compacted topic is read to its end, where kafkajs as it is stops for ever at an emptied batch', {
  timeout: 90_000,
}, async () => {
  const client = clientFor(stack.brokers);
  const topic = `compacted-${randomUUID()}`;
  const config = {
    'segment.ms': '500',
    'segment.bytes': '1048576',
    'min.cleanable.dirty.ratio': '0.01',
    'min.compaction.lag.ms': '0',
    'max.compaction.lag.ms': '1000',
    'delete.retention.ms': '100',
  };
  await ensureTopics(client, [stateTopic(topic, 1, { config })], { create: true, warn: () => undefined });
  await rewrite(client, topic);
  const reader = createKafkaStateReader(client, { stateTopic: topic });
  const signal = AbortSignal.timeout(60_000);
  let left = Number.POSITIVE_INFINITY;
  // All keys are deleted in the end: once the cleaner has been through, nearly nothing is left but empty batches.
  while (left > KEYS) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    await roll(client, topic);
    left = (await reader.restore(0, () => undefined, signal)).records;
  }
  const access = accessPartition(client, topic, 0);
  await access.connect();
  const { high } = await access.bounds();
  await access.disconnect();

  const tiny = createKafkaStateReader(client, { stateTopic: topic, fetchBytes: 1, stallMs: 5_000 });
  const { records } = await tiny.restore(0, () => undefined, signal);
  ok(records <= KEYS && records > 0);
  const [plain, patched] = await Promise.all([
    inChild<{ position: number; fetches: number }>('plain', 'read', topic, String(high)),
    inChild<{ position: number; fetches: number }>('patched', 'read', topic, String(high)),
  ]);
  ok(plain.position < high, `kafkajs as it is came to ${plain.position} of ${high}: the patch is no longer needed`);
  strictEqual(patched.position, high);
});

test('a connection with nothing to do does nothing, where kafkajs as it is runs a timer every millisecond', {
  timeout: 30_000,
}, async () => {
  const [plain, patched] = await Promise.all([
    inChild<{ timers: number; cpuMs: number }>('plain', 'idle'),
    inChild<{ timers: number; cpuMs: number }>('patched', 'idle'),
  ]);
  ok(plain.timers > 500, `kafkajs as it is began ${plain.timers} timers: the patch is no longer needed`);
  ok(patched.timers < 20, `${patched.timers} timers in two idle seconds`);
  ok(patched.cpuMs < plain.cpuMs);
});
