import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type TailedRecord, tailTopic } from '../../src/kafka/topic-tail.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import type { Stack } from '../stack/stack.ts';
import { newTopics } from '../support/new-topics.ts';
import { kafkaOf, readPublished } from '../support/published.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

const BY_NAME = [
  '  - name: by-name',
  '    credential: acme',
  '    endpoint: { url: "/workspaces/{workspace_id}/projects", data_path: "$[*]", paging: { type: page, parameter: page, size_parameter: page-size, size: 50, last_page_header: last-page } }',
  '    key: $.name',
  '    every: 10m',
];

describe('what is too large for a topic', () => {
  let stack: Stack;
  let place: TryPlace;
  before(async () => {
    [stack, place] = await Promise.all([sharedStack(), openTryPlace({ projectsPerWorkspace: 60 })]);
  });
  after(() => Promise.all([place.close(), stack.stop()]));

  async function makeTopic(topic: string, maxBytes: number): Promise<void> {
    const admin = kafkaOf(stack.brokers).admin();
    await admin.connect();
    const configEntries = [{ name: 'max.message.bytes', value: String(maxBytes) }];
    await newTopics(admin, { topic, numPartitions: 1, configEntries });
    await admin.disconnect();
  }

  async function lettersOf(topic: string): Promise<TailedRecord[]> {
    const letters: TailedRecord[] = [];
    const options = { topic, fromBeginning: true, untilEnd: true };
    await tailTopic(
      kafkaOf(stack.brokers),
      options,
      (record) => void letters.push(record),
      AbortSignal.timeout(30_000),
    );
    return letters;
  }

  test('P1: goes to the dead letters with its size, once; the rest of the page is published, in requests that the topic takes', async () => {
    const name = `s${randomUUID().slice(0, 8)}`;
    await makeTopic(`${name}.projects`, 8_000);
    await makeTopic(`${name}.by_name`, 8_000);
    await makeTopic(`dlq.${name}`, 40_000);
    const { world } = place.simulator;
    const large = world.createProject({ workspaceId: place.workspace, name: 'L'.repeat(12_000) });
    const huge = world.createProject({ workspaceId: place.workspace, name: 'H'.repeat(70_000) });
    const file = place.configure(
      name,
      [template('projects'), ...BY_NAME],
      [
        `kafka: { brokers: ["${stack.brokers.join('", "')}"], shards: 2 }`,
        `topics: { prefix: ${name}, replication_factor: 1 }`,
        `registry: { url: "${stack.registryUrl}" }`,
      ],
    );
    for (let run = 0; run < 2; run++) {
      const { code, err } = await place.run(['run', '--once', '-c', file, '--shards', '0-1']);
      equal(code, 0, err);
    }

    const all = world.store.rows('projects', place.workspace).map(({ id }) => id);
    const published = await readPublished(stack, [`${name}.projects`]);
    const fitting = all.filter((id) => id !== large.id && id !== huge.id);
    deepEqual(published.map(({ key }) => key.id).sort(), fitting.sort());
    ok(fitting.length * 300 > 8_000, 'the page is larger than one batch of the topic');

    const letters = (await lettersOf(`dlq.${name}`)).filter(({ headers }) => headers['clockify.source'] === 'projects');
    deepEqual(
      letters.map(({ headers }) => headers['__connect.errors.exception.class.name']),
      ['encode.too_large', 'encode.too_large'],
    );
    const ofKeys = (await lettersOf(`dlq.${name}`)).filter(({ headers }) => headers['clockify.source'] === 'by-name');
    deepEqual(
      ofKeys.map(({ key, headers }) => [key?.length, headers['__connect.errors.exception.class.name']]),
      [
        [32, 'encode.too_large'],
        [32, 'encode.too_large'],
      ],
      'a key too large is named by its digest',
    );
    equal((await readPublished(stack, [`${name}.by_name`])).length, fitting.length);
    const about = (id: string) => letters.find(({ key }) => key?.toString().includes(id));
    const [ofLarge, ofHuge] = [about(large.id), about(huge.id)];
    ok(Number(ofLarge?.headers['clockify.record_bytes']) > 12_000);
    equal((JSON.parse(String(ofLarge?.value)) as { name: string }).name, large.name);
    ok(Number(ofHuge?.headers['clockify.raw_bytes']) > 70_000);
    ok(String(ofHuge?.value).length < 2_000, 'what is too large even for the dead letters is cut');
  });
});
