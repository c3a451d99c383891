import { equal, match, ok } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sharedStack } from '../stack/shared-stack.ts';
import { EXPENSES, openTryPlace, type TryPlace, template } from './try-place.ts';

describe('schema check and register', { concurrency: 2 }, () => {
  let place: TryPlace;
  let registryUrl: string;
  let brokers: readonly string[];
  before(async () => {
    [{ registryUrl, brokers }, place] = await Promise.all([sharedStack(), openTryPlace()]);
  });
  after(() => place.close());

  const ready = EXPENSES.map((line) =>
    line.replace('data_path: $ #', 'data_path: $.expenses.expenses[*] #').replace('key: hash', 'key: $.id'),
  );
  const configure = (name: string) =>
    place.configure(
      name,
      [template('users'), template('tags'), ...ready],
      [
        `kafka: { brokers: ["${brokers.join('", "')}"] }`,
        `registry: { url: "${registryUrl}", auto_register: false }`,
        `topics: { prefix: ${name}, replication_factor: 1 }`,
      ],
    );

  test('what register has put there is what the worker, which may not write, asks for', async () => {
    const name = `schemas-${process.pid}`;
    const file = configure(name);
    const before = await place.run(['schema', 'check', '-c', file]);
    equal(before.code, 3);
    match(before.out, new RegExp(`^fail +subject ${name}.users-value: does not have this schema`, 'm'));
    match(before.err, /left out.*: expenses/);
    const registered = await place.run(['schema', 'register', '-c', file]);
    equal(registered.code, 0, registered.err);
    equal(registered.out.match(/^ok /gm)?.length, 4);
    equal((await place.run(['schema', 'check', '-c', file])).code, 0);
    equal((await place.run(['schema', 'register', 'expenses', '-c', file])).code, 0);
    const { code, err } = await place.run(['run', '--once', '-c', file]);
    equal(code, 0, err);
  });

  test('a registry that is away, and a source that nobody knows, end it with what to do', async () => {
    const file = place.configure('away', [template('tags')], ['registry: { url: "http://127.0.0.1:1" }']);
    const away = await place.run(['schema', 'check', '-c', file]);
    equal(away.code, 3);
    ok(away.out.startsWith('fail  registry:'), away.out);
    const registering = await place.run(['schema', 'register', '-c', file]);
    equal(registering.code, 3);
    equal((await place.run(['schema', 'register', 'nobody', '-c', file])).code, 2);
  });
});
