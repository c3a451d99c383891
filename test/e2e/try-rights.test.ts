import { equal, match, ok } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Stack, startStack } from '../stack/stack.ts';
import { kafkaOf } from '../support/published.ts';
import {
  ALL,
  ALLOW,
  AUTHORIZED_BROKER,
  addRule,
  DENY,
  DESCRIBE,
  DESCRIBE_CONFIGS,
  TOPIC,
  TRANSACTIONAL_ID,
} from '../support/rights.ts';
import { openTryPlace, type TryPlace, template } from './try-place.ts';

type Rule = Parameters<typeof addRule> extends [unknown, ...infer Rest] ? Rest : never;

describe('check where rights are missing', { timeout: 240_000 }, () => {
  let stack: Stack;
  let place: TryPlace;
  before(async () => {
    [stack, place] = await Promise.all([startStack({ own: true, kafka: AUTHORIZED_BROKER }), openTryPlace()]);
  });
  after(async () => {
    await stack?.stop();
    await place?.close();
  });

  const rule = (...[permission, type, name, operation]: Rule) =>
    addRule(kafkaOf(stack.brokers), permission, type, name, operation);

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
