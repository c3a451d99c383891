/** The dashboard and the alerts that are mounted beside a worker, and what their queries say. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

const inConfig = (path: string) => fileURLToPath(new URL(`../../config/${path}`, import.meta.url));
export const ALERTS_FILE = inConfig('prometheus/alerts.yml');
export const PROMETHEUS_FILE = inConfig('prometheus/prometheus.yml');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly datasource?: { readonly uid: string };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}

interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly multi: boolean;
  readonly allValue?: string;
  readonly refresh: number;
  readonly datasource?: { readonly uid: string };
  readonly query: string | { readonly query: string };
}

interface Dashboard {
  readonly editable: boolean;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
}

export const dashboard = JSON.parse(
  readFileSync(inConfig('grafana/dashboards/clockify-kafka.json'), 'utf8'),
) as Dashboard;
export const panels = dashboard.panels.filter(({ type }) => type !== 'row');

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook_url: string };
}

type Rule = Alert | { readonly record: string; readonly expr: string };

const groups = (parse(readFileSync(ALERTS_FILE, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] }).groups;
export const rules = groups.flatMap((group) => group.rules);
export const alerts = rules.filter((rule): rule is Alert => 'alert' in rule);

/** What Grafana puts in for its variables. */
export function filledIn(expr: string, window: string): string {
  return expr
    .replaceAll('$__rate_interval', window)
    .replaceAll('$__range', window)
    .replaceAll(/\$(job|instance|source)/g, '.+');
}

/** `label_values(QUERY, label)` of a variable, as its two parts. */
export function labelValues(variable: Variable): { readonly query: string; readonly label: string } {
  const text = typeof variable.query === 'string' ? variable.query : variable.query.query;
  const [, query = '', label = ''] = /^label_values\((.*), (\w+)\)$/.exec(text) ?? [];
  return { query, label };
}

export interface Selector {
  readonly metric: string;
  readonly matchers: string;
  /** The function whose argument it is, as written, and its window; undefined where it is an instant. */
  readonly within: string | undefined;
  readonly window: string | undefined;
}

/** @throws {Error} where it is not PromQL */
export function selectorsOf(expr: string): readonly Selector[] {
  const found: Selector[] = [];
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expr}`);
      if (node.name !== 'VectorSelector') return;
      const text = expr.slice(node.from, node.to);
      const [, metric = '', matchers = ''] = /^([a-zA-Z_:][\w:]*)(\{.*\})?$/s.exec(text) ?? [];
      const { parent } = node.node;
      const range = parent?.name === 'MatrixSelector' ? parent : undefined;
      const call = range?.parent?.parent;
      found.push({
        metric,
        matchers,
        within: call ? expr.slice(call.from, call.to).split('(', 1)[0] : undefined,
        window: range && expr.slice(node.to, range.to),
      });
    },
  });
  return found;
}
