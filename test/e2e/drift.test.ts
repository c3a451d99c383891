import { deepEqual, equal, match, ok } from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { templates } from '../../src/clockify/templates/catalogue.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import type { DriftStatus } from '../../src/worker/status-drift.ts';
import { type Asked, placeOf, serve } from '../support/feature-place.ts';
import { runProgram } from '../support/program.ts';

const KEY = 'a-marker-key-of-some-length';
const CANARY = 'canary-behind-a-mask';
type Item = Readonly<Record<string, unknown>>;

const range = { dateRangeStart: '{now-30}', dateRangeEnd: '{now+1}' };
const REPORTS: Readonly<Record<string, object>> = {
  'detailed-report': { report: { ...range, detailedFilter: {} }, time_unit: 'day' },
  'summary-report': {
    report: { ...range, summaryFilter: { groups: ['PROJECT', 'USER'] } },
    time_unit: 'day',
    totals: true,
  },
};
const SOURCES = [
  ...templates.map(({ name }) => ({ name, template: name, every: '1s', ...REPORTS[name] })),
  {
    name: 'rhythms',
    template: 'time-entries',
    topic: 'clockify.rhythms',
    every: '1s',
    running: '1s',
    changes: '2s',
    recent: '7d',
    reconcile: '1h',
  },
  {
    name: 'expenses',
    key: '$.id',
    every: '1s',
    mask: { fields: ['$.category.name'], how: 'drop' },
    endpoint: { url: '/workspaces/{workspace_id}/expenses', data_path: '$.expenses.expenses[*]' },
  },
  {
    name: 'declared',
    key: '$.id',
    every: '1s',
    schema: 'project.avsc',
    endpoint: { url: '/workspaces/{workspace_id}/projects?page-size=200' },
  },
];
const nullable = (name: string) => ({ name, type: ['null', 'string'], default: null });
const DECLARED = {
  type: 'record',
  name: 'Project',
  namespace: 'drift',
  fields: [{ name: 'id', type: 'string' }, nullable('color')],
};

/** What Clockify makes of its answers, from one moment on. */
const CHANGES: readonly (readonly [RegExp, (json: never) => unknown])[] = [
  [/\/projects\?/, (items: Item[]) => items.map(({ color: _, ...item }) => ({ ...item, echo: `your key is ${KEY}` }))],
  [/\/tags\?/, (items: Item[]) => items.map((item) => ({ ...item, archived: 'no' }))],
  [
    /\/reports\/detailed$/,
    ({ timeentries, ...rest }: { timeentries: Item[] }) => ({
      ...rest,
      timeentries: timeentries.map(({ userName: _, ...item }) => item),
    }),
  ],
  [
    /\/reports\/summary$/,
    ({ groupOne, ...rest }: { groupOne: Item[] }) => ({ ...rest, groupOne: groupOne.map(asText) }),
  ],
  [
    /\/expenses/,
    ({ expenses, ...rest }: { expenses: { expenses: Item[] } }) => ({
      ...rest,
      expenses: { expenses: expenses.expenses.map((item) => ({ ...item, category: [{ name: CANARY }] })) },
    }),
  ],
];

function asText({ duration, children, ...node }: Item): Item {
  const below = Array.isArray(children) ? { children: children.map(asText) } : {};
  return { ...node, ...below, duration: `${duration}s` };
}

/** The practice Clockify, whose answers are of another shape once `hasChanged`. */
function between(simulator: Simulator, state: { hasChanged: boolean }) {
  return async ({ method, path, headers, body }: Asked, response: ServerResponse) => {
    const { 'x-api-key': key = '', 'content-type': type = 'application/json' } = headers;
    const sent = { 'x-api-key': String(key), 'content-type': String(type) };
    const reply = await fetch(simulator.origin + path, { method, headers: sent, ...(body === '' ? {} : { body }) });
    response.statusCode = reply.status;
    const last = reply.headers.get('last-page');
    if (last !== null) response.setHeader('last-page', last);
    const json: unknown = await reply.json();
    const change = CHANGES.find(([pattern]) => pattern.test(path))?.[1];
    return state.hasChanged && reply.ok && change !== undefined ? change(json as never) : json;
  };
}

type Told = DriftStatus & { readonly source: string };

async function driftAt(url: string): Promise<readonly Told[]> {
  const { out, err, code } = await runProgram(['status', '--drift', '--url', url], { env: { KEY } });
  equal(code, 0, err);
  return (JSON.parse(out) as { drift: readonly Told[] }).drift;
}

async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
  let seen = await look();
  for (let tries = 0; tries < 40 && !isSo(seen); tries++) seen = await look();
  return seen;
}

const nameOf = ({ source, kind, path }: Told) => `${source}: ${kind} ${path}`;

test('N26, P7: what Clockify adds, drops and changes is listed by the console with both types and a sample', {
  timeout: 150_000,
}, async (t) => {
  const simulator = await startSimulator({ seed: 11, workspaces: 1, users: 6, days: 20, apiKey: KEY });
  t.after(() => simulator.close());
  const [workspaceId = ''] = simulator.world.store.workspaceIds();
  for (let at = 0; at < 12; at++) simulator.world.createProject({ workspaceId, name: `project ${at}` });
  const state = { hasChanged: false };
  const api = await serve(t, between(simulator, state));
  const place = placeOf(t, { url: api.url, reportsUrl: `${api.origin}/report/v1`, apiKey: KEY });
  place.file('project.avsc', JSON.stringify(DECLARED));
  const listening = Promise.withResolvers<string>();
  let stop: (signal: NodeJS.Signals) => void = () => undefined;
  const worker = place.run(SOURCES, [], {
    limitMs: 140_000,
    onErr: (text, kill) => {
      stop = kill;
      const url = /"url":"(http:[^"]+)"/.exec(text)?.[1];
      if (url !== undefined) listening.resolve(url);
    },
  });
  worker.then(({ err }) => listening.reject(new Error(err)), listening.reject);
  t.after(async () => {
    stop('SIGKILL');
    await worker;
  });
  const url = await listening.promise;

  simulator.startActivity(20);
  const sweeps = async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const counts = SOURCES.map(({ name }) =>
      [
        ...text.matchAll(
          new RegExp(`^clockify_polls_total\\{source="${name}",rhythm="[a-z]+",result="success"\\} (\\d+)$`, 'gm'),
        ),
      ]
        .map(([, count]) => Number(count))
        .reduce((sum, count) => sum + count, 0),
    );
    await new Promise((resolve) => setTimeout(resolve, 500));
    return Math.min(...counts);
  };
  ok((await until(sweeps, (least) => least >= 4)) >= 4, 'each source has been swept');
  const own = ({ source }: Told) => source !== 'declared' && source !== 'expenses';
  deepEqual((await driftAt(url)).filter(own).map(nameOf), [], 'nothing of a template is out of shape by itself');
  simulator.stopActivity();

  state.hasChanged = true;
  const wanted = [
    'projects: new echo',
    'projects: missing color',
    'declared: missing color',
    'tags: changed archived',
    'detailed-report: missing userName',
    'summary-report: changed duration_seconds',
    'expenses: changed category',
  ];
  const all = await until(
    () => driftAt(url),
    (seen) => wanted.every((name) => seen.some((each) => nameOf(each) === name)),
  );
  const told = new Map(all.map((each) => [nameOf(each), each]));
  deepEqual(
    wanted.filter((name) => !told.has(name)),
    [],
  );
  const typesOf = (name: string) => [told.get(name)?.expected, told.get(name)?.seen, told.get(name)?.sample];
  deepEqual(typesOf('projects: new echo'), [undefined, 'string', '"your key is [redacted]"']);
  deepEqual(typesOf('projects: missing color'), ['string', 'absent', undefined]);
  deepEqual(typesOf('tags: changed archived'), ['boolean', 'string', '"no"']);
  deepEqual(typesOf('summary-report: changed duration_seconds').slice(0, 2), ['whole number', 'string']);
  deepEqual(typesOf('expenses: changed category'), ['object', 'array', undefined]);
  ok(all.every(({ count, firstSeenAtMs, lastSeenAtMs }) => count > 0 && firstSeenAtMs <= lastSeenAtMs));

  const table = await runProgram(['status', 'tags', '--drift', '--once', '--url', url], { env: { KEY } });
  match(table.out, /^tags +changed +archived +\d+ +boolean +string +\S+.* ago +"no"$/m);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  match(metrics, /^clockify_shape_drift_total\{source="projects",kind="missing"\} [1-9]/m);
  const proxied = await (await fetch(`${url}/status`, { headers: { 'x-forwarded-for': '10.0.0.1' } })).text();
  ok(proxied.includes('"path":"echo"') && !proxied.includes('your key is'), 'values are not for everybody');

  stop('SIGTERM');
  const { code, err, log } = await worker;
  equal(code, 0, err.slice(-2_000));
  const lines = log.filter(({ event }) => event === 'shape.changed');
  const logged = lines.flatMap(({ source, kind, fields }) =>
    (fields as string[]).map((path) => `${source}: ${kind} ${path}`),
  );
  equal(new Set(logged).size, logged.length, 'each is told once');
  deepEqual(
    wanted.filter((name) => !logged.includes(name)),
    [],
  );
  for (const text of [err, JSON.stringify(all), table.out, metrics, proxied]) {
    ok(!text.includes(KEY) && !text.includes(CANARY));
  }
});
