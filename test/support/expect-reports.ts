import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { Expectation, Row } from './comparison.ts';
import { post } from './practice-http.ts';

/**
 * What the topics of the two reports of `config/all.yaml` must hold: rows of the last seven days and the next one. The
 * range slides, so that nothing is said of what is within two minutes of its edges.
 */
const BEFORE_MS = 7 * 86_400_000;
const AFTER_MS = 86_400_000;
const EDGE_MS = 120_000;

/** From the rows that the practice Clockify itself says a report must come to. */
export function expectDetailed({ world }: Simulator, topic: string, nowMs: number): Expectation {
  const template = templateNamed('detailed-report');
  const { keyOf, rowOf } = compileMapping(template);
  const [fromMs, toMs] = [nowMs - BEFORE_MS, nowMs + AFTER_MS];
  const rows = new Map<string, Row>();
  for (const workspace of world.store.workspaceIds()) {
    for (const item of world.detailedRows(workspace, { start: wall(fromMs), end: wall(toMs) })) {
      rows.set(keyOf(item, { workspace }).join('/'), rowOf(item, { workspace }));
    }
  }
  const mayDiffer = ({ time_interval_start: at }: Row) => Number(at) < fromMs + EDGE_MS || Number(at) > toMs - EDGE_MS;
  return { topic, rows, ignored: template.ignoreChanges, mayDiffer };
}

/** From the answers of the practice Clockify, which must stand still. Groups with entries at an edge may differ. */
export async function expectSummary(simulator: Simulator, topic: string, nowMs: number): Promise<Expectation> {
  const template = templateNamed('summary-report');
  const { keyOf, rowOf } = compileMapping(template);
  const [fromMs, toMs] = [nowMs - BEFORE_MS, nowMs + AFTER_MS];
  const rows = new Map<string, Row>();
  const moving = new Set<unknown>();
  for (const workspace of simulator.world.store.workspaceIds()) {
    const ask = async (start: number, end: number): Promise<readonly Row[]> =>
      leavesOf(await askSummary(simulator, workspace, start, end));
    for (const item of await ask(fromMs, toMs)) {
      rows.set(keyOf(item, { workspace }).join('/'), rowOf(item, { workspace }));
    }
    for (const edgeMs of [fromMs, toMs]) {
      for (const { group_path: path } of await ask(edgeMs - EDGE_MS, edgeMs + EDGE_MS)) moving.add(path);
    }
  }
  const totals = template.fields.map(({ field }) => field).filter((field) => field.startsWith('total_'));
  const ignored = moving.size === 0 ? template.ignoreChanges : [...template.ignoreChanges, ...totals];
  return { topic, rows, ignored, mayDiffer: ({ group_path: path }) => moving.has(path) };
}

interface Node extends Row {
  readonly children?: readonly Node[];
}

interface Summary {
  readonly totals: readonly (Row | null)[];
  readonly groupOne: readonly Node[];
}

const GROUPS = ['PROJECT', 'USER'] as const;

async function askSummary(simulator: Simulator, workspace: string, start: number, end: number): Promise<Summary> {
  const url = `${simulator.reportsUrl}/workspaces/${workspace}/reports/summary`;
  return (await post(simulator, url, {
    dateRangeStart: wall(start),
    dateRangeEnd: wall(end),
    timeZone: 'UTC',
    exportType: 'JSON',
    summaryFilter: { groups: GROUPS },
  })) as Summary;
}

/** One item a project and user, with the totals of the report on each. */
function leavesOf({ totals: [total], groupOne }: Summary): readonly Row[] {
  return groupOne.flatMap((project) =>
    (project.children ?? []).map((user) => ({
      source: 'summary-report',
      group_path: `PROJECT:${idOf(project)}/USER:${idOf(user)}`,
      ...groupOf(1, project),
      ...groupOf(2, user),
      duration_seconds: user.duration,
      amount: user.amount,
      amounts: user.amounts,
      currency: user.currency,
      workspace_currency_code: user.workspaceCurrencyCode,
      total_time_seconds: total?.totalTime,
      total_billable_time_seconds: total?.totalBillableTime,
      total_entries_count: total?.entriesCount,
      total_amount: total?.totalAmount,
      total_amount_by_currency: total?.totalAmountByCurrency,
      total_amounts: total?.amounts,
    })),
  );
}

function idOf({ _id: id }: Node): string {
  return typeof id === 'string' && id !== '' ? id : 'without';
}

function groupOf(level: 1 | 2, node: Node): Row {
  const id = node._id === '' ? undefined : node._id;
  return {
    [`group_${level}_type`]: GROUPS[level - 1],
    [`group_${level}_id`]: id,
    [`group_${level}_name`]: node.name,
    [`group_${level}_color`]: node.color,
    [`group_${level}_client_name`]: node.clientName,
  };
}

/** As the clocks of UTC show it. */
function wall(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19);
}
