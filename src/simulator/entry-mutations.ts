import type { CustomFieldValue, EntryType, ProjectRow, Rate, TimeEntryRow } from './rows.ts';
import { isoDuration, isoSecond } from './time.ts';
import { rowOf, UnknownRowError, type WorldContext } from './world-context.ts';

/** Epoch ms or ISO text. */
export type Moment = number | string;

export interface EntryFields {
  readonly description?: string | undefined;
  readonly projectId?: string | null | undefined;
  readonly taskId?: string | null | undefined;
  readonly tagIds?: readonly string[] | null | undefined;
  readonly billable?: boolean | undefined;
  readonly type?: EntryType | undefined;
  readonly isLocked?: boolean | undefined;
  readonly hourlyRate?: Rate | null | undefined;
  readonly costRate?: Rate | null | undefined;
  /** By custom field id; any JSON value. */
  readonly customFieldValues?: Readonly<Record<string, unknown>> | undefined;
}

export interface NewEntry extends EntryFields {
  readonly workspaceId: string;
  readonly userId: string;
  /** Default: an hour ago. */
  readonly start?: Moment | undefined;
  /** Default: now. null: still running. */
  readonly end?: Moment | null | undefined;
  /** Default: minted. */
  readonly id?: string | undefined;
  /** What the first 8 digits of the id say. Default: now. */
  readonly createdAtMs?: number | undefined;
}

export interface EntryEdit extends EntryFields {
  readonly start?: Moment | undefined;
  readonly end?: Moment | null | undefined;
}

export function addEntry(context: WorldContext, input: NewEntry, kind = 'entryAdded'): TimeEntryRow {
  rowOf(context, 'users', input.workspaceId, input.userId);
  const now = context.clock();
  const id = input.id ?? context.mintId(input.createdAtMs ?? now);
  const plain = fieldsOf(input, projectOf(context, input.workspaceId, input.projectId));
  const row: TimeEntryRow = {
    id,
    description: plain.description,
    tagIds: plain.tagIds,
    userId: input.userId,
    billable: plain.billable,
    taskId: plain.taskId,
    projectId: plain.projectId,
    workspaceId: input.workspaceId,
    timeInterval: interval(input.start ?? now - 3_600_000, input.end === undefined ? now : input.end),
    customFieldValues: customFieldValues(context, input.workspaceId, id, input.customFieldValues),
    type: plain.type,
    kioskId: null,
    hourlyRate: plain.hourlyRate,
    costRate: plain.costRate,
    isLocked: plain.isLocked,
  };
  return put(context, kind, row);
}

type PlainFields = Omit<
  TimeEntryRow,
  'id' | 'userId' | 'workspaceId' | 'timeInterval' | 'customFieldValues' | 'kioskId'
>;

/** Billable and the rate come from the project where the entry does not say. */
function fieldsOf(given: EntryFields, project: ProjectRow | undefined): PlainFields {
  const {
    description = '',
    tagIds = null,
    billable = project?.billable ?? false,
    taskId = null,
    projectId = null,
    type = 'REGULAR',
    hourlyRate = project?.hourlyRate ?? null,
    costRate = null,
    isLocked = false,
  } = given;
  return { description, tagIds, billable, taskId, projectId, type, hourlyRate, costRate, isLocked };
}

/** Changes what is named; a moved `start` takes the entry to another place in the list. */
export function editEntry(context: WorldContext, workspaceId: string, id: string, edit: EntryEdit): TimeEntryRow {
  const before = rowOf(context, 'timeEntries', workspaceId, id);
  const { start, end, customFieldValues: values, ...fields } = edit;
  if (edit.projectId !== undefined) projectOf(context, workspaceId, edit.projectId);
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  return put(context, 'entryEdited', {
    ...before,
    ...given,
    timeInterval: interval(start ?? before.timeInterval.start, end === undefined ? before.timeInterval.end : end),
    customFieldValues: before.customFieldValues.map((value) =>
      values !== undefined && value.customFieldId in values ? { ...value, value: values[value.customFieldId] } : value,
    ),
  });
}

export function deleteEntry(context: WorldContext, workspaceId: string, id: string): TimeEntryRow {
  const before = rowOf(context, 'timeEntries', workspaceId, id);
  context.store.write({ kind: 'entryDeleted', resource: 'timeEntries', workspaceId, id, after: null });
  track(context, before, null);
  context.bin.set(id, before);
  const [oldest] = context.bin.keys();
  if (context.bin.size > 1000 && oldest !== undefined) context.bin.delete(oldest);
  return before;
}

/** Brings back a deleted entry as it was, under the same id; only what was deleted meanwhile is lost to it. */
export function restoreEntry(context: WorldContext, workspaceId: string, id: string): TimeEntryRow {
  const row = context.bin.get(id);
  if (row === undefined || row.workspaceId !== workspaceId) throw new UnknownRowError(`no deleted time entry ${id}`);
  context.bin.delete(id);
  const isThere = (resource: 'projects' | 'tasks' | 'tags', known: string): boolean =>
    context.store.row(resource, workspaceId, known) !== undefined;
  const hasProject = row.projectId !== null && isThere('projects', row.projectId);
  return put(context, 'entryRestored', {
    ...row,
    projectId: hasProject ? row.projectId : null,
    taskId: hasProject && row.taskId !== null && isThere('tasks', row.taskId) ? row.taskId : null,
    tagIds: row.tagIds === null ? null : row.tagIds.filter((tagId) => isThere('tags', tagId)),
  });
}

/** One timer runs for a user at most: a running one is stopped first. */
export function startTimer(
  context: WorldContext,
  input: EntryFields & { readonly workspaceId: string; readonly userId: string; readonly start?: Moment | undefined },
): TimeEntryRow {
  stopTimer(context, input.workspaceId, input.userId, input.start);
  return addEntry(context, { ...input, start: input.start ?? context.clock(), end: null }, 'timerStarted');
}

/** @returns undefined where no timer of that user runs */
export function stopTimer(
  context: WorldContext,
  workspaceId: string,
  userId: string,
  end: Moment = context.clock(),
): TimeEntryRow | undefined {
  const running = context.store.runningOf(workspaceId, userId);
  if (running === undefined) return undefined;
  const endMs = Math.max(msOf(end), Date.parse(running.timeInterval.start));
  return put(context, 'timerStopped', { ...running, timeInterval: interval(running.timeInterval.start, endMs) });
}

function put(context: WorldContext, kind: string, after: TimeEntryRow): TimeEntryRow {
  const { workspaceId, id } = after;
  const before = context.store.row('timeEntries', workspaceId, id) ?? null;
  context.store.write({ kind, resource: 'timeEntries', workspaceId, id, after });
  track(context, before, after);
  return rowOf(context, 'timeEntries', workspaceId, id);
}

function projectOf(context: WorldContext, workspaceId: string, projectId: string | null | undefined) {
  return projectId === null || projectId === undefined ? undefined : rowOf(context, 'projects', workspaceId, projectId);
}

/** Running entries count for nothing yet. */
function secondsOf(row: TimeEntryRow | null): number {
  if (row === null || row.timeInterval.end === null) return 0;
  return (Date.parse(row.timeInterval.end) - Date.parse(row.timeInterval.start)) / 1000;
}

/** A project's `duration` moves with the entries tracked on it. */
function track(context: WorldContext, before: TimeEntryRow | null, after: TimeEntryRow | null): void {
  const moved = new Map<string, number>();
  const add = (projectId: string | null | undefined, seconds: number): void => {
    if (typeof projectId === 'string') moved.set(projectId, (moved.get(projectId) ?? 0) + seconds);
  };
  add(before?.projectId, -secondsOf(before));
  add(after?.projectId, secondsOf(after));
  for (const [projectId, seconds] of moved) {
    if (seconds !== 0) moveDuration(context, (after ?? before)?.workspaceId ?? '', projectId, seconds);
  }
}

function moveDuration(context: WorldContext, workspaceId: string, id: string, seconds: number): void {
  const total = (context.projectSeconds.get(id) ?? 0) + seconds;
  context.projectSeconds.set(id, total);
  const project = context.store.row('projects', workspaceId, id);
  if (project === undefined || context.isSeeding) return;
  const after = { ...project, duration: isoDuration(total) };
  context.store.write({ kind: 'projectDurationMoved', resource: 'projects', workspaceId, id, after });
}

function interval(start: Moment, end: Moment | null): TimeEntryRow['timeInterval'] {
  const startMs = Math.floor(msOf(start) / 1000) * 1000;
  if (end === null) return { start: isoSecond(startMs), end: null, duration: null };
  const seconds = Math.floor(msOf(end) / 1000) - startMs / 1000;
  if (seconds < 0) throw new RangeError(`an entry cannot end before its start: ${isoSecond(startMs)}`);
  return { start: isoSecond(startMs), end: isoSecond(msOf(end)), duration: isoDuration(seconds) };
}

function msOf(moment: Moment): number {
  const ms = typeof moment === 'number' ? moment : Date.parse(moment);
  if (Number.isNaN(ms)) throw new RangeError(`not an instant: ${moment}`);
  return ms;
}

function customFieldValues(
  { customFields }: WorldContext,
  workspaceId: string,
  timeEntryId: string,
  values: Readonly<Record<string, unknown>> = {},
): readonly CustomFieldValue[] {
  return (customFields.get(workspaceId) ?? []).map(({ id, name, type }) => ({
    customFieldId: id,
    timeEntryId,
    value: values[id] ?? null,
    name,
    type,
  }));
}
