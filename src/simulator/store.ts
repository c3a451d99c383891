import { type Audit, createAudit } from './audit.ts';
import { createEntryIndex, type EntryIndex } from './entry-index.ts';
import { createHistory, type History } from './history.ts';
import type { ResourceName, ResourceRows, Row, TimeEntryRow } from './rows.ts';

export interface StoreOptions {
  readonly clock: () => number;
  readonly historyLimit: number;
}

interface Write<N extends ResourceName> {
  readonly kind: string;
  readonly resource: N;
  readonly workspaceId: string;
  readonly id: string;
  /** null removes the row. */
  readonly after: ResourceRows[N] | null;
}

/** All rows, by resource, workspace and id, with the indices that make a page cheap. The only place that changes a row. */
export interface Store {
  readonly history: History;
  readonly audit: Audit;
  /** When each state of a time entry was first answered, epoch ms: what somebody who asks can know. By the row itself. */
  readonly shownAtMs: WeakMap<TimeEntryRow, number>;
  /** Rows written from now on carry fields nobody has heard of. */
  extraFields: boolean;
  row<N extends ResourceName>(resource: N, workspaceId: string, id: string): ResourceRows[N] | undefined;
  /** In order of creation. */
  rows<N extends ResourceName>(resource: N, workspaceId: string): readonly ResourceRows[N][];
  workspaceIds(): readonly string[];
  entriesOf(workspaceId: string, userId: string): EntryIndex;
  /** Of a workspace, newest start first. */
  running(workspaceId: string): readonly TimeEntryRow[];
  runningOf(workspaceId: string, userId: string): TimeEntryRow | undefined;
  write<N extends ResourceName>(write: Write<N>): void;
  /** The rows as they are now, each resource by `workspaceId/id`. */
  truth(): Truth;
}

export type Truth = Record<ResourceName, Record<string, Row>>;

type Tables = { [N in ResourceName]: Map<string, Map<string, ResourceRows[N]>> };

export function createStore({ clock, historyLimit }: StoreOptions): Store {
  const tables = emptyTables();
  const history = createHistory(historyLimit);
  const audit = createAudit(clock);
  const indices = new Map<string, EntryIndex>();
  const running = new Map<string, Map<string, TimeEntryRow>>();

  const entriesOf = (workspaceId: string, userId: string): EntryIndex =>
    entryOf(indices, `${workspaceId}/${userId}`, createEntryIndex);

  const reindex = (workspaceId: string, before: TimeEntryRow | null, after: TimeEntryRow | null): void => {
    const timers = entryOf(running, workspaceId, () => new Map<string, TimeEntryRow>());
    if (before !== null) {
      entriesOf(workspaceId, before.userId).remove(before);
      timers.delete(before.id);
    }
    if (after === null) return;
    entriesOf(workspaceId, after.userId).add(after);
    if (after.timeInterval.end === null) timers.set(after.id, after);
  };

  const store: Store = {
    history,
    audit,
    shownAtMs: new WeakMap(),
    extraFields: false,
    row: (resource, workspaceId, id) => tables[resource].get(workspaceId)?.get(id),
    rows: (resource, workspaceId) => [...(tables[resource].get(workspaceId)?.values() ?? [])],
    workspaceIds: () => [...tables.workspaces.keys()],
    entriesOf,
    running: (workspaceId) => [...(running.get(workspaceId)?.values() ?? [])].sort(newestFirst),
    runningOf: (workspaceId, userId) =>
      [...(running.get(workspaceId)?.values() ?? [])].find((row) => row.userId === userId),
    write({ kind, resource, workspaceId, id, after }) {
      const table = entryOf(tables[resource], workspaceId, () => new Map());
      const before = table.get(id) ?? null;
      const row = after === null || !store.extraFields ? after : { ...after, ...UNKNOWN_FIELDS };
      if (row === null) table.delete(id);
      else table.set(id, row);
      if (resource === 'timeEntries') reindex(workspaceId, before as TimeEntryRow | null, row as TimeEntryRow | null);
      if (!COMPUTED.has(kind)) audit.note(resource, workspaceId, id, before, row);
      history.append({ atMs: clock(), kind, resource, workspaceId, id, before, after: row });
    },
    truth: () => truthOf(tables),
  };
  return store;
}

/** Changes that are made of other rows and that nobody made to this one. */
const COMPUTED: ReadonlySet<string> = new Set(['seeded', 'projectDurationMoved', 'workspaceMembershipsMoved']);

/** Unknown fields appear in answers without notice: one plain, one nested. */
const UNKNOWN_FIELDS = { simulatorVersion: 2, simulatorDetails: { origin: 'SIMULATOR', weight: 1.5 } } as const;

function newestFirst(one: TimeEntryRow, other: TimeEntryRow): number {
  return one.timeInterval.start < other.timeInterval.start ? 1 : -1;
}

function emptyTables(): Tables {
  return {
    workspaces: new Map(),
    users: new Map(),
    projects: new Map(),
    timeEntries: new Map(),
    clients: new Map(),
    tags: new Map(),
    tasks: new Map(),
    userGroups: new Map(),
    customFields: new Map(),
    expenseCategories: new Map(),
    expenses: new Map(),
    approvals: new Map(),
    invoices: new Map(),
  };
}

function truthOf(tables: Tables): Truth {
  const named = Object.entries(tables).map(([resource, table]) => [
    resource,
    Object.fromEntries(
      [...table].flatMap(([workspaceId, rows]) => [...rows].map(([id, row]) => [`${workspaceId}/${id}`, row])),
    ),
  ]);
  return Object.fromEntries(named) as Truth;
}

function entryOf<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
