import { deepEqual, equal } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { findPrometheus } from '../stack/prometheus.ts';
import { ALERT_CASES } from '../support/alert-cases.ts';
import { ALERTS_FILE, alerts, PROMETHEUS_FILE } from '../support/watching.ts';

const programs = await findPrometheus((line) => process.stderr.write(`${line}\n`));
const skip = typeof programs === 'string' ? `NOT TESTED: ${programs}` : false;
if (skip !== false) process.stderr.write(`${skip}\n`);

function promtool(...args: string[]) {
  const program = typeof programs === 'string' ? '' : programs.promtool;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

test('every alert has a history that makes it fire and one that does not', () => {
  const named = (each: { alert: string; severity: string }) => `${each.alert} ${each.severity}`;
  const cases = new Set(ALERT_CASES.map(named));
  deepEqual([...cases].sort(), alerts.map(({ alert, labels }) => named({ alert, ...labels })).sort());
  for (const { alert, silent } of ALERT_CASES) equal(silent.length > 0, true, alert);
});

test('promtool takes the rules and the example of a configuration', { skip }, () => {
  for (const args of [
    ['check', 'rules', '--lint=all', '--lint-fatal', ALERTS_FILE],
    ['check', 'config', PROMETHEUS_FILE],
  ]) {
    const { status, said } = promtool(...args);
    equal(status, 0, said);
  }
});

test('each alert fires on its history, and on no other', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-alerts-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tests = ALERT_CASES.flatMap(({ fires, silent, ...which }) => [
    ruleTest(which, fires, 1),
    ...silent.map((histories) => ruleTest(which, histories, 0)),
  ]);
  const file = join(folder, 'alerts.test.yml');
  writeFileSync(file, JSON.stringify({ rule_files: [ALERTS_FILE], evaluation_interval: '1m', tests }));
  const { status, said } = promtool('test', 'rules', file);
  equal(status, 0, said);
});

/** `promtool` compares alerts with every word of their text; how many fire is all that is asked here. */
function ruleTest(
  { alert, severity, at }: { alert: string; severity: string; at: number },
  histories: Readonly<Record<string, string>>,
  firing: number,
) {
  const expr = `count(ALERTS{alertname="${alert}",severity="${severity}",alertstate="firing"}) or vector(0)`;
  return {
    name: `${alert} ${severity} ${firing === 1 ? 'fires' : `is silent on ${JSON.stringify(histories)}`}`,
    interval: '1m',
    input_series: Object.entries(histories).map(([series, values]) => ({ series, values })),
    promql_expr_test: [{ expr, eval_time: `${at}m`, exp_samples: [{ labels: '{}', value: firing }] }],
  };
}
