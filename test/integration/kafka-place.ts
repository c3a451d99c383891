/** What the tests against a real broker share: a client, topics with names of their own, and a reader of what is committed. */
import { randomUUID } from 'node:crypto';
import { createKafkaClient, type KafkaOptions } from '../../src/kafka/client.ts';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { createKafkaStateReader, type KafkaStateReader } from '../../src/kafka/state-reader.ts';
import { deadLetterTopic, ensureTopics, entityTopic, stateTopic, type TopicPlan } from '../../src/kafka/topics.ts';
import { createKafkaSink, type KafkaSink } from '../../src/kafka/transactional-sink.ts';
import type { OutRecord } from '../../src/pipeline/ports.ts';
import { endsOf } from '../support/topic-ends.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export function clientFor(brokers: readonly string[], options: Partial<KafkaOptions> = {}): KafkaClient {
  const defaults = { clientId: 'test', connectionTimeoutMs: 5_000, requestTimeoutMs: 30_000 };
  return createKafkaClient({ brokers, ...defaults, ...options }, silent);
}

export interface Place {
  readonly app: string;
  readonly stateTopic: string;
  readonly topics: readonly [string, string, string];
  readonly partitions: ReadonlyMap<string, number>;
  readonly client: KafkaClient;
  /** A sink of the same application, through this client or another. */
  sink(client?: KafkaClient): KafkaSink;
  reader(options?: { fetchBytes?: number; stallMs?: number }): KafkaStateReader;
}

interface TestLike {
  after(hook: () => Promise<void>): void;
}

/**
 * An application of its own on the broker: three topics and a state topic of two shards. Its sinks are closed after the test.
 *
 * @param make makes topics in another way, before those that are still missing are made
 */
export async function newPlace(
  t: TestLike,
  brokers: readonly string[],
  plans: readonly TopicPlan[] = [],
  make?: (client: KafkaClient, plans: readonly TopicPlan[]) => Promise<void>,
): Promise<Place> {
  const app = `app-${randomUUID()}`;
  const client = clientFor(brokers);
  const topics = [`${app}.a`, `${app}.b`, `${app}.c`] as const;
  const state = `${app}.state`;
  const all = [
    entityTopic(topics[0]),
    entityTopic(topics[1]),
    deadLetterTopic(topics[2]),
    stateTopic(state, 2),
    ...plans,
  ];
  await make?.(client, all);
  const warn = (): void => undefined;
  const partitions = await ensureTopics(client, all, { create: true, warn });
  return {
    app,
    stateTopic: state,
    topics,
    partitions,
    client,
    sink: (other = client) => {
      const sink = createKafkaSink(other, { app, stateTopic: state, partitions });
      t.after(() => sink.close());
      return sink;
    },
    reader: (options = {}) => createKafkaStateReader(client, { stateTopic: state, ...options }),
  };
}

/** What a `read_committed` consumer of a topic gets, to the end. */
export async function committedOf(client: KafkaClient, topic: string): Promise<OutRecord[]> {
  const filled = (await endsOf(client, topic)).filter(({ high }) => high > 0);
  const ends = new Map(filled.map(({ partition, high }) => [partition, high]));
  const records: OutRecord[] = [];
  if (ends.size === 0) return records;
  const consumer = client.consumer({ groupId: `look-${randomUUID()}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(() => done.reject(new Error(`the end of ${topic} was not reached`)), 30_000);
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    if (Number(lastOffset) + 1 >= (ends.get(partition) ?? 0)) ends.delete(partition);
    if (ends.size === 0) done.resolve();
  });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { key, value, headers, timestamp } }) => {
      const texts = Object.entries(headers ?? {}).map(([name, text]) => [name, String(text)]);
      records.push({ topic, key, value, headers: Object.fromEntries(texts), timestampMs: Number(timestamp) });
    },
  });
  try {
    await done.promise;
  } finally {
    clearTimeout(timer);
    await consumer.disconnect();
  }
  return records;
}
