import { equal, match, ok } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AclEntry, AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { type Stack, startStack } from '../stack/stack.ts';
import { kafkaOf } from '../support/published.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

const TOPIC = 2 as AclResourceTypes;
const TRANSACTIONAL_ID = 5 as AclResourceTypes;
const ALL = 2 as AclOperationTypes;
const DESCRIBE = 8 as AclOperationTypes;
const DESCRIBE_CONFIGS = 10 as AclOperationTypes;
const DENY = 2 as AclPermissionTypes;
const ALLOW = 3 as AclPermissionTypes;

describe('check where rights are missing', { timeout: 240_000 }, () => {
  let stack: Stack;
  let place: TryPlace;
  before(async () => {
    const kafka = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    };
    [stack, place] = await Promise.all([startStack({ own: true, kafka }), openTryPlace()]);
  });
  after(async () => {
    await stack?.stop();
    await place?.close();
  });

  const rule = async (
    permissionType: AclPermissionTypes,
    resourceType: AclResourceTypes,
    resourceName: string,
    operation: AclOperationTypes,
  ) => {
    const admin = kafkaOf(stack.brokers).admin();
    await admin.connect();
    const entry: AclEntry = {
      resourceType,
      resourceName,
      resourcePatternType: 3 as ResourcePatternTypes,
      principal: 'User:ANONYMOUS',
      host: '*',
      operation,
      permissionType,
    };
    await admin.createAcls({ acl: [entry] });
    await admin.disconnect();
  };

  test('each right that is missing is one line that says how to give it', async () => {
    const settings = [
      `kafka: { brokers: ["${stack.brokers.join('", "')}"] }`,
      `registry: { url: "${stack.registryUrl}" }`,
      'topics: { prefix: rights, replication_factor: 1 }',
    ];
    const file = place.configure('rights', [template('users'), template('projects'), template('tags')], settings);
    equal((await place.run(['run', '--once', '-c', file])).code, 0);
    equal((await place.run(['check', '-c', file])).code, 0);
    await rule(ALLOW, TOPIC, 'rights.users', DESCRIBE);
    await rule(ALLOW, TOPIC, 'rights.users', DESCRIBE_CONFIGS);
    await rule(DENY, TOPIC, 'rights.tags', ALL);
    await rule(DENY, TRANSACTIONAL_ID, 'rights-check', ALL);
    const { code, out, err } = await place.run(['check', '-c', file]);
    equal(code, 3, err);
    match(
      out,
      /^fail +topic rights\.users: may not be written to.* -> Give this user the right to Write on rights\.users/m,
    );
    match(out, /^fail +topic rights\.tags: .* -> Give this user the rights? to /m);
    match(out, /^ok +topic rights\.projects: .*may be written to$/m);
    match(out, /^fail +transactions: .* -> Give this user the rights to Describe and Write on transactional ids/m);
    ok(
      out.split('\n').every((line) => /^(?:ok|warn|fail) |^$/.test(line)),
      out,
    );
  });

  test('topics that may not be made automatically are named with the command that makes them', async () => {
    const settings = [
      `kafka: { brokers: ["${stack.brokers.join('", "')}"] }`,
      `registry: { url: "${stack.registryUrl}", auto_register: false }`,
      'topics: { prefix: absent, create: false }',
    ];
    const file = place.configure('absent', [template('projects')], settings);
    const { code, out } = await place.run(['check', '-c', file]);
    equal(code, 3);
    match(out, /^fail +topic absent\.projects: .* -> kafka-topics\.sh --create --topic absent\.projects/m);
    match(out, /^fail +subject absent\.projects-value: .*auto_register is false -> /m);
  });
});
