import { strict as assert } from 'node:assert';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { eventually } from '../support/eventually.ts';
import { runProgram } from '../support/program.ts';
import { startWorker } from '../support/worker-process.ts';

interface Plan {
  readonly counts: Readonly<Record<string, readonly { readonly users: number; readonly days?: number }[]>>;
  readonly budgets: readonly {
    readonly budget: string;
    readonly demandPerHour: number;
    readonly firstLoad: { readonly requests: number };
    readonly fits: boolean;
  }[];
}

const EVERY_MS = 6_000;

async function place(t: TestContext, options: { readonly every: string; readonly credential?: string }) {
  const simulator = await startSimulator({ seed: 5, workspaces: 2, users: 9, days: 20 });
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-plan-'));
  t.after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const file = join(folder, 'clockify-kafka.yaml');
  const { every, credential = 'rate: 200/s' } = options;
  const source = (name: string) => `  - { name: ${name}, template: ${name}, credential: acme, every: ${every} }`;
  const names = ['workspaces', 'current-user', 'users', 'projects', 'clients', 'tags', 'user-groups', 'tasks'];
  writeFileSync(
    file,
    [
      `credentials: { acme: { api_key: "\${KEY}", base_url: ${simulator.url}, ${credential} } }`,
      `file: { directory: ${join(folder, 'data')} }`,
      'discovery: { every: 1h }',
      'sources:',
      ...[...names, 'time-entries'].map(source),
    ].join('\n'),
  );
  const env = { KEY: simulator.apiKey };
  const start = () =>
    startWorker({
      clockifyUrl: simulator.url,
      apiKey: simulator.apiKey,
      brokers: [],
      registryUrl: '',
      logFile: join(folder, 'worker.log'),
      config: file,
      args: ['--sink', 'stdout'],
      env,
    });
  return { simulator, start, run: (args: readonly string[]) => runProgram([...args, '--config', file], { env }) };
}

type Place = Awaited<ReturnType<typeof place>>;

/** Of its own requests nothing is counted. */
async function planOf({ simulator, run }: Pick<Place, 'simulator' | 'run'>): Promise<Plan> {
  const { code, out, err } = await run(['plan', '--json']);
  assert.equal(code, 0, err);
  const asked = simulator.requests.total;
  assert.ok(asked <= 20, `${asked} requests to count what is there`);
  return JSON.parse(out) as Plan;
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
const within10 = (planned: number, measured: number, what: string) =>
  assert.ok(Math.abs(planned - measured) <= 0.1 * measured, `${what}: planned ${planned}, measured ${measured}`);

test('P6: the requests of a first load are those that plan says, within a tenth', async (t) => {
  const { simulator, run } = await place(t, { every: '1h' });
  const { budgets, counts } = await planOf({ simulator, run });
  for (const { days = 0 } of counts.acme ?? []) assert.ok(days > 10 && days <= 21, `entries of ${days} days`);
  const before = simulator.requests.total;
  const { code, err } = await run(['run', '--once', '--sink', 'stdout']);
  assert.equal(code, 0, err);
  const measured = simulator.requests.total - before;
  within10(sum(budgets.map(({ firstLoad }) => firstLoad.requests)), measured, 'the first load');
  t.diagnostic(`planned ${sum(budgets.map(({ firstLoad }) => firstLoad.requests))}, measured ${measured}`);
});

test('P6: the requests of an hour are those that plan says, within a tenth', async (t) => {
  const { simulator, run, start } = await place(t, { every: `${EVERY_MS / 1_000}s` });
  const { budgets } = await planOf({ simulator, run });
  const before = simulator.requests.total;
  const worker = start();
  t.after(() => worker.end('SIGKILL'));
  const firstLoad = sum(budgets.map(({ firstLoad: { requests } }) => requests));
  await eventually('the first load', () => simulator.requests.total - before >= firstLoad);
  await sleep(EVERY_MS);
  const from = Date.now();
  await sleep(3 * EVERY_MS + 100);
  const measured = simulator.requests.entries.filter(({ atMs }) => atMs >= from && atMs < from + 3 * EVERY_MS).length;
  assert.equal(await worker.end('SIGTERM'), 0);
  const planned = (sum(budgets.map(({ demandPerHour }) => demandPerHour)) * 3 * EVERY_MS) / 3_600_000;
  t.diagnostic(`planned ${planned}, measured ${measured}`);
  within10(planned, measured, 'three intervals');
});

test('30 requests an hour and 100 users: plan asks nobody, warns, and says what they can do', async (t) => {
  const { simulator, run } = await place(t, { every: '30s', credential: 'plan: free' });
  const { code, out, err } = await run(['plan', '--users', '100', '--projects', '40', '--entries', '50000']);
  assert.equal(code, 0, err);
  assert.equal(simulator.requests.total, 0);
  assert.match(out, /WARNING/);
  assert.match(out, /every of time-entries: \d+d/);
  assert.match(out, /100 users, 40 projects/);
  assert.equal((await run(['plan', '--users', 'many'])).code, 2);
});

const RHYTHMS = '{ running: 15s, changes: 30s, every: 60s, recent: 7d, reconcile: 24h }';

interface Given {
  readonly plan: string;
  readonly rhythms?: string;
}

/** What plan says of a source with rhythms, of counts that are given. */
async function rhythmsPlan(t: TestContext, { plan, rhythms = RHYTHMS }: Given, counts: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-plan-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'clockify-kafka.yaml');
  writeFileSync(
    file,
    [
      `credentials: { acme: { api_key: "\${KEY}", plan: ${plan} } }`,
      'sources:',
      '  - { name: users, template: users, credential: acme, every: 6h }',
      `  - { name: entries, template: time-entries, credential: acme, ${rhythms.slice(1, -1)} }`,
    ].join('\n'),
  );
  const { code, out, err } = await runProgram(['plan', '--config', file, ...counts.split(' ')], { env: { KEY: 'k' } });
  assert.equal(code, 0, err);
  return out;
}

function passesOf(json: string): readonly (readonly unknown[])[] {
  const { budgets } = JSON.parse(json) as { readonly budgets: readonly Budget[] };
  const entries = budgets[0]?.rhythms.filter(({ source }) => source === 'entries') ?? [];
  return entries.map(({ rhythm, requestsPerPass, perHour }) => [rhythm, requestsPerPass, Math.round(perHour)]);
}

test('each rhythm of time entries is planned: lists, windows, reads by id, and entries of users who are gone', async (t) => {
  const counts = '--users 20 --projects 5 --entries 40000 --days 365 --changes 0 --strays 90';
  const out = await rhythmsPlan(t, { plan: 'paid' }, `${counts} --json`);
  assert.deepEqual(passesOf(out), [
    ['running', 1, 240],
    // Nothing happens: three lists, one empty page each.
    ['changes', 3, 360],
    ['recent', 20, 1200],
    // 13 windows of 30 days, and three requests to see that nothing is behind them.
    ['reconcile', 20 * 16, 13],
    // Hourly, 60 of them.
    ['strays', 60, 60],
  ]);
  const cut = '{ reconcile: 24h, reconcile_since: 2020-01-01, reconcile_window: 365d, recent: off }';
  const since = await rhythmsPlan(t, { plan: 'paid', rhythms: cut }, '--users 1 --entries 0 --days 365 --json');
  assert.deepEqual(passesOf(since), [
    ['reconcile', 3, 0],
    ['strays', 0, 0],
  ]);
  const busy = await rhythmsPlan(t, { plan: 'paid' }, '--users 20 --entries 40000 --days 365 --changes 600 --json');
  // 55 entries in five minutes and a half, half of them in each of two lists; and 600 reads.
  assert.deepEqual(passesOf(busy).slice(0, 2), [
    ['running', 1, 540],
    ['changes', 3 + 2 * (27.5 / 50 + 0.5), 1212],
  ]);
});

test('30 requests an hour and 100 users with four rhythms: plan says which to slow down, and which to leave', async (t) => {
  const out = await rhythmsPlan(t, { plan: 'free' }, '--users 100 --entries 50000');
  assert.match(out, /WARNING/);
  assert.match(
    out,
    /What it can do: changes of entries: off, running of entries: 10m, every of entries: 1d, reconcile/,
  );
  const rhythms = '{ running: 10m, changes: off, every: 1d, recent: 7d, reconcile: 17d }';
  const proposed = await rhythmsPlan(t, { plan: 'free', rhythms }, '--users 100 --entries 50000');
  assert.doesNotMatch(proposed.split('\n\n')[1] ?? '', /WARNING/);
});

test('what would need an interval that cannot be set is to be left out', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-plan-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'clockify-kafka.yaml');
  const credentials = `credentials: { acme: { api_key: "\${KEY}", plan: free } }`;
  const source = (name: string) => `  - { name: ${name}, template: ${name}, credential: acme, every: 1h }`;
  writeFileSync(file, [credentials, 'sources:', ...['projects', 'time-entries'].map(source)].join('\n'));
  const counts = '--users 2000 --projects 40 --entries 30000000'.split(' ');
  const { code, out, err } = await runProgram(['plan', '--config', file, ...counts], { env: { KEY: 'k' } });
  assert.equal(code, 0, err);
  assert.match(out, /What it can do: every of time-entries: off, discovery.every: 30m$/m);
});

test('every kind of source is planned: reports in pieces, chains, chosen users, lists that feed others, and once', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-plan-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'clockify-kafka.yaml');
  const sources = [
    { name: 'users', template: 'users', every: '1h' },
    { name: 'entries', template: 'time-entries', every: '1h', user: ['u1', 'u2'] },
    { name: 'tasks', template: 'tasks', every: '1h' },
    {
      name: 'report',
      template: 'detailed-report',
      every: '1h',
      report: { dateRangeStart: '{now-90}', dateRangeEnd: '{now}', detailedFilter: {} },
    },
    {
      name: 'approvals',
      endpoint: { url: '/workspaces/{workspace_id}/approval-requests' },
      key: '$.id',
      cron: '0 * * * *',
    },
    { name: 'user', template: 'current-user', once: true },
  ];
  writeFileSync(
    file,
    [
      `credentials: { acme: { api_key: "\${KEY}", plan: free } }`,
      'discovery: { every: 2h }',
      `sources: ${JSON.stringify(sources.map((source) => ({ credential: 'acme', ...source })))}`,
    ].join('\n'),
  );
  const counts = ['--users', '401', '--projects', '12', '--entries', '1500000'];
  const { code, out, err } = await runProgram(['plan', '--json', '--config', file, ...counts], { env: { KEY: 'k' } });
  assert.equal(code, 0, err);
  const { budgets } = JSON.parse(out) as { budgets: readonly Budget[] };
  const rows = budgets.map(({ budget, rhythms }) => [
    budget,
    ...rhythms.map(({ source, requestsPerPass, perHour }) => `${source} ${requestsPerPass} ${perHour}`),
  ]);
  assert.deepEqual(rows, [
    [
      'workspace as given',
      'users 3 3',
      'entries 8 8',
      'tasks 12 12',
      'report 3 3',
      'approvals 1 1',
      // Users are fed by their source; projects have none.
      'discovery 1 0.5',
    ],
    ['credential acme', 'user 1 0', 'discovery 1 0.5'],
    ['reports of acme', 'report 3 3'],
  ]);
});

interface Budget {
  readonly budget: string;
  readonly rhythms: readonly {
    readonly source: string;
    readonly rhythm: string;
    readonly requestsPerPass: number;
    readonly perHour: number;
  }[];
}
