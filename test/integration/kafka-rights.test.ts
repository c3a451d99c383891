import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import type { AclEntry, AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { WorkerError } from '../../src/core/errors.ts';
import { createGroupMembership } from '../../src/kafka/membership.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { ensureTopics, entityTopic } from '../../src/kafka/topics.ts';
import { recordOf } from '../conformance/transactional-sink.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { clientFor, newPlace, type Place } from './kafka-place.ts';

const signal = new AbortController().signal;
const TOPIC = 2 as AclResourceTypes;
const GROUP = 3 as AclResourceTypes;
const TRANSACTIONAL_ID = 5 as AclResourceTypes;
const ALL = 2 as AclOperationTypes;
const READ = 3 as AclOperationTypes;
const WRITE = 4 as AclOperationTypes;

let stack: Stack;
before(async () => {
  const kafka = {
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'allow.everyone.if.no.acl.found': 'true',
  };
  stack = await startStack({ own: true, registry: false, kafka });
});
after(async () => {
  await stack?.stop();
});

async function deny(
  { client }: Place,
  resourceType: AclResourceTypes,
  resourceName: string,
  operation: AclOperationTypes,
): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  const entry: AclEntry = {
    resourceType,
    resourceName,
    resourcePatternType: 3 as ResourcePatternTypes,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation,
    permissionType: 2 as AclPermissionTypes,
  };
  await admin.createAcls({ acl: [entry] });
  await admin.disconnect();
}

const refusedAs = (code: string) => (error: unknown) =>
  error instanceof WorkerError && error.kind === 'config' && error.code === code;

test('a topic that may not be written to is refused, the rest of the shard goes on', { timeout: 40_000 }, async () => {
  const place = await newPlace(stack.brokers);
  const sink = place.sink();
  const [a, b] = place.topics;
  await deny(place, TOPIC, a, WRITE);
  let writer = await sink.fence(0, signal);
  await rejects(writer.commit({ records: [recordOf(a, 'k', 'v')], state: [] }), refusedAs('sink.refused'));
  await writer.commit({ records: [recordOf(b, 'k', 'v')], state: [] }).catch(async (error: unknown) => {
    ok(error instanceof WorkerError && error.kind === 'transient', String(error));
    writer = await sink.fence(0, signal);
    await writer.commit({ records: [recordOf(b, 'k', 'v')], state: [] });
  });
  await sink.close();
});

test('a transactional id, a group, a topic to read that may not be used are config errors', {
  timeout: 40_000,
}, async () => {
  const place = await newPlace(stack.brokers);
  await deny(place, TRANSACTIONAL_ID, `${place.app}-1`, ALL);
  await rejects(place.sink().fence(1, signal), refusedAs('sink.refused'));
  await deny(place, GROUP, place.app, ALL);
  const options = { groupId: place.app, stateTopic: place.stateTopic, shards: 2, worker: 'w' };
  const told: unknown[] = [];
  const membership = createGroupMembership(place.client, options);
  await rejects(
    membership.run((shards) => void told.push(shards), signal),
    refusedAs('membership.refused'),
  );
  deepStrictEqual(told, []);
  await deny(place, TOPIC, place.stateTopic, READ);
  const reader = createKafkaStateReader(clientFor(stack.brokers), { stateTopic: place.stateTopic });
  await rejects(
    reader.restore(0, () => undefined, signal),
    refusedAs('state.refused'),
  );
});

test('a topic that may not be made or seen is a config error', { timeout: 40_000 }, async () => {
  const place = await newPlace(stack.brokers);
  const hidden = randomUUID();
  await deny(place, TOPIC, hidden, ALL);
  const making = ensureTopics(place.client, [entityTopic(hidden)], { create: true, warn: () => undefined });
  await rejects(making, refusedAs('kafka.refused'));
  strictEqual(place.partitions.has(hidden), false);
});
