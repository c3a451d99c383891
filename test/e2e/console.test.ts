import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import type { WorkerStatus } from '../../src/worker/status.ts';
import { type Ended, runProgram } from '../support/program.ts';

const TOKEN = 'a-token-of-some-length';
const TAGS = 20;

/** The real program on a practice workspace with 20 tags, and its console. */
async function place(t: TestContext) {
  const simulator = await startSimulator({ seed: 5, workspaces: 1, users: 2, days: 1 });
  t.after(() => simulator.close());
  const { world } = simulator;
  const [workspaceId = ''] = world.store.workspaceIds();
  for (const { id } of world.store.rows('tags', workspaceId)) world.deleteTag(workspaceId, id);
  for (let at = 0; at < TAGS; at++) world.createTag(workspaceId, `tag ${at}`);
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-console-'));
  const config = join(folder, 'worker.yaml');
  const lines = [
    'app: console',
    `credentials: { acme: { api_key: \${KEY}, base_url: ${simulator.url} } }`,
    'sources: [{ name: tags, template: tags, credential: acme, every: 1s }]',
    `file: { directory: ${join(folder, 'state')} }`,
    'deletes: { guard_share: 0.2, guard_at_least: 5 }',
  ];
  writeFileSync(config, lines.join('\n'));
  const env = { KEY: simulator.apiKey, CLOCKIFY_KAFKA_CONSOLE_TOKEN: TOKEN };
  const listening = Promise.withResolvers<string>();
  let stop: (signal: NodeJS.Signals) => void = () => {};
  const onErr = (text: string, kill: typeof stop) => {
    stop = kill;
    const url = /"url":"(http:[^"]+)"/.exec(text)?.[1];
    if (url !== undefined) listening.resolve(url);
  };
  const worker = runProgram(['run', '--config', config, '--sink', 'stdout'], { env, onErr });
  worker.then(({ err }) => listening.reject(new Error(err)), listening.reject);
  t.after(async () => {
    stop('SIGKILL');
    await worker;
    rmSync(folder, { recursive: true, force: true });
  });
  const url = await listening.promise;
  const say = (...words: string[]) => runProgram([...words, '--url', url], { env, cwd: folder });
  const tags = async () => {
    const { out, err } = await say('status', '--json');
    ok(out !== '', err);
    const status = JSON.parse(out) as WorkerStatus;
    return status.sources[0] ?? { state: 'missing', guarded: 0, published: { r: 0, d: 0 }, slices: [] };
  };
  const ended = (): Promise<Ended> => {
    stop('SIGTERM');
    return worker;
  };
  return { simulator, workspaceId, url, say, tags, ended };
}

async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  for (let tries = 0; tries < 60; tries++) {
    const seen = await look();
    if (isSo(seen)) return seen;
  }
  throw new Error(`never so: ${isSo}`);
}

const ops = (out: string, op: string): number =>
  out.split('\n').filter((line) => line.includes(`"__op":"${op}"`)).length;

test('P4: a guarded sweep shows in the status, and what is confirmed is deleted exactly once', async (t) => {
  const { simulator, workspaceId, say, tags, ended } = await place(t);
  await until(tags, ({ published }) => published.r === TAGS);
  const { world } = simulator;
  for (const { id } of world.store.rows('tags', workspaceId).slice(0, 12)) world.deleteTag(workspaceId, id);
  const guarded = await until(tags, ({ state }) => state === 'guarded');
  deepEqual([guarded.guarded, guarded.slices[0]?.guard?.missing, guarded.published.d], [5, 12, 0]);
  const table = await say('status', '--once');
  match(table.out, /confirm-deletes tags/);
  const confirmed = await say('confirm-deletes', 'tags');
  deepEqual([confirmed.code, /up to 12 deletes are confirmed/.test(confirmed.out)], [0, true], confirmed.err);
  await until(tags, ({ published, state }) => published.d === 12 && state !== 'guarded');
  equal((await say('confirm-deletes', 'tags')).out.trim(), 'tags: nothing is held back');
  const { out, err, code } = await ended();
  deepEqual([code, ops(out, 'r'), ops(out, 'd')], [0, TAGS, 12]);
  equal(err.split('"event":"deletes.guarded"').length - 1, 1, 'it is told once');
  ok(!`${table.out}${confirmed.out}${err}`.includes(TOKEN));
});

test('pause, poll, resume and resync reach the worker; a wrong token and an unknown source do not', async (t) => {
  const { url, say, tags, ended } = await place(t);
  await until(tags, ({ published }) => published.r === TAGS);
  match((await say('pause', 'tags')).out, /tags is paused: 1 slice/);
  await until(tags, ({ state }) => state === 'paused');
  match((await say('resume', 'tags')).out, /polled again/);
  match((await say('poll', 'tags')).out, /tags is polled: 1 slice/);
  match((await say('resync', 'tags')).out, new RegExp(`${TAGS} rows were published once more`));
  const unknown = await say('pause', 'tag');
  deepEqual([unknown.code, /no source tag.*\[control.no_source\]/.test(unknown.err)], [2, true], unknown.err);
  const stranger = await runProgram(['pause', 'tags', '--url', url], {
    cwd: tmpdir(),
    env: { CLOCKIFY_KAFKA_CONSOLE_TOKEN: 'another-token-of-some-length' },
  });
  deepEqual([stranger.code, stranger.err.includes('console.unauthorized')], [1, true], stranger.err);
  const { out } = await ended();
  equal(ops(out, 'r'), 2 * TAGS);
});

test('where no worker runs every command says so once, and ends with 1', async () => {
  for (const words of [['status'], ['pause', 'users'], ['confirm-deletes', 'users']]) {
    const { code, out, err } = await runProgram([...words, '--url', 'http://127.0.0.1:1'], { cwd: tmpdir() });
    deepEqual([code, out], [1, '']);
    match(err, /no worker answers at http:\/\/127\.0\.0\.1:1 \[console\.unreachable\]/);
    equal(err.split('no worker answers').length, 2);
  }
});

test('P1: the metrics of a running worker say what became of every record', async (t) => {
  const { url, tags, ended } = await place(t);
  await until(tags, ({ published }) => published.r === TAGS);
  const answer = await fetch(`${url}/metrics`);
  match(answer.headers.get('content-type') ?? '', /^text\/plain/);
  const text = await answer.text();
  const numberOf = (series: string) =>
    Number(new RegExp(`^clockify_${series}\\{source="tags"[^}]*\\} (\\S+)$`, 'm').exec(text)?.[1]);
  equal(numberOf('records_published_total'), TAGS);
  equal(numberOf('records_read_total'), numberOf('records_unchanged_total') + TAGS);
  equal(numberOf('dlq_records_total'), 0);
  match(text, /^clockify_api_requests_total\{endpoint="\/workspaces\/\{id\}\/tags",method="GET",code="2xx"\} [1-9]/m);
  match(text, /^clockify_last_success_timestamp_seconds\{source="tags",rhythm="list"\} [1-9]/m);
  match(text, /^clockify_kafka_connected 1$/m);
  match(text, /^clockify_state_entities\{source="tags"\} 20$/m);
  match(text, /^clockify_state_bytes [1-9]/m);
  match(text, /^clockify_ready 1$/m);
  match(text, /^nodejs_eventloop_lag_p99_seconds /m);
  await ended();
});
