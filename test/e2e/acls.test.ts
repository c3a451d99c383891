import { equal, match, ok } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { AclEntry, AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { type Stack, startStack } from '../stack/stack.ts';
import { type Authority, type Certificates, openCertificates } from '../support/certificates.ts';
import { kafkaOf } from '../support/published.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

const PASSWORD = 'Password-Of-The-Worker-77';

/** Kafka's own numbers. */
const RESOURCES: Readonly<Record<string, number>> = { topic: 2, group: 3, 'transactional-id': 5 };
const PATTERNS: Readonly<Record<string, number>> = { literal: 3, prefixed: 4 };
const OPERATIONS: Readonly<Record<string, number>> = { Read: 3, Write: 4, Create: 5, Describe: 8, DescribeConfigs: 10 };

interface PrintedAcl {
  readonly principal: string;
  readonly resource: string;
  readonly name: string;
  readonly pattern: string;
  readonly operations: readonly string[];
}

describe('a broker that gives no right by itself', { timeout: 240_000 }, () => {
  let certificates: Certificates;
  let ours: Authority;
  let stack: Stack;
  let place: TryPlace;
  before(async () => {
    certificates = openCertificates();
    ours = certificates.authority('ours');
    const { bothFile } = ours.sign('broker', 'DNS:localhost');
    const secure = { keyStoreFile: bothFile, trustStoreFile: ours.caFile, users: { worker: PASSWORD } };
    const kafka = {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': 'User:ANONYMOUS',
    };
    [stack, place] = await Promise.all([startStack({ secure, kafka }), openTryPlace()]);
  });
  after(async () => {
    await stack?.stop();
    await place?.close();
    certificates?.close();
  });

  const grant = async (acls: readonly PrintedAcl[]) => {
    const admin = kafkaOf(stack.brokers).admin();
    await admin.connect();
    const acl = acls.flatMap(({ principal, resource, name, pattern, operations }) =>
      operations.map(
        (operation): AclEntry => ({
          principal,
          host: '*',
          permissionType: 3 as AclPermissionTypes,
          resourceType: RESOURCES[resource] as AclResourceTypes,
          resourceName: name,
          resourcePatternType: PATTERNS[pattern] as ResourcePatternTypes,
          operation: OPERATIONS[operation] as AclOperationTypes,
        }),
      ),
    );
    await admin.createAcls({ acl });
    await admin.disconnect();
  };

  test('the rights that check --acls prints are enough, and none of its lines is idle', async () => {
    const file = place.configure(
      'acls',
      [template('users'), template('projects')],
      [
        'kafka:',
        `  brokers: ["${stack.secureBroker}"]`,
        '  tls: true',
        `  tls_ca: ${ours.caFile}`,
        '  sasl_mechanism: scram-sha-256',
        '  sasl_username: worker',
        `  sasl_password: ${PASSWORD}`,
        `registry: { url: "${stack.registryUrl}" }`,
        'topics: { prefix: acls, replication_factor: 1 }',
      ],
    );
    const text = (await place.run(['check', '--acls', '-c', file])).out;
    match(text, /^kafka-acls\.sh --add --allow-principal 'User:worker' .*--topic 'acls\.users'$/m);
    ok(!text.includes(PASSWORD));
    const { out } = await place.run(['check', '--acls', '--json', '-c', file]);
    const acls = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as PrintedAcl);
    equal(acls.length, 6, 'two topics, dead letters, state, the group, transactional ids');
    const without = await place.run(['check', '-c', file]);
    equal(without.code, 3, without.out);
    await grant(acls.filter(({ resource }) => resource !== 'transactional-id'));
    equal((await place.run(['run', '--once', '-c', file])).code, 2, 'the transactional id is refused');
    await grant(acls.filter(({ resource }) => resource === 'transactional-id'));
    const { code, err } = await place.run(['run', '--once', '-c', file]);
    equal(code, 0, err);
    const checked = await place.run(['check', '-c', file]);
    equal(checked.code, 0, checked.out);
  });
});
