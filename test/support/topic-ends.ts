import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { accessPartition } from '../../src/kafka/partition-access.ts';

interface Ends {
  readonly partition: number;
  /** Readers of what is committed get no further. */
  readonly lastStable: number;
  readonly high: number;
}

/** What kafkajs calls high in `fetchTopicOffsets` is the last stable offset. */
export async function endsOf(client: KafkaClient, topic: string): Promise<Ends[]> {
  const admin = client.admin();
  await admin.connect();
  const offsets = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  const endOf = async ({ partition, high: lastStable }: (typeof offsets)[number]): Promise<Ends> => {
    const access = accessPartition(client, topic, partition);
    await access.connect();
    const { high } = await access.bounds();
    await access.disconnect();
    return { partition, lastStable: Number(lastStable), high };
  };
  return Promise.all(offsets.map(endOf));
}

/** Whether no transaction is open in these topics: what was ended has its markers everywhere. */
export async function areClosed(client: KafkaClient, topics: readonly string[]): Promise<boolean> {
  const ends = await Promise.all(topics.map((topic) => endsOf(client, topic)));
  return ends.flat().every(({ lastStable, high }) => lastStable === high);
}
