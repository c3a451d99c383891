import { type Answer, type ApiRequest, accessDenied, notOfWorkspace, ok } from './answer.ts';
import type { Listing } from './entry-index.ts';
import { pageOf } from './paging.ts';
import { booleanOf, instantOf, listOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { TimeEntryRow } from './rows.ts';
import type { Store } from './store.ts';
import { wallClockToInstant } from './time.ts';

const WEEK_MS = 7 * 86_400_000;

/** Newest start first, so future ones on top. A member's key sees nothing of others, and is not told so. */
export function listEntries(request: ApiRequest): Answer {
  const { caller, params, store } = request;
  const { workspace, self } = enterWorkspace(request);
  const userId = params.userId ?? '';
  if (store.row('users', workspace.id, userId) === undefined) throw notOfWorkspace('User');
  const { fromMs, toMs } = rangeOf(request.query, self.settings?.timeZone ?? 'UTC');
  const inRange = store.entriesOf(workspace.id, userId).between(fromMs, toMs);
  const filter = entryFilter(request.query);
  const listing = filter === undefined ? inRange : inRange.slice().filter(filter);
  const visible: Listing<TimeEntryRow> = caller.role === 'ADMIN' || userId === caller.userId ? listing : [];
  return pageOf(request, visible, {}, renderer(request, true));
}

/** All timers of the workspace; the page is 10 where no size is asked for, and 1000 at most. */
export function listRunning(request: ApiRequest): Answer {
  const { caller, store } = request;
  const { workspace } = enterWorkspace(request);
  const rows = store.running(workspace.id).filter(({ userId }) => caller.role === 'ADMIN' || userId === caller.userId);
  return pageOf(request, rows, { defaultSize: 10, maxSize: 1000 }, renderer(request, true));
}

export function getEntry(request: ApiRequest): Answer {
  const { caller, params, store } = request;
  const { workspace } = enterWorkspace(request);
  const row = store.row('timeEntries', workspace.id, params.id ?? '');
  if (row === undefined) throw notOfWorkspace('Time entry');
  if (caller.role !== 'ADMIN' && row.userId !== caller.userId) throw accessDenied();
  return ok(renderer(request, false)(row));
}

/**
 * Both bounds are about the start. Their UTC wall clock is read again as local time in the zone of the account that
 * asks (observed 2026-08), so that `T00:00:00Z` on a UTC+2 account means 22:00 UTC of the day before.
 */
function rangeOf(query: URLSearchParams, zone: string): { readonly fromMs: number; readonly toMs: number } {
  const weekBefore = instantOf(query, 'get-week-before');
  const start = instantOf(query, 'start') ?? (weekBefore === undefined ? undefined : weekBefore - WEEK_MS);
  const end = instantOf(query, 'end') ?? weekBefore;
  return {
    fromMs: start === undefined ? Number.NEGATIVE_INFINITY : wallClockToInstant(start, zone),
    toMs: end === undefined ? Number.POSITIVE_INFINITY : wallClockToInstant(end, zone),
  };
}

type EntryFilter = (row: TimeEntryRow) => boolean;

/** undefined where every entry is wanted: the usual case, which must not walk the whole list. */
function entryFilter(query: URLSearchParams): EntryFilter | undefined {
  const filters: EntryFilter[] = [];
  const description = query.get('description')?.toLowerCase() ?? '';
  const project = query.get('project') ?? '';
  const task = query.get('task') ?? '';
  const tags = listOf(query, 'tags');
  const isRunning = booleanOf(query, 'in-progress');
  if (description !== '') filters.push((row) => row.description.toLowerCase().includes(description));
  if (project !== '') filters.push((row) => row.projectId === project);
  if (task !== '') filters.push((row) => row.taskId === task);
  if (tags.length > 0) filters.push((row) => tags.some((tag) => row.tagIds?.includes(tag) === true));
  if (booleanOf(query, 'project-required') === true) filters.push((row) => row.projectId !== null);
  if (booleanOf(query, 'task-required') === true) filters.push((row) => row.taskId !== null);
  if (isRunning !== undefined) filters.push((row) => (row.timeInterval.end === null) === isRunning);
  if (query.has('get-week-before')) filters.push((row) => row.projectId !== null || row.taskId !== null);
  return filters.length === 0 ? undefined : (row) => filters.every((filter) => filter(row));
}

/** Hydrated adds what the ids stand for and keeps the ids; the user is null in the single read (observed 2023-08). */
function renderer({ query, store, nowMs }: ApiRequest, inList: boolean): (row: TimeEntryRow) => object {
  const isHydrated = booleanOf(query, 'hydrated') ?? false;
  const shown = (row: TimeEntryRow): TimeEntryRow => {
    if (!store.shownAtMs.has(row)) store.shownAtMs.set(row, nowMs);
    return row;
  };
  if (!isHydrated) return shown;
  return (row) => ({
    ...shown(row),
    tags: (row.tagIds ?? []).map((id) => store.row('tags', row.workspaceId, id)).filter((tag) => tag !== undefined),
    user: inList ? userOf(store, row) : null,
    task: row.taskId === null ? null : (store.row('tasks', row.workspaceId, row.taskId) ?? null),
    project: row.projectId === null ? null : (store.row('projects', row.workspaceId, row.projectId) ?? null),
    kiosk: null,
  });
}

function userOf(store: Store, { workspaceId, userId }: TimeEntryRow): object | null {
  const user = store.row('users', workspaceId, userId);
  return user === undefined ? null : { ...user, memberships: [] };
}
