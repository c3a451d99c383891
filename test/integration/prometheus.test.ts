import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { findPrometheus } from '../stack/prometheus.ts';
import { waitUntil } from '../stack/readiness.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { startPrometheus } from '../support/prometheus-server.ts';
import { dashboard, filledIn, labelValues, panels, rules, selectorsOf } from '../support/watching.ts';
import { startWorker } from '../support/worker-process.ts';

const programs = await findPrometheus((line) => process.stderr.write(`${line}\n`));
const skip = typeof programs === 'string' ? `NOT TESTED: ${programs}` : false;
if (skip !== false) process.stderr.write(`${skip}\n`);

const CONFIG = fileURLToPath(new URL('../support/watched.yaml', import.meta.url));
const WORKSPACES = 50;

/** Nothing to show is what they show here: how long the first pass of a history takes is not known. */
const MAY_BE_EMPTY = ['Reconcile ends in', 'First load ends in'];

/** A worker on fifty workspaces and a real broker; half of the lists of tags fail. */
async function watchedWorker(t: TestContext, folder: string): Promise<string> {
  const [stack, simulator] = await Promise.all([
    sharedStack(),
    startSimulator({ seed: 3, workspaces: WORKSPACES, users: 3, days: 2, projectsPerWorkspace: 3 }),
  ]);
  t.after(() => simulator.close());
  simulator.startActivity(5);
  simulator.faults.add({ match: { path: /\/tags/ }, probability: 0.5, action: { kind: 'status', status: 503 } });
  const prefix = `p${randomUUID().slice(0, 8)}`;
  const logFile = join(folder, 'worker.log');
  writeFileSync(logFile, '');
  const worker = startWorker({
    config: CONFIG,
    clockifyUrl: simulator.url,
    apiKey: simulator.apiKey,
    brokers: stack.brokers,
    registryUrl: stack.registryUrl,
    logFile,
    env: { CLOCKIFY_KAFKA_APP: prefix, CLOCKIFY_KAFKA_TOPICS_PREFIX: prefix },
  });
  t.after(async () => void (await worker.end('SIGKILL')));
  let url: string | undefined;
  const listens = async () => {
    url = /"event":"console.listening".*"url":"(http:[^"]+)"/.exec(readFileSync(logFile, 'utf8'))?.[1];
    return url !== undefined;
  };
  await waitUntil(listens, { withinMs: 30_000, what: `the worker (${logFile})` });
  return url ?? '';
}

test('P1 P8: a real Prometheus takes every query of the dashboard and every rule, and no panel of a running worker is empty', {
  skip,
  timeout: 180_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-prometheus-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const target = await watchedWorker(t, folder);
  const program = typeof programs === 'string' ? '' : programs.prometheus;
  const prometheus = await startPrometheus(t, { program, folder, target });

  const queries = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ title, expr: filledIn(expr, '30s') })),
  );
  const emptyOnes = async () => {
    const empty: string[] = [];
    for (const { title, expr } of queries) {
      const isEmpty = (await prometheus.query(expr)).length === 0;
      if (isEmpty && !MAY_BE_EMPTY.includes(title)) empty.push(`${title}: ${expr}`);
    }
    return empty;
  };
  let empty = await emptyOnes();
  const isFull = async () => {
    empty = await emptyOnes();
    return empty.length === 0;
  };
  await waitUntil(isFull, { withinMs: 90_000, what: 'every panel' }).catch(() => undefined);
  deepEqual(empty, []);

  for (const variable of dashboard.templating.list.slice(1)) {
    const { query, label } = labelValues(variable);
    const found = await prometheus.query(filledIn(query, '30s'));
    ok(
      found.some(({ metric }) => metric[label] !== undefined),
      variable.name,
    );
  }
  for (const { name, health, lastError } of await prometheus.rules()) equal(health, 'ok', `${name}: ${lastError}`);
  for (const { expr } of rules) await prometheus.query(expr);

  const text = await (await fetch(`${target}/metrics`)).text();
  const exported = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? ''));
  const asked = [...queries.map(({ expr }) => expr), ...rules.map(({ expr }) => expr)].flatMap(selectorsOf);
  const missing = asked
    .map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, ''))
    .filter((metric) => metric !== 'up' && metric !== 'clockify:stale' && !exported.has(metric));
  deepEqual([...new Set(missing)], []);

  const totalOf = (name: string, source: string) =>
    [...text.matchAll(new RegExp(`^clockify_${name}\\{source="${source}"[^}]*\\} (\\S+)$`, 'gm'))]
      .filter(([line]) => !line.includes('op="d"'))
      .reduce((sum, [, value]) => sum + Number(value), 0);
  for (const source of ['users', 'projects', 'time-entries', 'tags']) {
    const read = totalOf('records_read_total', source);
    const became = ['unchanged', 'superseded', 'repeated', 'published'].map((fate) => `records_${fate}_total`);
    const sum = [...became, 'dlq_records_total'].reduce((all, name) => all + totalOf(name, source), 0);
    ok(read > 0);
    equal(read, sum, `P1: what was read of ${source}, and what became of it`);
  }

  const series = text.split('\n').filter((line) => line.startsWith('clockify_'));
  t.diagnostic(`${series.length} series of ours on ${WORKSPACES} workspaces and 4 sources`);
  ok(series.length < 700, `${series.length} series on ${WORKSPACES} workspaces`);
  const ids = series.filter((line) => /[0-9a-f]{24}/.test(line));
  deepEqual(ids, [], 'no id is a label');
});
