import type { SecureContextOptions } from 'node:tls';
import { WorkerError } from '../core/errors.ts';
import { requestLimit } from './broker-limits.ts';
import { kafkaError, messageOf, protocolType } from './kafka-failure.ts';
import { type Admin, ConfigResourceTypes, coordinatorFailure, type KafkaClient } from './kafkajs-patches.ts';
import { someBrokerListens } from './reach.ts';
import { partitionsOf, type TopicPlan } from './topics.ts';

/** What one look at the brokers has shown. */
export interface KafkaFinding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly says: string;
  /** How to mend it. */
  readonly mend?: string | undefined;
}

export interface KafkaProbe {
  readonly brokers: readonly string[];
  readonly tls?: (() => SecureContextOptions) | undefined;
  readonly app: string;
  readonly topics: readonly TopicPlan[];
  /** Whether the worker makes topics that are missing. */
  readonly create: boolean;
}

/**
 * Looks at brokers, topics and rights. Changes nothing: the transactional id is one of its own, so that no worker is
 * fenced, and the message that tries the right to write is one that no broker takes.
 */
export async function* probeKafka(kafka: KafkaClient, probe: KafkaProbe): AsyncGenerator<KafkaFinding> {
  const { brokers, app, topics } = probe;
  const admin = kafka.admin();
  try {
    await someBrokerListens(probe);
    await admin.connect();
    const cluster = await admin.describeCluster();
    const count = cluster.brokers.length;
    yield { name: 'kafka', status: 'ok', says: `${count} broker${count === 1 ? '' : 's'} at ${brokers.join(', ')}` };
  } catch (error) {
    yield {
      name: 'kafka',
      status: 'fail',
      says: reasonOf(error),
      mend: hintOf(error) ?? 'Check kafka.brokers, and that a broker listens there.',
    };
    await admin.disconnect().catch(() => undefined);
    return;
  }
  try {
    const most = Math.min(MOST_BYTES, await requestLimit(admin));
    for (const plan of topics) yield await topicFinding(kafka, admin, plan, probe.create, most);
    yield await transactionFinding(kafka, `${app}-check`);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function hintOf(error: unknown): string | undefined {
  return error instanceof WorkerError ? error.hint : undefined;
}

function reasonOf(error: unknown): string {
  if (error instanceof WorkerError && error.kind === 'config') return error.message;
  return kafkaError('kafka', 'Kafka cannot be reached', error).message;
}

async function topicFinding(
  kafka: KafkaClient,
  admin: Admin,
  plan: TopicPlan,
  create: boolean,
  most: number,
): Promise<KafkaFinding> {
  const name = `topic ${plan.name}`;
  try {
    const partitions = await partitionsOf(admin, plan.name);
    if (partitions === undefined) return missing(name, plan, create);
    const settings = await settingsOf(admin, plan.name);
    return (
      misfit(name, plan, partitions, settings.policy) ??
      (await writeFinding(kafka, plan.name, partitions, settings, most))
    );
  } catch (error) {
    const mend = `Give this user the rights to Describe, DescribeConfigs and Write on ${plan.name}.`;
    return { name, status: 'fail', says: messageOf(error), mend };
  }
}

function missing(name: string, { config, partitions, name: topic }: TopicPlan, create: boolean): KafkaFinding {
  if (create) return { name, status: 'ok', says: 'is not there yet; the worker makes it at its start' };
  const settings = Object.entries(config).map(([key, value]) => ` --config ${key}=${value}`);
  const mend = `kafka-topics.sh --create --topic ${topic} --partitions ${partitions}${settings.join('')}`;
  return { name, status: 'fail', says: 'is not there, and topics.create is false', mend };
}

interface TopicSettings {
  readonly policy: string | undefined;
  readonly maxBytes: number | undefined;
}

/** Undefined values where we may not ask. */
async function settingsOf(admin: Admin, name: string): Promise<TopicSettings> {
  const configNames = ['cleanup.policy', 'max.message.bytes'];
  const resource = { type: ConfigResourceTypes.TOPIC, name, configNames };
  try {
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    const settingOf = (wanted: string) =>
      resources[0]?.configEntries.find(({ configName }) => configName === wanted)?.configValue;
    return { policy: settingOf('cleanup.policy'), maxBytes: Number(settingOf('max.message.bytes')) || undefined };
  } catch (error) {
    if (protocolType(error) === 'TOPIC_AUTHORIZATION_FAILED') return { policy: undefined, maxBytes: undefined };
    throw error;
  }
}

function misfit(name: string, plan: TopicPlan, actual: number, policy: string | undefined): KafkaFinding | undefined {
  if (plan.exactPartitions && actual !== plan.partitions) {
    const says = `has ${actual} partitions, ${plan.partitions} are configured`;
    return { name, status: 'fail', says, mend: `Set kafka.shards to ${actual}; the number can never change.` };
  }
  const wanted = plan.config['cleanup.policy'] ?? 'compact';
  if (policy === undefined || policy.split(',').includes(wanted)) return undefined;
  const mend = `kafka-configs.sh --alter --entity-type topics --entity-name ${plan.name} --add-config cleanup.policy=${wanted}`;
  const status = plan.exactPartitions ? 'fail' : 'warn';
  return { name, status, says: `has cleanup.policy=${policy}, it should be ${wanted}`, mend };
}

/** A larger message is not worth the probe. */
const MOST_BYTES = 4 * 1024 * 1024;
const REFUSED_FROM_WRITERS = ['INVALID_RECORD', 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'];

/**
 * Sends what is refused from everybody, for two reasons at once: it is larger than the topic allows, and has no key
 * where the topic is compacted. Rights are looked at first, so the reason shows them, and nothing is written.
 */
async function writeFinding(
  kafka: KafkaClient,
  topic: string,
  partitions: number,
  { policy, maxBytes }: TopicSettings,
  most: number,
): Promise<KafkaFinding> {
  const name = `topic ${topic}`;
  const there = `${partitions} partition${partitions === 1 ? '' : 's'}`;
  if (policy !== 'compact' || maxBytes === undefined || maxBytes > most) {
    return { name, status: 'ok', says: `${there}; the right to write was not tried` };
  }
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { retries: 0 } });
  try {
    await producer.connect();
    await producer.send({
      topic,
      acks: -1,
      messages: [{ key: null, value: Buffer.alloc(maxBytes + 1), partition: 0 }],
    });
    return { name, status: 'warn', says: `${there}; it takes messages larger than its max.message.bytes` };
  } catch (error) {
    if (REFUSED_FROM_WRITERS.includes(protocolType(error) ?? '')) {
      return { name, status: 'ok', says: `${there}, may be written to` };
    }
    const mend = `Give this user the right to Write on ${topic}.`;
    return { name, status: 'fail', says: `may not be written to: ${messageOf(error)}`, mend };
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
}

/** Asks for a producer id, and gives it back: an empty transaction is ended without a request. */
async function transactionFinding(kafka: KafkaClient, transactionalId: string): Promise<KafkaFinding> {
  const name = 'transactions';
  const producer = kafka.producer({ transactionalId, maxInFlightRequests: 1, allowAutoTopicCreation: false });
  try {
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.abort();
    return { name, status: 'ok', says: `may use the transactional id ${transactionalId}` };
  } catch (error) {
    const says = messageOf(coordinatorFailure(transactionalId, error));
    const mend = `Give this user the rights to Describe and Write on transactional ids that begin with ${transactionalId.replace(/check$/, '')}.`;
    return { name, status: 'fail', says, mend };
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
}
