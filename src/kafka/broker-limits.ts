import { kafkaError, protocolType } from './kafka-failure.ts';
import { type Admin, ConfigResourceTypes, type KafkaClient } from './kafkajs-patches.ts';

/** What a broker takes unless it was told otherwise: 1 MiB and the head of a batch (its `message.max.bytes`). */
export const DEFAULT_MESSAGE_BYTES = 1_048_588;
/** As much (`socket.request.max.bytes`); a larger request ends the connection without a word. */
const DEFAULT_REQUEST_BYTES = 100 * 1024 * 1024;
/** Of a produce request with records of one partition: all but those, the longest names included. */
const REQUEST_HEAD_BYTES = 1_024;

/** How large things may be, in bytes. */
export interface BrokerLimits {
  /** Of a batch of records, by topic. */
  readonly messageBytes: ReadonlyMap<string, number>;
  /** Of all batches of one request. */
  readonly requestBytes: number;
}

/**
 * What the brokers take for these topics; their defaults where this user may not ask.
 *
 * @throws {WorkerError} transient `kafka.unavailable`; config `kafka.refused`
 */
export async function brokerLimits(kafka: KafkaClient, topics: Iterable<string>): Promise<BrokerLimits> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const requestBytes = await requestLimit(admin);
    const messageBytes = new Map<string, number>();
    for (const topic of topics) messageBytes.set(topic, Math.min(await messageLimit(admin, topic), requestBytes));
    return { messageBytes, requestBytes };
  } catch (error) {
    throw kafkaError('kafka', 'the limits of the brokers could not be read', error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

/** How much all batches of one request may have, at the broker that takes least. */
export async function requestLimit(admin: Admin): Promise<number> {
  const { brokers } = await admin.describeCluster();
  const limits = await Promise.all(brokers.map(({ nodeId }) => requestLimitOf(admin, String(nodeId))));
  return Math.max(0, Math.min(...limits) - REQUEST_HEAD_BYTES);
}

/** Each is asked itself: one that cannot be reached, or may not be asked, keeps nobody from writing to the others. */
function requestLimitOf(admin: Admin, name: string): Promise<number> {
  const asked = settingOf(admin, 'BROKER', name, 'socket.request.max.bytes');
  return asked.catch(() => undefined).then((limit) => limit ?? DEFAULT_REQUEST_BYTES);
}

async function messageLimit(admin: Admin, topic: string): Promise<number> {
  try {
    return (await settingOf(admin, 'TOPIC', topic, 'max.message.bytes')) ?? DEFAULT_MESSAGE_BYTES;
  } catch (error) {
    if (protocolType(error) === 'TOPIC_AUTHORIZATION_FAILED') return DEFAULT_MESSAGE_BYTES;
    throw error;
  }
}

type Kind = 'BROKER' | 'TOPIC';

async function settingOf(admin: Admin, kind: Kind, name: string, setting: string): Promise<number | undefined> {
  const resources = [{ type: ConfigResourceTypes[kind], name, configNames: [setting] }];
  const answer = await admin.describeConfigs({ resources, includeSynonyms: false });
  const value = Number(answer.resources[0]?.configEntries[0]?.configValue);
  return Number.isSafeInteger(value) ? value : undefined;
}
