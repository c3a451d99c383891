import { deepEqual, equal, match } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ConfigResourceTypes } from '../../src/kafka/kafkajs-patches.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { newTopics } from '../support/new-topics.ts';
import { kafkaOf } from '../support/published.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

describe('topics', { concurrency: 2 }, () => {
  let place: TryPlace;
  let brokers: readonly string[];
  before(async () => {
    [{ brokers }, place] = await Promise.all([sharedStack(), openTryPlace()]);
  });
  after(() => place.close());

  const configure = (name: string, shards = 4) =>
    place.configure(
      name,
      [template('users')],
      [
        `kafka: { brokers: ["${brokers.join('", "')}"], shards: ${shards} }`,
        `topics: { prefix: ${name}, replication_factor: 1, delete_retention: 2d }`,
      ],
    );
  const topics = async (...args: string[]) => {
    const { code, out, err } = await place.run(['topics', ...args]);
    return { code, err, lines: out.trim().split('\n') };
  };

  test('plan shows what is missing and makes nothing, apply makes it, and then there is nothing to do', async () => {
    const name = `made-${process.pid}`;
    const file = configure(name);
    const planned = await topics('plan', '-c', file);
    equal(planned.code, 3, planned.err);
    match(
      planned.lines.join('\n'),
      new RegExp(`^missing +${name}.users: 3 partitions\n {2}cleanup.policy=compact$`, 'm'),
    );
    equal((await topics('plan', '-c', file)).code, 3, 'planning made nothing');
    equal((await topics('apply', '-c', file)).code, 0);
    const then = await topics('plan', '-c', file, '--json');
    equal(then.code, 0);
    deepEqual(
      then.lines.map((line) => (JSON.parse(line) as { step: string }).step),
      ['nothing', 'nothing', 'nothing'],
    );
  });

  test('a topic that is there is set only when asked, what others have set on it stays, and no partition is added', async (t) => {
    const name = `there-${process.pid}`;
    const admin = kafkaOf(brokers).admin();
    t.after(() => admin.disconnect());
    await admin.connect();
    const others = [
      { name: 'delete.retention.ms', value: '77' },
      { name: 'max.message.bytes', value: '2000000' },
    ];
    await newTopics(admin, { topic: `${name}.users`, numPartitions: 2, configEntries: others });
    const file = configure(name);
    const applied = await topics('apply', '-c', file);
    equal(applied.code, 3, 'something is left for a person to decide');
    match(applied.lines.join('\n'), /^differs .*users: 2 partitions, 3 are configured; it stays so/m);
    match(applied.lines.join('\n'), /delete\.retention\.ms=77, planned is 172800000/);
    const altered = await topics('apply', '--alter', '-c', file);
    equal(altered.code, 0, altered.err);
    equal((await topics('plan', '-c', file)).code, 0);
    const configNames = ['delete.retention.ms', 'max.message.bytes', 'cleanup.policy'];
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: `${name}.users`, configNames }];
    const described = await admin.describeConfigs({ resources, includeSynonyms: false });
    const values = described.resources[0]?.configEntries.map(({ configName, configValue }) => [
      configName,
      configValue,
    ]);
    deepEqual(Object.fromEntries(values ?? []), {
      'delete.retention.ms': '172800000',
      'max.message.bytes': '2000000',
      'cleanup.policy': 'compact',
    });
  });

  test('a state topic with other shards is a decision, and its number is named', async () => {
    const name = `shards-${process.pid}`;
    equal((await topics('apply', '-c', configure(name))).code, 0);
    const { code, lines } = await topics('apply', '--alter', '-c', configure(name, 6));
    equal(code, 3);
    match(lines.join('\n'), /^differs .*state: 4 partitions, 6 are configured; set kafka\.shards to that number/m);
  });

  test('it must be told what to do', async () => {
    equal((await topics('drop', '-c', configure('nothing'))).code, 2);
  });
});
