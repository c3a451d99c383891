import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tailTopic } from '../../src/kafka/topic-tail.ts';
import type { WorkerStatus } from '../../src/worker/status.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { KEY, without } from '../support/canary.ts';
import { type EchoingApi, type EchoingRegistry, FAULTS, serveEchoing, serveRegistry } from '../support/echoing.ts';
import type { Said } from '../support/many-commands.ts';
import { type Ended, runProgram } from '../support/program.ts';
import { kafkaOf } from '../support/published.ts';

const PASSWORD = 'Registry-Pass+word/98765';
const TOKEN = 'Console-Token+of/Nobody-4321';
const SECRETS = [KEY, PASSWORD, TOKEN];
const HIDDEN = /\[redacted\]/;

interface Scene {
  readonly app: string;
  readonly api: EchoingApi;
  readonly registry: EchoingRegistry;
  readonly brokers: readonly string[];
  readonly folder: string;
  readonly console: string;
  /** Commands beside the worker, with its configuration; nothing that they say holds a secret. */
  run(...commands: readonly (readonly string[])[]): Promise<readonly Said[]>;
  /** Ends the worker; its exit code and its whole log. */
  end(): Promise<Ended>;
}

/** A worker at trace level, its console on, on a real Kafka, and far sides that throw back every secret. */
async function openScene(t: TestContext): Promise<Scene> {
  const [stack, api] = await Promise.all([sharedStack(), serveEchoing(t)]);
  const registry = await serveRegistry(t, stack.registryUrl, PASSWORD);
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-canary-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const app = `canary-${process.pid}`;
  const config = join(folder, 'clockify-kafka.yaml');
  writeFileSync(config, configuration(app, api, registry, stack.brokers));
  const env = { KEY, PASSWORD, TOKEN, CLOCKIFY_API_KEY: KEY, CLOCKIFY_KAFKA_CONSOLE_TOKEN: TOKEN };
  const listening = Promise.withResolvers<string>();
  let kill: (signal: NodeJS.Signals) => void = () => undefined;
  const onErr = (text: string, stop: typeof kill) => {
    kill = stop;
    const url = /"url":"(http:[^"]+)"/.exec(text)?.[1];
    if (url !== undefined) listening.resolve(url);
  };
  const worker = runProgram(['run', '-c', config], { env, onErr, limitMs: 120_000 });
  worker.then(({ err }) => listening.reject(new Error(err)), listening.reject);
  t.after(() => kill('SIGKILL'));
  return {
    ...{ app, api, registry, folder, brokers: stack.brokers, console: await listening.promise },
    run: async (...commands) => {
      const all = commands.map((words) => (words.includes('-c') ? words : [...words, '-c', config]));
      const { said, err } = await runMany(all, folder, env);
      without(err, 'the log of a command', SECRETS);
      for (const { words, out, err } of said) without(`${out}\n${err}`, words.slice(0, 2).join(' '), SECRETS);
      return said;
    },
    end: () => {
      kill('SIGTERM');
      return worker;
    },
  };
}

function configuration(app: string, api: EchoingApi, registry: EchoingRegistry, brokers: readonly string[]): string {
  const manual = (name: string, path: string, more: object = {}) => ({
    name,
    credential: 'acme',
    key: '$.id',
    every: '1s',
    endpoint: { url: `${api.url}/${path}`, data_path: path === 'paths' ? '$.items[*]' : '$[*]' },
    ...more,
  });
  const chain = {
    steps: [
      { name: 'list', url: `${api.url}/chained`, data_path: '$[*]' },
      { name: 'each', url: `${api.url}/item/{list.id}`, data_path: '$[*]' },
    ],
  };
  const sources = [
    ...['workspaces', 'tags'].map((name) => ({ name, template: name, credential: 'acme', every: '1s' })),
    manual('things', 'things'),
    manual('refused', 'refused'),
    { name: 'chain', credential: 'acme', key: '$.id', every: '1s', ...chain },
    ...FAULTS.map((path) => manual(`at-${path}`, path, { every: '3s' })),
    ...['429', '503'].map((path) => manual(`at-${path}`, path, { credential: 'slow' })),
  ];
  const credential = (key: string) => ({ api_key: key, base_url: api.url, rate: '200/s' });
  const settings = {
    app,
    credentials: { acme: credential(`\${KEY}`), slow: credential(`\${KEY}`) },
    kafka: { brokers, shards: 2 },
    registry: { url: registry.url, username: 'worker', password: `\${PASSWORD}` },
    topics: { prefix: app, replication_factor: 1, partitions: 1 },
    console: { token: `\${TOKEN}` },
    log: { level: 'trace' },
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return [...lines, 'sources:', ...sources.map((source) => `  - ${JSON.stringify(source)}`), ''].join('\n');
}

/** Bounded: what never comes true is a failure that says how it was. */
async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  let seen: T | undefined;
  for (let tries = 0; tries < 400; tries++) {
    seen = await look();
    if (isSo(seen)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`it did not come true within 40 s: ${JSON.stringify(seen)}`);
}

/** Until every source has met what its far side has for it, at first when all items fit and then when some do not. */
async function settled({ api, console }: Scene): Promise<void> {
  const status = async () => (await (await fetch(`${console}/status`)).json()) as WorkerStatus;
  const of = ({ sources }: WorkerStatus, name: string) => sources.find(({ source }) => source === name);
  await until(status, (seen) => ['things', 'tags'].every((name) => (of(seen, name)?.published.r ?? 0) > 1));
  api.misfit();
  await until(status, (seen) => ['things', 'tags'].every((name) => (of(seen, name)?.deadLettered ?? 0) > 0));
  const failing = (name: string) => name.startsWith('at-') || name === 'refused';
  await until(status, ({ sources }) => sources.every(({ source, lastError }) => !failing(source) || lastError));
}

const GETS = ['/metrics', '/status', '/status?slices=100', '/readyz', '/livez', '/startupz', '/version'];

/** Paths, bodies and headers that hold a secret, and what refuses or repeats them. */
const COMMANDS: readonly (readonly [string, unknown])[] = [
  ['pause', { source: KEY }],
  ['pause', { [KEY]: KEY }],
  ['poll', { source: 'things', workspace: KEY }],
  ['poll', { source: 'things', workspace: Buffer.from(KEY).toString('base64') }],
  ['resync', { source: 'things', from: KEY }],
  ['confirm-deletes', { source: encodeURIComponent(KEY) }],
  ['log-level', { level: KEY }],
  ['pause', `not JSON ${KEY}`],
  ['pause', { source: 'things' }],
  ['resume', { source: 'things' }],
  [encodeURIComponent(KEY), {}],
];

async function everyAnswer({ console: url }: Scene): Promise<readonly string[]> {
  const told = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}${path}`, init);
    return `${path} ${answer.status} ${JSON.stringify([...answer.headers])}\n${await answer.text()}`;
  };
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const post = ([name, given]: (typeof COMMANDS)[number]) =>
    told(`/control/${name}`, {
      method: 'POST',
      headers,
      body: typeof given === 'string' ? given : JSON.stringify(given),
    });
  const paths = [...GETS, `/status?slices=${encodeURIComponent(KEY)}`, '/control/pause'];
  const answers = await Promise.all([
    ...paths.map((path) => told(path)),
    told('/status', { headers }),
    ...COMMANDS.map(post),
  ]);
  // The path is our own.
  return answers.map((answer) => answer.replaceAll(encodeURIComponent(KEY), ''));
}

/** Everything that readers of Kafka get, key, value and headers, byte for byte. */
async function bytesOf({ brokers, app }: Scene, topic: string): Promise<string> {
  const parts: string[] = [];
  const options = { topic, fromBeginning: true, untilEnd: true };
  await tailTopic(
    kafkaOf(brokers),
    options,
    ({ key, value, headers }) =>
      void parts.push(key?.toString('latin1') ?? '', value?.toString('latin1') ?? '', JSON.stringify(headers)),
    AbortSignal.timeout(20_000),
  );
  ok(parts.length > 0, `${topic} of ${app} has records`);
  return parts.join('\n');
}

test('P7: nothing that is seen of a running worker holds a secret, however the far sides throw it back', async (t) => {
  const scene = await openScene(t);
  const { app, api, registry, folder, run } = scene;
  await settled(scene);

  await t.test('P7: no answer of the console, to commands that make no sense either', async () => {
    const answers = await everyAnswer(scene);
    for (const answer of answers) without(answer, 'the console', SECRETS);
    const status = answers.find((answer) => answer.startsWith('/status 200')) ?? '';
    match(status, HIDDEN);
    JSON.parse(status.slice(status.indexOf('\n')));
    ok(answers.some((answer) => answer.includes('clockify_dlq_records_total{source="things"')));
  });

  await t.test('P7: no byte of the topics, the dead letters, the state and the registry', async () => {
    for (const name of [`${app}.things`, `${app}.tags`, `dlq.${app}`, `__clockify-kafka.${app}.state`]) {
      const bytes = await bytesOf(scene, name);
      without(bytes, name, SECRETS);
      match(bytes, HIDDEN, `${name} has what was there in place of the key`);
    }
    without(registry.asked.join('\n'), 'what the registry was asked', SECRETS);
    match(registry.asked.join('\n'), /redacted/);
  });

  await t.test('P7: nothing that status and the commands about topics and state say', async () => {
    const beside = ['--url', scene.console];
    const exported = join(folder, 'letters.jsonl');
    const [status, drifted, tailed, letters, shown, ...others] = await run(
      ['status', '--json', ...beside],
      ['status', '--drift', ...beside],
      ['tail', `${app}.things`, '--json', '--from-beginning', '--until-end'],
      ['tail', `dlq.${app}`, '--from-beginning', '--until-end'],
      ['dlq', 'show', '0:0'],
      ['dlq', 'export', exported],
      ['dlq', 'list', '--json'],
      ['status', '--once', ...beside],
      ['status', '--drift', '--json', ...beside],
      ['state', 'show'],
      ['state', 'export'],
      ['pause', KEY, ...beside],
    );
    for (const said of [status, drifted, tailed, letters, shown]) match(said?.out ?? '', HIDDEN);
    deepEqual(
      others.map(({ code }) => code),
      [0, 0, 0, 0, 0, 0, 2],
    );
    const written = readFileSync(exported, 'utf8');
    without(written, 'exported dead letters', SECRETS);
    match(written, HIDDEN);
  });

  await t.test('P7: nothing that the commands that try something say', async () => {
    const first = join(folder, 'first.yaml');
    const said = await run(
      ['sample', 'things'],
      ['suggest', 'things'],
      ['diff', 'tags', '--sink', 'stdout', '--json'],
      ['sample', 'tags', '--json'],
      ['sample', 'at-paths'],
      ['sample', KEY],
      ['suggest', `${api.url}/things?key=${encodeURIComponent(KEY)}`, '--credential', 'acme'],
      ['schema', 'infer', 'things'],
      ['sample', 'chain'],
      ['sample', 'at-redirect302'],
      ['check'],
      ['plan'],
      ['lint'],
      ['topics', 'plan'],
      ['schema', 'check', 'refused'],
      ['init', '--non-interactive', '--base-url', api.url, '-c', first],
    );
    deepEqual(
      said.map(({ code }) => code),
      [0, 0, 0, 0, 2, 2, 0, 0, 0, 2, 2, 0, 0, 0, 2, 0],
      said.map(({ words, err }) => `${words.join(' ')}: ${err}`).join('\n'),
    );
    for (const { words, out, err } of said.slice(0, 12)) match(out + err, HIDDEN, words.join(' '));
    without(readFileSync(first, 'utf8'), 'the file of init', SECRETS);
  });

  const { code, err } = await scene.end();
  equal(code, 0, err.slice(-2_000));
  without(err, 'the log', SECRETS);
  match(err, HIDDEN);
  equal(api.elsewhere.length, 0, 'nobody followed a redirect');
});

const MANY = fileURLToPath(new URL('../support/many-commands.ts', import.meta.url));

async function runMany(commands: readonly (readonly string[])[], cwd: string, env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MANY, JSON.stringify(commands)], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
  clearTimeout(limit);
  const said = out
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Said);
  equal(said.length, commands.length, err);
  return { said, err };
}
