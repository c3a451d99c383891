import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import { ConfigResourceTypes } from '../../src/kafka/kafkajs-patches.ts';
import { deadLetterTopic, ensureTopics, entityTopic, stateTopic } from '../../src/kafka/topics.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { METADATA, withSettingsError, withTopicError } from '../support/kafka-wire.ts';
import { startInterceptor } from './kafka-interceptor.ts';
import { clientFor } from './kafka-place.ts';
import { CREATE_TOPICS, clientThrough, DESCRIBE_CONFIGS } from './kafka-proxy.ts';

const UNKNOWN_TOPIC_OR_PARTITION = 3;

const client = clientFor((await sharedStack()).brokers);
const make = { create: true, warn: (message: string) => ok(false, message) };
const failsAs = (code: string, part: string) => (error: unknown) =>
  error instanceof WorkerError &&
  error.kind === 'config' &&
  error.code === code &&
  error.message.includes(part) &&
  error.hint !== undefined;

async function configOf(topic: string, names: string[]): Promise<Record<string, string>> {
  const admin = client.admin();
  await admin.connect();
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: names };
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  await admin.disconnect();
  return Object.fromEntries(
    (resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]),
  );
}

test('missing topics are made as they should be, and found again', async () => {
  const name = randomUUID();
  const plans = [
    entityTopic(`${name}.e`),
    deadLetterTopic(`${name}.d`),
    stateTopic(`${name}.s`, 7, { replicationFactor: 1, config: { 'segment.ms': '5000' } }),
  ];
  for (let round = 0; round < 2; round++) {
    const counts = await ensureTopics(client, plans, make);
    deepStrictEqual(Object.fromEntries(counts), { [`${name}.e`]: 3, [`${name}.d`]: 1, [`${name}.s`]: 7 });
  }
  deepStrictEqual(await configOf(`${name}.e`, ['cleanup.policy', 'min.compaction.lag.ms', 'delete.retention.ms']), {
    'cleanup.policy': 'compact',
    'min.compaction.lag.ms': '3600000',
    'delete.retention.ms': '604800000',
  });
  deepStrictEqual(await configOf(`${name}.d`, ['cleanup.policy', 'retention.ms']), {
    'cleanup.policy': 'delete',
    'retention.ms': '2592000000',
  });
  deepStrictEqual(
    await configOf(`${name}.s`, ['cleanup.policy', 'segment.ms', 'segment.bytes', 'min.cleanable.dirty.ratio']),
    {
      'cleanup.policy': 'compact',
      'segment.ms': '5000',
      'segment.bytes': '67108864',
      'min.cleanable.dirty.ratio': '0.2',
    },
  );
});

test('workers that start together make a topic once', async () => {
  const plan = entityTopic(randomUUID(), { partitions: 4 });
  const all = await Promise.all(Array.from({ length: 4 }, () => ensureTopics(client, [plan], make)));
  for (const counts of all) strictEqual(counts.get(plan.name), 4);
});

test('brokers that have not heard yet of a topic that was made are asked until they have', async (t) => {
  const broker = (await sharedStack()).brokers[0] ?? '';
  const left = { [METADATA]: 0, [DESCRIBE_CONFIGS]: 0 };
  const isUnheardOf = (apiKey: number) => (apiKey === METADATA || apiKey === DESCRIBE_CONFIGS) && left[apiKey]-- > 0;
  const between = await startInterceptor(broker, {
    request(apiKey) {
      if (apiKey === CREATE_TOPICS) Object.assign(left, { [METADATA]: 3, [DESCRIBE_CONFIGS]: 2 });
      return undefined;
    },
    answer(apiKey, answer) {
      if (!isUnheardOf(apiKey)) return answer;
      const change = apiKey === METADATA ? withTopicError : withSettingsError;
      return change(answer, UNKNOWN_TOPIC_OR_PARTITION);
    },
  });
  t.after(() => between.close());
  const plan = stateTopic(randomUUID(), 4);
  const counts = await ensureTopics(clientThrough(between, broker, 5_000), [plan], make);
  strictEqual(counts.get(plan.name), 4);
  ok(left[METADATA] < 0 && left[DESCRIBE_CONFIGS] < 0, JSON.stringify(left));
});

test('a missing topic that may not be made is named, with the command that makes it', async () => {
  const plan = stateTopic(randomUUID(), 24);
  await rejects(ensureTopics(client, [plan], { ...make, create: false }), (error) => {
    ok(failsAs('kafka.topic_missing', plan.name)(error));
    ok(
      (error as WorkerError).hint?.includes(
        `--create --topic ${plan.name} --partitions 24 --config cleanup.policy=compact`,
      ),
    );
    return true;
  });
});

test('a state topic of another size, or that forgets by age, is refused', async () => {
  const name = randomUUID();
  await ensureTopics(client, [stateTopic(name, 4)], make);
  await rejects(ensureTopics(client, [stateTopic(name, 8)], make), failsAs('kafka.topic_unfit', '4 partitions'));
  const aging = randomUUID();
  await ensureTopics(client, [deadLetterTopic(aging, { partitions: 2 })], make);
  await rejects(
    ensureTopics(client, [stateTopic(aging, 2)], make),
    failsAs('kafka.topic_unfit', 'cleanup.policy=delete'),
  );
  const both = randomUUID();
  await ensureTopics(client, [entityTopic(both, { config: { 'cleanup.policy': 'compact,delete' } })], make);
  await rejects(ensureTopics(client, [stateTopic(both, 3)], make), failsAs('kafka.topic_unfit', 'delete'));
});

test('an entity topic that somebody else made will do: its own number of partitions counts, another policy is told', async () => {
  const name = randomUUID();
  await ensureTopics(client, [deadLetterTopic(name, { partitions: 5 })], make);
  const warnings: string[] = [];
  const counts = await ensureTopics(client, [entityTopic(name)], {
    create: false,
    warn: (text) => void warnings.push(text),
  });
  strictEqual(counts.get(name), 5);
  deepStrictEqual(warnings, [`${name} has cleanup.policy=delete, it should be compact`]);
});

test('a replication factor that the brokers cannot give is a config error', async () => {
  const plan = entityTopic(randomUUID(), { replicationFactor: 3 });
  await rejects(ensureTopics(client, [plan], make), failsAs('kafka.topic_unfit', plan.name));
});

test('no broker is transient', { timeout: 30_000 }, async () => {
  const nobody = clientFor(['127.0.0.1:1']);
  await rejects(
    ensureTopics(nobody, [entityTopic('x')], make),
    (error) => error instanceof WorkerError && error.kind === 'transient' && error.code === 'kafka.unavailable',
  );
});
