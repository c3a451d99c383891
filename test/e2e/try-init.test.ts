import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openTryPlace, type TryPlace } from './try-place.ts';

describe('init', { concurrency: 4 }, () => {
  let place: TryPlace;
  before(async () => {
    place = await openTryPlace({ workspaces: 2 });
  });
  after(() => place.close());

  const fileOf = (name: string): string => join(place.folder, `${name}.yaml`);
  const init = (name: string, args: readonly string[], key: string) =>
    place.run(['init', '-c', fileOf(name), '--base-url', place.simulator.url, ...args], { CLOCKIFY_API_KEY: key });

  test('with a key it finds the workspaces; the file is right, has comments, and does not have the key', async () => {
    const { code, out, err } = await init('found', [], place.simulator.apiKey);
    equal(code, 0, err);
    const text = readFileSync(fileOf('found'), 'utf8');
    for (const id of place.simulator.world.store.workspaceIds()) {
      ok(text.includes(id));
      ok(err.includes(id));
    }
    match(text, /^# yaml-language-server: \$schema=/);
    match(text, /api_key: \$\{CLOCKIFY_API_KEY\}/);
    ok(!`${text}${out}${err}`.includes(place.simulator.apiKey));
    const env = { CLOCKIFY_API_KEY: place.simulator.apiKey };
    equal((await place.run(['lint', fileOf('found')], env)).code, 0);
    const sampled = await place.run(['sample', 'time-entries', '-n', '1', '-c', fileOf('found')], env);
    equal(sampled.code, 0, sampled.err);
  });

  test('without a key and without a terminal it asks nothing and takes what flags and defaults say', async () => {
    const { code, err } = await init('silent', ['--brokers', 'k-1:9092,k-2:9092', '--registry', 'http://r:8081'], '');
    equal(code, 0, err);
    match(err, /CLOCKIFY_API_KEY is not set/);
    const text = readFileSync(fileOf('silent'), 'utf8');
    match(text, /brokers: \["k-1:9092", "k-2:9092"\]/);
    match(text, /url: http:\/\/r:8081/);
  });

  test('a file that is there is kept, unless it is told otherwise', async () => {
    equal((await init('kept', ['--app', 'first'], '')).code, 0);
    const refused = await init('kept', ['--app', 'second'], '');
    equal(refused.code, 2);
    match(refused.err, /--force/);
    match(readFileSync(fileOf('kept'), 'utf8'), /app: first/);
    equal((await init('kept', ['--app', 'second', '--force'], '')).code, 0);
    match(readFileSync(fileOf('kept'), 'utf8'), /app: second/);
  });

  test('a key on the command line is refused, and not repeated', async () => {
    const { code, out, err } = await init('flag', ['--api-key', 'secret-of-mine'], '');
    equal(code, 2);
    match(err, /export CLOCKIFY_API_KEY/);
    ok(!`${out}${err}`.includes('secret-of-mine'));
  });

  test('a key that does not work is said, and the file is written all the same', async () => {
    const { code, err } = await init('bad', [], 'no-such-key-77');
    equal(code, 0);
    match(err, /does not know the API key/);
    ok(!`${err}${readFileSync(fileOf('bad'), 'utf8')}`.includes('no-such-key-77'));
  });

  test('workspaces can be named, and --json tells what was written', async () => {
    const [id = ''] = place.simulator.world.store.workspaceIds();
    const { code, out } = await init('json', ['--json', '--workspaces', id], place.simulator.apiKey);
    equal(code, 0);
    const told = JSON.parse(out) as { file: string; workspaces: string[]; seen: { id: string }[] };
    deepEqual([told.file, told.workspaces, told.seen.length], [fileOf('json'), [id], 2]);
    match(readFileSync(fileOf('json'), 'utf8'), new RegExp(`time-entries.*workspace: \\[${id}\\]`));
  });

  test('a flag that would give no right configuration is refused before anything is written', async () => {
    const mars = await place.run(['init', '-c', fileOf('mars'), '--region', 'mars'], { CLOCKIFY_API_KEY: '' });
    equal(mars.code, 2);
    match(mars.err, /global, euc1/);
    equal((await init('plan', ['--plan', 'golden'], '')).code, 2);
    equal((await init('broker', ['--brokers', 'nowhere'], '')).code, 2);
  });
});
