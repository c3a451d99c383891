import { type Answer, type ApiRequest, ok } from './answer.ts';
import { type ReportEntry, reportEntries } from './report-entries.ts';
import { exported } from './report-export.ts';
import { reportFilter } from './report-filters.ts';
import { dateOf, dayOf, grouped, grouperOf } from './report-groups.ts';
import { badReport, fieldsIn, type ReportQuery, reportQueryOf, textOf } from './report-request.ts';
import { nodeOf } from './report-summary.ts';
import { sumsOf, totalsOf } from './report-sums.ts';

const DAY_MS = 86_400_000;
const DAYS = [0, 1, 2, 3, 4, 5, 6];

/** Of a user or a project each of seven days. The longest span of the plan does not matter here (observed 2026-08). */
export function weeklyReport(request: ApiRequest): Answer {
  const query = reportQueryOf(request, { isWeekly: true });
  refuseOtherThanWeek(query);
  const filter = fieldsIn(query.body, 'weeklyFilter');
  if (filter === undefined) throw badReport('Please provide weekly filter.');
  const group = textOf(filter, 'group') ?? 'PROJECT';
  if (group !== 'USER' && group !== 'PROJECT') throw badReport('Invalid group name');
  if (!['TIME', 'EARNINGS'].includes(textOf(filter, 'subgroup') ?? 'TIME')) throw badReport('Invalid sub group name');
  const { store } = request;
  const lastDay = query.wall.fromMs + 6 * DAY_MS;
  const isWanted = reportFilter(query.body, store, request.caller);
  const entries = reportEntries(store, query.workspace.id, query)
    .filter(({ startMs }) => dayOf(startMs, query.zone) <= lastDay)
    .filter(isWanted);
  const view = { store, zone: query.zone, weekStart: query.weekStart };
  const body = {
    totals: totalsOf(entries, query.hidesAmounts),
    groupOne: grouped(entries, grouperOf(group), view).map((one) => ({
      ...nodeOf(one, query),
      days: daysOf(one.entries, query),
    })),
    totalsByDay: daysOf(entries, query),
  };
  return query.exportType.startsWith('JSON') ? ok(body) : exported(query.exportType);
}

/** Seven days to the millisecond, or to their last second (observed 2026-08). */
function refuseOtherThanWeek({ wall: { fromMs, toMs } }: ReportQuery): void {
  const missingMs = 7 * DAY_MS - (toMs - fromMs);
  if (missingMs >= 0 && missingMs <= 1000) return;
  throw badReport('Please select date range of exactly 7 days for weekly report');
}

function daysOf(entries: readonly ReportEntry[], query: ReportQuery): readonly object[] {
  return DAYS.map((index) => {
    const day = dayOf(query.fromMs, query.zone) + index * DAY_MS;
    const { seconds, earned } = sumsOf(entries.filter(({ startMs }) => dayOf(startMs, query.zone) === day));
    return { date: dateOf(day), duration: seconds, ...(query.hidesAmounts ? {} : { amount: earned }) };
  });
}
