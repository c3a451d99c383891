import { equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { KEY, without } from '../support/canary.ts';
import { type Place, placeOf, serve } from '../support/feature-place.ts';

/** Loaded before the program: at a SIGHUP something fails that nobody catches, and says the key in what it says. */
const CRASH = `
const key = process.env.KEY;
const told = () => new Error('with ' + key, { cause: new Error(Buffer.from('me:' + key).toString('base64')) });
const ways = {
  thrown: () => { throw told(); },
  rejected: () => void Promise.reject(told()),
  'rejected with a text': () => void Promise.reject(Buffer.from(key).toString('hex')),
  'thrown as an object': () => { throw { key, toString: () => encodeURIComponent(key) }; },
};
process.on('SIGHUP', () => setImmediate(ways[process.env.WAY]));
`;

const HIDDEN = /\[redacted\]/;

const SOURCE = [{ name: 'things', key: '$.id', every: '1s' }];

interface Scene {
  readonly folder: string;
  readonly place: Place;
  readonly sources: readonly object[];
  readonly env: Readonly<Record<string, string>>;
}

async function openScene(t: TestContext): Promise<Scene> {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-crash-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const preload = join(folder, 'crash.mjs');
  writeFileSync(preload, CRASH);
  const api = await serve(t, ({ headers }) => [{ id: 'a', key: headers['x-api-key'] }]);
  const place = placeOf(t, { ...api, apiKey: KEY, lines: ['log: { level: trace }'] });
  const sources = SOURCE.map((source) => ({ ...source, endpoint: { url: `${api.url}/things`, data_path: '$[*]' } }));
  const report = `--report-on-signal --report-directory=${folder}`;
  return { folder, place, sources, env: { NODE_OPTIONS: `--import=${preload} ${report}` } };
}

/** Runs the worker, and acts once it has swept. */
async function runUntilSwept(
  { place, sources, env }: Scene,
  act: (kill: (signal: NodeJS.Signals) => void) => void,
  way = '',
) {
  let acted = false;
  const ended = await place.run(sources, [], {
    env: { ...env, WAY: way },
    onErr: (text, kill) => {
      if (acted || !text.includes('sweep.complete')) return;
      acted = true;
      act(kill);
    },
  });
  without(`${ended.out}\n${ended.err}`, `a worker that ends ${way}`);
  ok(acted, ended.err);
  return ended;
}

describe('P7: how a worker ends', { concurrency: 2 }, () => {
  for (const way of ['thrown', 'rejected', 'rejected with a text', 'thrown as an object']) {
    test(`P7: an error that is ${way} and caught by nobody ends it with 1, and is told without the key`, async (t) => {
      const { code, err } = await runUntilSwept(await openScene(t), (kill) => kill('SIGHUP'), way);
      equal(code, 1, err);
      match(err, /clockify-kafka has failed.*\[redacted\]/s);
    });
  }

  test('P7: a second SIGTERM and a report of Node itself show no key', async (t) => {
    const scene = await openScene(t);
    const { code } = await runUntilSwept(scene, (kill) => {
      kill('SIGUSR2');
      setTimeout(kill, 1_000, 'SIGTERM');
      setTimeout(kill, 1_600, 'SIGTERM');
    });
    ok(code === 0 || code === 143, `ended with ${code}`);
    const reports = readdirSync(scene.folder).filter((name) => name.startsWith('report.'));
    equal(reports.length, 1);
    for (const name of reports) without(readFileSync(join(scene.folder, name), 'utf8'), 'the report');
    without(scene.place.kept(), 'the state');
  });

  test('P7: an error that the program ends with is told without the key', async (t) => {
    const { place, sources } = await openScene(t);
    const env = { CLOCKIFY_KAFKA_FILE_DIRECTORY: `/dev/null/${KEY}` };
    const { code, err } = await place.run(sources, ['--once'], { env });
    without(err, 'the error');
    equal(code, 2, err);
    match(err.split('\n').find((line) => line.startsWith('clockify-kafka: ')) ?? '', HIDDEN, err);
  });
});
