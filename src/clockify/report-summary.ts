import { type Fields, isFields } from './json-body.ts';
import { parseAnswer, unreadable } from './report-answer.ts';
import { addMoney, addNumbers } from './report-sums.ts';
import { totalsOf } from './report-totals.ts';

export interface SummaryOptions {
  readonly source: string;
  /** Of the request, outermost first: an answer does not name them. */
  readonly groups: readonly string[];
  readonly range: { readonly start: string; readonly end: string };
  /** Whether each row carries the totals of the report. */
  readonly totals: boolean;
}

/**
 * A summary report as rows, one for each innermost group. The reports of several pieces of a range are added up.
 *
 * @param body a JSON list of reports, one for each piece
 * @throws {WorkerError} transient `report.unreadable`
 */
export function readSummary(body: Uint8Array, options: SummaryOptions): readonly Fields[] {
  const reports = parseAnswer(body);
  if (!Array.isArray(reports)) throw unreadable();
  const rows = new Map<string, Fields>();
  for (const report of reports) {
    if (!isFields(report) || !Array.isArray(report.groupOne)) throw unreadable();
    for (const leaf of leavesOf(report.groupOne, options.groups)) {
      const known = rows.get(leaf.group_path);
      rows.set(leaf.group_path, known === undefined ? leaf : added(known, leaf));
    }
  }
  const { source, range } = options;
  const same = { source, range_start: range.start, range_end: range.end, ...(options.totals ? totalsOf(reports) : {}) };
  return [...rows.values()].map((row) => ({ ...row, ...same }));
}

interface Leaf extends Fields {
  readonly group_path: string;
}

/** Under what stands above: the fields of the groups so far, and their parts of the path. */
interface Above {
  readonly level: number;
  readonly fields: Fields;
  readonly path: readonly string[];
}

const TOP: Above = { level: 1, fields: {}, path: [] };

function leavesOf(nodes: readonly unknown[], groups: readonly string[], above: Above = TOP): readonly Leaf[] {
  const type = groups[above.level - 1] ?? '';
  return nodes.flatMap((node) => {
    if (!isFields(node)) throw unreadable();
    const path = [...above.path, pathPart(type, node)];
    const fields = { ...above.fields, ...groupOf(type, above.level, node) };
    const { children } = node;
    if (above.level < groups.length && Array.isArray(children) && children.length > 0) {
      return leavesOf(children, groups, { level: above.level + 1, fields, path });
    }
    return [{ ...sumsOf(node), ...fields, group_path: path.join('/') }];
  });
}

function groupOf(type: string, level: number, node: Fields): Fields {
  const field = (name: string) => `group_${level}_${name}`;
  return {
    [field('type')]: type,
    [field('id')]: idOf(node),
    [field('name')]: node.name,
    [field('color')]: node.color,
    [field('client_name')]: node.clientName,
  };
}

/** What says which group it is, or how it is drawn. */
const GROUP_FIELDS = ['_id', 'id', 'name', 'nameLowerCase', 'color', 'clientName', 'children', 'days'];

/** Fields that nobody knows stay under their own names, so that they are counted as unknown. */
function sumsOf(node: Fields): Fields {
  const { duration, amount, amounts, currency, workspaceCurrencyCode, ...others } = node;
  const unknown = Object.entries(others).filter(([name]) => !GROUP_FIELDS.includes(name));
  return {
    ...Object.fromEntries(unknown),
    duration_seconds: duration,
    amount,
    amounts,
    currency,
    workspace_currency_code: workspaceCurrencyCode,
  };
}

/** Empty or absent for what has none of the kind; one client's model has a list. */
function idOf({ _id: id }: Fields): string | undefined {
  if (typeof id === 'string' && id !== '') return id;
  return Array.isArray(id) && id.length > 0 ? id.join(',') : undefined;
}

/** "Without project" in whatever letters: the group of those that have none, by one name for ever. */
const NONE = 'without';

function pathPart(type: string, node: Fields): string {
  const name = typeof node.name === 'string' ? node.name.trim() : '';
  const label = idOf(node) ?? (/^\(?without\b/i.test(name) ? '' : name);
  return `${type}:${label === '' ? NONE : escaped(label)}`;
}

/** A description may contain anything, also what parts the levels. */
function escaped(label: string): string {
  return label === NONE ? '%77ithout' : label.replaceAll('%', '%25').replaceAll('/', '%2F');
}

function added(one: Fields, other: Leaf): Fields {
  return {
    ...one,
    duration_seconds: addNumbers(one.duration_seconds, other.duration_seconds),
    amount: addNumbers(one.amount, other.amount),
    amounts: addMoney(one.amounts, other.amounts, 'type'),
  };
}
