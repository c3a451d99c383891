import { createDecoder } from '../../src/avro/decode.ts';
import { createRegistry } from '../../src/avro/registry.ts';
import { createKafkaClient } from '../../src/kafka/client.ts';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { type TailedRecord, tailTopic } from '../../src/kafka/topic-tail.ts';

/** One committed record of a topic, decoded; the value of a tombstone is null. */
export interface Published {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly key: Readonly<Record<string, string>>;
  readonly value: Readonly<Record<string, unknown>> | null;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

export function kafkaOf(brokers: readonly string[]): KafkaClient {
  return createKafkaClient(
    { brokers, clientId: 'clockify-kafka-reader', connectionTimeoutMs: 10_000, requestTimeoutMs: 30_000 },
    quiet,
  );
}

/** Turns tailed records into decoded ones, instants as epoch ms. */
export function publishedFrom(registryUrl: string): (record: TailedRecord) => Promise<Published> {
  const registry = createRegistry({ url: registryUrl, timeoutMs: 10_000, log: quiet });
  const decode = createDecoder(registry.fetchSchema, { instants: 'ms' });
  return async ({ topic, partition, offset, headers, key, value }) => ({
    topic,
    partition,
    offset,
    headers,
    key: (await decode(key as Buffer)) as Published['key'],
    value: value === null ? null : ((await decode(value)) as Published['value']),
  });
}

/** Everything a `read_committed` reader finds in the topics now, each partition in its order. */
export async function readPublished(
  stack: { readonly brokers: readonly string[]; readonly registryUrl: string },
  topics: readonly string[],
): Promise<Published[]> {
  const kafka = kafkaOf(stack.brokers);
  const decode = publishedFrom(stack.registryUrl);
  const found: Published[] = [];
  for (const topic of topics) {
    const options = { topic, fromBeginning: true, untilEnd: true };
    const deadline = AbortSignal.timeout(60_000);
    await tailTopic(kafka, options, async (record) => void found.push(await decode(record)), deadline);
    deadline.throwIfAborted();
  }
  return found;
}
