import { type Answer, ApiError, type ApiRequest, accessDenied, ok } from './answer.ts';
import { openApprovals } from './approval-index.ts';
import { instantOf, integerOf, requiredListOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { ResourceName, TimeEntryRow } from './rows.ts';
import type { Store } from './store.ts';
import { isoSecond, offsetMs } from './time.ts';

const RANGE_MS = 30 * 86_400_000;

/** What a type stands for; null: known, and nothing of it is in this world. */
const TYPES: Readonly<Record<string, ResourceName | null>> = {
  TIME_ENTRY: 'timeEntries',
  TIME_ENTRY_CUSTOM_FIELD_VALUE: null,
  TIME_ENTRY_RATE: null,
  CLIENTS: 'clients',
  PROJECTS: 'projects',
  TAGS: 'tags',
  TASKS: 'tasks',
  SCHEDULED_ASSIGNMENT: null,
};

interface Asked {
  readonly workspaceId: string;
  readonly types: readonly string[];
  readonly contains: (atMs: number) => boolean;
}

interface Change {
  readonly atMs: number;
  readonly item: object;
}

/** Made in the range, whatever happened to them since, as long as they are there (Clockify documentation). */
export function listCreated(request: ApiRequest): Answer {
  const { workspaceId, types, contains } = askedOf(request);
  const living = livingOf(request, workspaceId);
  return answerOf(
    request,
    types.flatMap((type) =>
      stampsOf(request.store, type, workspaceId)
        .filter(({ createdAtMs }) => contains(createdAtMs))
        .map((stamp) => ({ atMs: stamp.createdAtMs, item: living(type, stamp) })),
    ),
  );
}

/** Changed in the range and made before it. */
export function listUpdated(request: ApiRequest): Answer {
  const { workspaceId, types, contains } = askedOf(request);
  const living = livingOf(request, workspaceId);
  return answerOf(
    request,
    types.flatMap((type) =>
      stampsOf(request.store, type, workspaceId)
        .filter((stamp) => contains(stamp.updatedAtMs) && !contains(stamp.createdAtMs))
        .filter((stamp) => stamp.updatedAtMs !== stamp.createdAtMs)
        .map((stamp) => ({ atMs: stamp.updatedAtMs, item: living(type, stamp) })),
    ),
  );
}

/** Deleted in the range and made before it; seen only after a while. */
export function listDeleted(request: ApiRequest): Answer {
  const { workspaceId, types, contains } = askedOf(request);
  const seenUntilMs = request.nowMs - request.settings.entityChanges.deletionDelayMs;
  return answerOf(
    request,
    types.flatMap((type) => {
      const resource = TYPES[type] ?? null;
      if (resource === null) return [];
      return request.store.audit
        .deletions(resource, workspaceId)
        .filter(({ createdAtMs, deletedAtMs }) => contains(deletedAtMs) && !contains(createdAtMs))
        .filter(({ deletedAtMs }) => deletedAtMs <= seenUntilMs)
        .map((gone) => ({ atMs: gone.deletedAtMs, item: sparse(type, gone) }));
    }),
  );
}

/** @throws {ApiError} 403 where the lists are not to be had, 400 for a type that is missing or unknown */
function askedOf(request: ApiRequest): Asked {
  const { query, caller, settings, nowMs } = request;
  const { workspace } = enterWorkspace(request);
  if (!settings.entityChanges.enabled || caller.role !== 'ADMIN') throw accessDenied();
  const types = requiredListOf(query, 'type');
  const unknown = types.find((type) => !Object.hasOwn(TYPES, type));
  if (unknown !== undefined) {
    throw new ApiError(400, 3002, `Unknown type ${unknown}; accepted are ${Object.keys(TYPES).join(', ')}`);
  }
  const start = instantOf(query, 'start');
  const end = instantOf(query, 'end') ?? (start === undefined ? nowMs + 1 : start + RANGE_MS);
  const fromMs = start ?? end - RANGE_MS;
  return { workspaceId: workspace.id, types, contains: (atMs) => atMs >= fromMs && atMs < end };
}

/** A bare list, paged by `limit`; `page-size` is ignored and no header says which page is the last (observed 2026-05). */
function answerOf({ query, settings }: ApiRequest, changes: readonly Change[]): Answer {
  const limit = Math.max(1, integerOf(query, 'limit') ?? 50);
  const { firstPage } = settings.entityChanges;
  const page = Math.max(0, (integerOf(query, 'page') ?? 0) - firstPage);
  const inOrder = changes.toSorted((one, other) => one.atMs - other.atMs);
  const items = inOrder.slice(page * limit, (page + 1) * limit).map(({ item }) => item);
  return { ...ok(items), page: page + 1 };
}

function stampsOf({ audit }: Store, type: string, workspaceId: string) {
  const resource = TYPES[type] ?? null;
  return resource === null ? [] : audit.stamps(resource, workspaceId);
}

/** Renders what is there: the row with its times, and for a time entry how far its approval is. */
function livingOf({ store }: ApiRequest, workspaceId: string): (type: string, stamp: Stamp) => object {
  const approvals = openApprovals(store, workspaceId);
  return (type, stamp) => {
    const row = store.row(TYPES[type] ?? 'timeEntries', workspaceId, stamp.id);
    const approvalStatus = approvals.get(stamp.id)?.state ?? 'UNSUBMITTED';
    const entity = type === 'TIME_ENTRY' ? { ...entryOf(store, row as TimeEntryRow), approvalStatus } : row;
    const auditMetadata = { createdAt: isoSecond(stamp.createdAtMs), updatedAt: isoSecond(stamp.updatedAtMs) };
    return { ...entity, auditMetadata, documentCode: type };
  };
}

interface Stamp {
  readonly id: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
}

/** Without rates and custom fields, and with the interval once more in the zone of the user (Clockify documentation). */
function entryOf(store: Store, row: TimeEntryRow): object {
  const { hourlyRate: _rate, costRate: _cost, customFieldValues: _values, isLocked: _locked, ...plain } = row;
  const zone = store.row('users', row.workspaceId, row.userId)?.settings?.timeZone ?? 'UTC';
  const { start, end } = row.timeInterval;
  const offset = (at: string | null): number => (at === null ? 0 : offsetMs(Date.parse(at), zone));
  const zoned = (at: string | null): string | null => (at === null ? null : isoSecond(Date.parse(at) + offset(at)));
  const timeInterval = {
    ...row.timeInterval,
    timeZone: zone,
    offsetStart: offset(start) / 1000,
    offsetEnd: offset(end) / 1000,
    zonedStart: zoned(start),
    zonedEnd: zoned(end),
  };
  return { ...plain, timeInterval };
}

/** Little is left of what is gone; its time has milliseconds. */
function sparse(type: string, { id, deletedAtMs }: { readonly id: string; readonly deletedAtMs: number }): object {
  return { id, deletedAt: new Date(deletedAtMs).toISOString(), document: { _id: id }, documentCode: type };
}
