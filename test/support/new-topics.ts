import type { Admin } from '../../src/kafka/kafkajs-patches.ts';
import { eventually } from './eventually.ts';

type NewTopic = Parameters<Admin['createTopics']>[0]['topics'][number];

/** Makes topics and waits until they are led; kafkajs's own wait fails where a broker says that it has none yet. */
export async function newTopics(admin: Admin, ...topics: NewTopic[]): Promise<void> {
  await admin.createTopics({ topics, waitForLeaders: false });
  for (const { topic } of topics) {
    const isLed = () =>
      admin.fetchTopicOffsets(topic).then(
        () => true,
        () => false,
      );
    await eventually(`${topic} is led`, isLed);
  }
}
