import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { alerts, dashboard, filledIn, labelValues, panels, rules, selectorsOf } from '../../support/watching.ts';

/** The rules of Grafana's dashboard-linter, stated anew: that one is a Go program. */

const RUNBOOK = fileURLToPath(new URL('../../../docs/runbook.md', import.meta.url));

/** Grafana's way to name a variable. */
const CHOSEN = ['$', '{datasource}'].join('');

/** Exported for who asks for it, and on no panel and in no alert. */
const UNUSED: readonly string[] = [];

const queries = panels.flatMap((panel) => (panel.targets ?? []).map(({ expr }) => ({ panel, expr })));

test('the data source, the job, the instance and the source are variables, asked anew when the time changes', () => {
  const of = new Map(dashboard.templating.list.map((variable) => [variable.name, variable]));
  deepEqual([...of.keys()], ['datasource', 'job', 'instance', 'source']);
  const source = of.get('datasource');
  deepEqual([source?.type, source?.query, source?.label], ['datasource', 'prometheus', 'Data source']);
  for (const [name, label] of [
    ['job', 'Job'],
    ['instance', 'Instance'],
    ['source', 'Source'],
  ] as const) {
    const variable = of.get(name);
    ok(variable !== undefined);
    deepEqual(
      [variable.type, variable.label, variable.multi, variable.allValue, variable.refresh, variable.datasource?.uid],
      ['query', label, true, '.+', 2, CHOSEN],
    );
    const { query, label: asked } = labelValues(variable);
    equal(asked, name);
    equal(selectorsOf(filledIn(query, '5m')).length, 1);
  }
  equal(dashboard.editable, false);
});

test('each panel has a title, a description, a unit, a query, and asks the data source that was chosen', () => {
  ok(panels.length > 40);
  for (const { title, description = '', fieldConfig, datasource, targets = [] } of panels) {
    notEqual(title, '');
    match(description, /^.{20,}[.?]$/s, title);
    ok(fieldConfig?.defaults.unit, `${title} has no unit`);
    equal(datasource?.uid, CHOSEN, title);
    ok(targets.length > 0, title);
    for (const target of targets) equal(target.datasource.uid, CHOSEN, title);
  }
  equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
  equal(new Set(panels.map(({ title }) => title)).size, panels.length);
});

test('no panel lies on another, and none beyond the edge', () => {
  const taken = new Map<string, string>();
  for (const { title, gridPos } of dashboard.panels) {
    ok(gridPos.x + gridPos.w <= 24, title);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        equal(taken.get(`${x} ${y}`), undefined, title);
        taken.set(`${x} ${y}`, title);
      }
  }
});

test('each query is PromQL, is of the chosen job and instance, and wraps its counters in a rate', () => {
  for (const { panel, expr } of queries) {
    for (const { metric, matchers, within, window } of selectorsOf(filledIn(expr, '5m'))) {
      const where = `${panel.title}: ${metric}`;
      match(matchers, /\{job=~"\.\+",instance=~"\.\+"/, where);
      if (/_(total|sum|count|bucket)$/.test(metric) && metric !== 'nodejs_active_resources_total')
        match(within ?? '', /^(rate|increase)$/, where);
      equal(within === undefined, window === undefined, where);
    }
    match(expr, /job=~"\$job",instance=~"\$instance"/, panel.title);
    // A rate is over what Grafana says; a sum over the whole time that is shown is what two panels are for.
    const windows = [...expr.matchAll(/\[([^\]]+)\]/g)].map(([, window]) => window);
    const isWhole = ['Dead letters', 'Faults in this time'].includes(panel.title);
    for (const window of windows) equal(window, isWhole ? '$__range' : '$__rate_interval', panel.title);
  }
  for (const { expr } of dashboard.annotations.list) ok(selectorsOf(filledIn(expr, '5m')).length > 0);
});

test('each alert is CamelCase, says what it is and what to do, and has its heading in the runbook', () => {
  ok(existsSync(RUNBOOK));
  const headings = [...readFileSync(RUNBOOK, 'utf8').matchAll(/^## (\w+)$/gm)].map(([, heading]) => heading);
  for (const { alert, labels, annotations } of alerts) {
    match(alert, /^Clockify([A-Z][a-z]+)+$/);
    ok(['critical', 'warning', 'info'].includes(labels.severity), alert);
    match(annotations.summary, /\S/);
    ok(annotations.description.length > 60, `${alert}: what to do?`);
    equal(annotations.runbook_url, `docs/runbook.md#${alert.toLowerCase()}`);
  }
  deepEqual(headings, [...new Set(alerts.map(({ alert }) => alert))], 'a heading an alert, in their order');
  for (const heading of ['Means', 'Look at', 'Do'])
    equal(readFileSync(RUNBOOK, 'utf8').split(`**${heading}:**`).length - 1, headings.length);
});

test('what the dashboard and the alerts ask for is exported, and what is exported is asked for or listed', () => {
  const { registry } = createMetrics({ version: '1', node: 'v24', shards: 1, sources: [] });
  const names = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  const asked = [...queries.map(({ expr }) => filledIn(expr, '5m')), ...rules.map(({ expr }) => expr)]
    .flatMap(selectorsOf)
    .map(({ metric }) => metric.replace(/_(bucket|sum|count)$/, ''));
  const ours = new Set(asked.filter((metric) => metric.startsWith('clockify_')));
  deepEqual(
    [...ours].filter((metric) => !names.has(metric)),
    [],
    'asked for, and not exported',
  );
  const unasked = [...names].filter((name) => name.startsWith('clockify_') && !ours.has(name));
  deepEqual(unasked, UNUSED);
  const others = new Set(asked.filter((metric) => !metric.startsWith('clockify')));
  deepEqual(
    [...others].filter((metric) => !names.has(metric) && metric !== 'up'),
    [],
  );
});
