import { type Answer, type ApiRequest, ok } from './answer.ts';
import { type ReportEntry, reportEntries } from './report-entries.ts';
import { exported } from './report-export.ts';
import { reportFilter } from './report-filters.ts';
import { type Group, type GroupView, grouped, grouperOf } from './report-groups.ts';
import { badReport, choiceOf, fieldsIn, type ReportQuery, reportQueryOf, textsIn } from './report-request.ts';
import { moneyOf, sumsOf, totalsOf } from './report-sums.ts';

const DEEPEST = 3;
const SORTINGS: Readonly<Record<string, (group: Group) => string | number>> = {
  GROUP: ({ head }) => head.name.toLowerCase(),
  DURATION: ({ entries }) => sumsOf(entries).seconds,
  AMOUNT: ({ entries }) => sumsOf(entries).earned,
  EARNED: ({ entries }) => sumsOf(entries).earned,
  COST: ({ entries }) => sumsOf(entries).cost,
  PROFIT: ({ entries }) => sumsOf(entries).earned - sumsOf(entries).cost,
};

interface Shape extends GroupView {
  readonly query: ReportQuery;
  readonly sort: (group: Group) => string | number;
}

/** Whole, never paged. */
export function summaryReport(request: ApiRequest): Answer {
  const query = reportQueryOf(request);
  const filter = fieldsIn(query.body, 'summaryFilter');
  if (filter === undefined) throw badReport('Please provide summary filter.');
  const groups = textsIn(filter, 'groups');
  if (groups.length === 0 || groups.length > DEEPEST) throw badReport('Invalid group name');
  const groupers = groups.map(grouperOf);
  const column = choiceOf(filter, 'sortColumn', Object.keys(SORTINGS)) ?? 'GROUP';
  const chart = choiceOf(filter, 'summaryChartType', ['BILLABILITY', 'PROJECT']) ?? 'PROJECT';
  const { store } = request;
  const isWanted = reportFilter(query.body, store, request.caller);
  const entries = reportEntries(store, query.workspace.id, query).filter(isWanted);
  const sort = SORTINGS[column] ?? (({ head }) => head.name);
  const shape: Shape = { store, zone: query.zone, weekStart: query.weekStart, query, sort };
  const groupOne = nodesOf(entries, groupers, shape);
  const body = {
    totals: totalsOf(entries, query.hidesAmounts),
    groupOne,
    donutChart: chart === 'PROJECT' ? projectChart(entries, shape) : billabilityChart(entries),
    groupTotals: {
      groupOneTotalCount: groupOne.length,
      groupTwoTotalCount: groupOne.reduce((sum, { children = [] }) => sum + children.length, 0),
    },
  };
  return query.exportType.startsWith('JSON') ? ok(body) : exported(query.exportType);
}

interface Node {
  readonly children?: readonly Node[];
}

/** The leaves have no `children` at all. */
function nodesOf(
  entries: readonly ReportEntry[],
  [first, ...rest]: readonly ReturnType<typeof grouperOf>[],
  shape: Shape,
): readonly Node[] {
  if (first === undefined) return [];
  const sign = shape.query.isDescending === true ? -1 : 1;
  const compare = (one: Group, other: Group): number => {
    const [a, b] = [shape.sort(one), shape.sort(other)];
    return sign * (a === b ? 0 : a < b ? -1 : 1);
  };
  return grouped(entries, first, shape)
    .toSorted(compare)
    .map((group) => ({
      ...nodeOf(group, shape.query),
      ...(rest.length === 0 ? {} : { children: nodesOf(group.entries, rest, shape) }),
    }));
}

/** A group with its time and its money, without what is below it. */
export function nodeOf({ head, entries }: Group, { hidesAmounts }: ReportQuery): object {
  const sums = sumsOf(entries);
  return {
    ...head,
    nameLowerCase: head.name.toLowerCase(),
    duration: sums.seconds,
    ...moneyOf(sums, entries[0]?.currency ?? 'USD', hidesAmounts),
  };
}

function projectChart(entries: readonly ReportEntry[], shape: Shape): readonly object[] {
  return grouped(entries, grouperOf('PROJECT'), shape).map((group) => nodeOf(group, shape.query));
}

function billabilityChart(entries: readonly ReportEntry[]): readonly object[] {
  const { seconds, billableSeconds } = sumsOf(entries);
  return [
    { name: 'Billable', duration: billableSeconds },
    { name: 'Non-billable', duration: seconds - billableSeconds },
  ];
}
