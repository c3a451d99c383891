/**
 * Two brokers, and topics that want both: without the second nothing can be written to them, while all else is there,
 * for the topics of groups and transactions are on the first alone.
 */
import { protocolType } from '../../src/kafka/kafka-failure.ts';
import type { Admin, KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import type { TopicPlan } from '../../src/kafka/topics.ts';
import { createKafkaSink } from '../../src/kafka/transactional-sink.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { eventually } from '../support/eventually.ts';
import { newTopics } from '../support/new-topics.ts';
import { clientFor } from './kafka-place.ts';

const BOTH = { 'default.replication.factor': '2', 'min.insync.replicas': '2' };
const INTERNAL = ['__consumer_offsets', '__transaction_state'];

export async function startTwoBrokers(): Promise<Stack> {
  const stack = await startStack({ own: true, registry: false, secondBroker: true, kafka: BOTH });
  await makeInternalTopics(clientFor(stack.brokers));
  await stack.secondBroker?.start();
  return stack;
}

/** Kafka makes them when a coordinator is asked for. */
async function makeInternalTopics(client: KafkaClient): Promise<void> {
  const sink = createKafkaSink(client, { app: 'nobody', stateTopic: 'none', partitions: new Map() });
  await sink.fence(0, new AbortController().signal);
  await sink.close();
  await withAdmin(client, async (admin) => {
    await admin.describeGroups(['nobody']);
    await eventually('the internal topics', async () => {
      const topics = await admin.listTopics();
      return INTERNAL.every((name) => topics.includes(name));
    });
  });
}

async function withAdmin(client: KafkaClient, work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Makes topics that the first broker leads: they need no election when the second is gone. */
export function ledByFirst(client: KafkaClient, plans: readonly TopicPlan[]): Promise<void> {
  return makeTopics(client, plans, () => [1, 2]);
}

/** @param replicasOf the brokers that hold a topic, of which the first leads it */
export function makeTopics(
  client: KafkaClient,
  plans: readonly TopicPlan[],
  replicasOf: (plan: TopicPlan) => number[],
): Promise<void> {
  const topics = plans.map((plan) => ({
    topic: plan.name,
    replicaAssignment: Array.from({ length: plan.partitions }, (_, partition) => ({
      partition,
      replicas: replicasOf(plan),
    })),
    configEntries: Object.entries(plan.config).map(([name, value]) => ({ name, value })),
  }));
  return withAdmin(client, (admin) => newTopics(admin, ...topics));
}

/** Starts the second broker where it is not there; returns when it holds everything that the first does. */
export async function bothInSync({ brokers, secondBroker }: Stack): Promise<void> {
  await secondBroker?.start();
  await withAdmin(clientFor(brokers), (admin) =>
    eventually('both in sync', async () => {
      const { topics } = await admin.fetchTopicMetadata();
      return topics
        .flatMap(({ partitions }) => partitions)
        .every(({ replicas, isr }) => isr.length === replicas.length);
    }),
  );
}

/** Writes to a topic that nobody reads until the first broker refuses to write alone; metadata says so a little earlier. */
export async function refusesAlone({ brokers }: Stack, topic: string): Promise<void> {
  const producer = clientFor(brokers).producer({ retry: { retries: 0 } });
  await producer.connect();
  const messages = [{ value: 'is anybody there?' }];
  await eventually('too few replicas in sync', () =>
    producer.send({ topic, acks: -1, timeout: 300, messages }).then(
      () => false,
      (error) => protocolType(error) === 'NOT_ENOUGH_REPLICAS',
    ),
  );
  await producer.disconnect();
}
