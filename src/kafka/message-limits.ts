import { kafkaError, protocolType } from './kafka-failure.ts';
import { type Admin, ConfigResourceTypes, type KafkaClient } from './kafkajs-patches.ts';

/** What a broker takes unless it was told otherwise: 1 MiB and the head of a batch (its `message.max.bytes`). */
export const DEFAULT_MESSAGE_BYTES = 1_048_588;

/**
 * How large a batch of records each topic takes, in bytes; the default where this user may not ask.
 *
 * @throws {WorkerError} transient `kafka.unavailable`; config `kafka.refused`
 */
export async function messageLimits(
  kafka: KafkaClient,
  topics: Iterable<string>,
): Promise<ReadonlyMap<string, number>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const limits = new Map<string, number>();
    for (const topic of topics) limits.set(topic, await limitOf(admin, topic));
    return limits;
  } catch (error) {
    throw kafkaError('kafka', 'the limits of the topics could not be read', error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function limitOf(admin: Admin, name: string): Promise<number> {
  const resource = { type: ConfigResourceTypes.TOPIC, name, configNames: ['max.message.bytes'] };
  try {
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    const limit = Number(resources[0]?.configEntries[0]?.configValue);
    return Number.isSafeInteger(limit) ? limit : DEFAULT_MESSAGE_BYTES;
  } catch (error) {
    if (protocolType(error) === 'TOPIC_AUTHORIZATION_FAILED') return DEFAULT_MESSAGE_BYTES;
    throw error;
  }
}
