import { kafkaError } from './kafka-failure.ts';
import type { KafkaClient } from './kafkajs-patches.ts';

/**
 * How many workers a group has now; 0 for a group that nobody has heard of.
 *
 * @throws {WorkerError} transient `membership.unavailable`; config `membership.refused`
 */
export async function groupMembers(kafka: KafkaClient, groupId: string): Promise<number> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { groups } = await admin.describeGroups([groupId]);
    return groups[0]?.members.length ?? 0;
  } catch (error) {
    throw kafkaError('membership', 'the group of workers could not be looked at', error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
