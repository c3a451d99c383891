import { type Answer, type ApiRequest, ok } from './answer.ts';
import { type ReportEntry, reportEntries } from './report-entries.ts';
import { exported } from './report-export.ts';
import { reportFilter } from './report-filters.ts';
import { badReport, choiceOf, fieldsIn, numberIn, reportQueryOf } from './report-request.ts';
import { totalsOf } from './report-sums.ts';
import type { Store } from './store.ts';
import { wallClockToInstant, zonedSecond } from './time.ts';

/** As observed with clients: 5000 is refused. */
const MOST_ROWS = 1000;
const DEFAULT_ROWS = 50;

type Sorting = (entry: ReportEntry) => string | number;

const byStart: Sorting = ({ startMs }) => startMs;
const SORTINGS: Readonly<Record<string, Sorting>> = {
  DATE: byStart,
  ZONED_DATE: byStart,
  NATURAL: byStart,
  ID: ({ row }) => row.id,
  DESCRIPTION: ({ row }) => row.description.toLowerCase(),
  USER: ({ user }) => user?.name?.toLowerCase() ?? '',
  DURATION: ({ seconds }) => seconds,
  USER_DATE: ({ user, row }) => `${user?.name?.toLowerCase() ?? ''}/${row.timeInterval.start}`,
};

/** Paged, newest first where nothing else is asked for; the totals are of all pages. */
export function detailedReport(request: ApiRequest): Answer {
  const query = reportQueryOf(request);
  const filter = fieldsIn(query.body, 'detailedFilter');
  if (filter === undefined) throw badReport('Please provide detailed filter.');
  const page = Math.max(1, numberIn(filter, 'page') ?? 1);
  const size = numberIn(filter, 'pageSize') ?? DEFAULT_ROWS;
  if (size < 1 || size > MOST_ROWS) throw badReport(`Page size must be between 1 and ${MOST_ROWS}`);
  const column = choiceOf(filter, 'sortColumn', Object.keys(SORTINGS)) ?? 'DATE';
  const excludes = choiceOf(fieldsIn(filter, 'options') ?? {}, 'totals', ['CALCULATE', 'EXCLUDE']) === 'EXCLUDE';
  const { store } = request;
  const isWanted = reportFilter(query.body, store, request.caller);
  const entries = sorted(
    reportEntries(store, query.workspace.id, query).filter(isWanted),
    SORTINGS[column] ?? byStart,
    query.isDescending ?? true,
  );
  const rows = entries.slice((page - 1) * size, page * size);
  const body = {
    totals: excludes ? [] : totalsOf(entries, query.hidesAmounts),
    timeentries: rows.map((entry) => detailedRow(store, entry, query.zone, query.hidesAmounts)),
  };
  return query.exportType.startsWith('JSON') ? { ...ok(body), page } : exported(query.exportType);
}

export interface DetailedRange {
  /** Wall clock in `timeZone`, both ends included: `2026-03-01T00:00:00`. */
  readonly start: string;
  readonly end: string;
  /** Default UTC. */
  readonly timeZone?: string | undefined;
}

/** All rows of a detailed report without a filter, as the owner gets them, newest first. */
export function detailedRows(store: Store, workspaceId: string, range: DetailedRange): readonly object[] {
  const { start, end, timeZone: zone = 'UTC' } = range;
  const instantOf = (text: string): number => {
    const ms = Date.parse(`${text.replace(/Z$/, '')}Z`);
    if (Number.isNaN(ms)) throw new RangeError(`not a date and time: ${text}`);
    return wallClockToInstant(ms, zone);
  };
  const entries = reportEntries(store, workspaceId, { fromMs: instantOf(start), toMs: instantOf(end) });
  return sorted(entries, byStart, true).map((entry) => detailedRow(store, entry, zone, false));
}

function sorted(entries: readonly ReportEntry[], read: Sorting, isDescending: boolean): readonly ReportEntry[] {
  const sign = isDescending ? -1 : 1;
  const compare = <V extends string | number>(one: V, other: V): number => (one === other ? 0 : one < other ? -1 : 1);
  return entries.toSorted(
    (one, other) => sign * (compare(read(one), read(other)) || compare(one.row.id, other.row.id)),
  );
}

function detailedRow(store: Store, entry: ReportEntry, zone: string, hidesAmounts: boolean): object {
  const { row, user, task, tags } = entry;
  return {
    _id: row.id,
    description: row.description,
    userId: row.userId,
    userName: user === undefined ? 'DeletedUser' : user.name,
    userEmail: user?.email ?? '',
    ...projectFields(entry),
    taskId: row.taskId,
    taskName: task?.name ?? null,
    tagIds: row.tagIds ?? [],
    tags: tags.map(({ id, name }) => ({ _id: id, name })),
    timeInterval: {
      start: zonedSecond(entry.startMs, zone),
      end: zonedSecond(entry.startMs + entry.seconds * 1000, zone),
      duration: entry.seconds,
    },
    billable: row.billable,
    isLocked: row.isLocked,
    type: row.type,
    approvalRequestId: entry.approvalId,
    ...(hidesAmounts ? {} : moneyFields(entry)),
    customFields: row.customFieldValues,
    ...invoicingFields(entry),
    ...(store.extraFields ? { simulatorReport: { version: 2, origin: 'SIMULATOR' } } : {}),
  };
}

/** Without a project all five are null; where the project has no client its two are not there at all. */
function projectFields({ row, project, client }: ReportEntry): object {
  const { projectId } = row;
  if (project === undefined) {
    return { projectId, projectName: null, projectColor: null, clientId: null, clientName: null };
  }
  const ofClient = client === undefined ? {} : { clientId: client.id, clientName: client.name };
  return { projectId, projectName: project.name, projectColor: project.color, ...ofClient };
}

/** The first two are the older names of the next two. */
function moneyFields({ earned, earnedRate, cost, costRate, currency }: ReportEntry): object {
  return {
    amount: earned,
    rate: earnedRate,
    earnedAmount: earned,
    earnedRate,
    costAmount: cost,
    costRate,
    currency,
  };
}

/** An object, an empty list or not there (observed 2026); which of the last two says nothing. */
function invoicingFields({ row, isInvoiced }: ReportEntry): object {
  if (isInvoiced) {
    return { invoicingInfo: { manuallyInvoiced: true, invoiceId: null, invoiceNumber: null } };
  }
  return row.id.endsWith('1') ? { invoicingInfo: [] } : {};
}
