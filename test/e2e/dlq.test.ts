import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { sharedStack } from '../stack/shared-stack.ts';
import { serve } from '../support/feature-place.ts';
import { openTryPlace, type TryPlace } from './try-place.ts';

interface Listed {
  readonly id: string;
  readonly open: boolean;
  readonly code: string;
  readonly attempt: number;
}

describe('dlq', { concurrency: 2 }, () => {
  let place: TryPlace;
  let stack: Awaited<ReturnType<typeof sharedStack>>;
  before(async () => {
    [stack, place] = await Promise.all([sharedStack(), openTryPlace()]);
  });
  after(() => place.close());

  /** Things at an API of their own, of which `b` has an amount that the test sets. */
  async function scene(t: TestContext, name: string) {
    const world = { amount: 2 as unknown, others: [] as string[], isDown: false };
    const api = await serve(t, (_, response) => {
      if (world.isDown) response.statusCode = 503;
      const others = world.others.map((id) => ({ id, amount: 3 }));
      return [{ id: 'a', amount: 1 }, { id: 'b', amount: world.amount }, ...others];
    });
    const app = `${name}-${process.pid}`;
    const configure = (mask = '') =>
      place.configure(
        app,
        [
          `  - { name: things, credential: own, key: $.id, every: 1s, endpoint: { url: ${api.url}/things, data_path: "$[*]" }${mask} }`,
        ],
        [
          `kafka: { brokers: ["${stack.brokers.join('", "')}"], shards: 2 }`,
          `registry: { url: "${stack.registryUrl}" }`,
          `topics: { prefix: ${app}, replication_factor: 1 }`,
        ],
        `  own: { api_key: k, base_url: "${api.url}" }`,
      );
    const file = configure();
    const dlq = async (...args: string[]) => place.run(['dlq', ...args, '-c', file]);
    const listed = async (...args: string[]) => {
      const { code, out, err } = await dlq('list', '--json', ...args);
      equal(code, 0, err);
      return lines<Listed>(out);
    };
    const changes = async () => {
      const { out } = await place.run([
        'tail',
        `${app}.things`,
        '--json',
        '--from-beginning',
        '--until-end',
        '-c',
        file,
      ]);
      return lines<{ key: { id: string }; headers: { __op: string } }>(out).map(
        ({ key, headers }) => `${headers.__op} ${key.id}`,
      );
    };
    return { app, world, configure, file, dlq, listed, changes };
  }

  test('N27 P2: what could not be published is listed, shown, replayed exactly once, and exported', async (t) => {
    const { app, world, configure, file, dlq, listed, changes } = await scene(t, 'letters');
    equal((await place.run(['run', '--once', '-c', file])).code, 0);
    deepEqual(await listed(), []);
    world.amount = 'no number';
    equal((await place.run(['run', '--once', '-c', file])).code, 0);
    const [letter, ...more] = await listed();
    deepEqual([letter?.code, letter?.open, letter?.attempt, more.length], ['extract.wrong_type', true, 1, 0]);
    const shown = await dlq('show', letter?.id ?? '');
    match(shown.out, /clockify\.source: things/);
    match(shown.out, /"amount": "no number"/);
    deepEqual(await listed('--source', 'others'), []);
    deepEqual((await listed('--code', 'extract.wrong_type', '--since', '1h')).length, 1);
    const again = await dlq('replay');
    equal(again.code, 1);
    match(again.out, /things rejected/);
    const [second] = await listed();
    equal(second?.attempt, 2);
    configure(', mask: { fields: [$.amount], how: drop }');
    const replayed = await dlq('replay', second?.id ?? '');
    equal(replayed.code, 0, replayed.err);
    match(replayed.out, /things published/);
    deepEqual(await listed(), []);
    equal((await dlq('replay')).err.trim(), 'no dead letter is open');
    deepEqual(
      (await changes()).filter((change) => change.endsWith(' b')),
      ['r b', 'u b'],
    );
    const exported = join(place.folder, `${app}.jsonl`);
    equal((await dlq('export', exported, '--all')).code, 0);
    equal(lines(readFileSync(exported, 'utf8')).length, 2);
    equal((await dlq('export', exported, '--all')).code, 2, 'a file that is there is not written over');
  });

  test('N27 P2: a worker that runs meanwhile goes on, and nothing is published twice', async (t) => {
    const { world, configure, file, dlq, listed, changes } = await scene(t, 'beside');
    equal((await place.run(['run', '--once', '-c', file])).code, 0);
    world.amount = 'no number';
    equal((await place.run(['run', '--once', '-c', file])).code, 0);
    configure(', mask: { fields: [$.amount], how: drop }');
    world.isDown = true;
    let stop = (_: NodeJS.Signals): void => undefined;
    let log = '';
    const worker = place.run(['run', '-c', file], {}, (text, kill) => {
      log = text;
      stop = kill;
    });
    await until(
      () =>
        log.includes('shard-opened') || log.includes('shard.opened') || log.includes('"retry') || log.includes('503'),
    );
    const replayed = await dlq('replay');
    equal(replayed.code, 0, replayed.err);
    world.others = ['c'];
    world.isDown = false;
    await until(async () => (await changes()).includes('c c'));
    stop('SIGTERM');
    equal((await worker).code, 0);
    deepEqual(
      (await changes()).filter((change) => change.endsWith(' b')),
      ['r b', 'u b'],
    );
    deepEqual(await listed(), []);
  });

  test('what it cannot do it says with 2', async (t) => {
    const { file, dlq } = await scene(t, 'usage');
    for (const args of [[], ['drop'], ['show'], ['show', 'x'], ['show', '0:9'], ['list', '--since', 'soon']]) {
      const { code, err } = await dlq(...args);
      equal(code, 2, `${args.join(' ')}: ${err}`);
    }
    const { code, err } = await place.run(['dlq', 'list', '-c', place.configure('local', [], ['sink: stdout'])]);
    ok(code === 2, err);
    ok(file.length > 0);
  });
});

function lines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as T);
}

/** Bounded, for a test that waits for ever says nothing. */
async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('it did not come true within 40 s');
}
