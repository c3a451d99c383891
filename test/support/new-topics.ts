import type { Admin } from '../../src/kafka/kafkajs-patches.ts';
import { eventually } from './eventually.ts';

type NewTopic = Parameters<Admin['createTopics']>[0]['topics'][number];

/** Makes topics and waits until they are heard of; kafkajs's own wait fails where a broker says that it has none yet. */
export async function newTopics(admin: Admin, ...topics: NewTopic[]): Promise<void> {
  await admin.createTopics({ topics, waitForLeaders: false });
  const names = topics.map(({ topic }) => topic);
  const areThere = () =>
    admin.fetchTopicMetadata({ topics: names }).then(
      () => true,
      () => false,
    );
  await eventually(`the brokers have heard of ${names}`, areThere);
}
