import type { ReportEntry } from './report-entries.ts';
import { groupIdsOf } from './report-filters.ts';
import { badReport } from './report-request.ts';
import type { Store } from './store.ts';
import { isoSecond, offsetMs, startOfDay, startOfWeek } from './time.ts';

const DAY_MS = 86_400_000;

/** What a group of entries is called. Without an id it is the group of those that have none. */
interface GroupHead {
  readonly _id?: string;
  readonly name: string;
  readonly color?: string;
  readonly clientName?: string;
}

export interface GroupView {
  readonly store: Store;
  readonly zone: string;
  readonly weekStart: string;
}

/** The groups an entry is in: one, or as many as it has tags, or its user has groups. */
type Grouper = (entry: ReportEntry, view: GroupView) => readonly GroupHead[];

const GROUPERS: Readonly<Record<string, Grouper>> = {
  PROJECT: ({ project }) => {
    if (project === undefined) return [{ _id: '', name: 'Without project' }];
    return [{ _id: project.id, name: project.name, color: project.color, clientName: project.clientName }];
  },
  CLIENT: ({ client }) => [client === undefined ? { _id: '', name: 'Without client' } : headOf(client)],
  TASK: ({ task }) => [task === undefined ? { name: 'Without task' } : headOf(task)],
  USER: ({ row, user }) => [{ _id: row.userId, name: user === undefined ? 'DeletedUser' : (user.name ?? user.email) }],
  TAG: ({ tags }) => (tags.length === 0 ? [{ name: 'Without tag' }] : tags.map(headOf)),
  USER_GROUP: (entry, { store }) => {
    const ids = groupIdsOf(store, entry);
    if (ids.length === 0) return [{ name: 'Without group' }];
    return ids.map((id) => ({ _id: id, name: store.row('userGroups', entry.row.workspaceId, id)?.name ?? '' }));
  },
  DATE: ({ startMs }, { zone }) => [dated(dateOf(dayOf(startMs, zone)))],
  WEEK: ({ startMs }, { zone, weekStart }) => {
    const first = startOfWeek(dayOf(startMs, zone), weekStart);
    return [{ _id: dateOf(first), name: `${dateOf(first)} - ${dateOf(first + 6 * DAY_MS)}` }];
  },
  MONTH: ({ startMs }, { zone }) => [dated(dateOf(dayOf(startMs, zone)).slice(0, 7))],
  TIMEENTRY: ({ row }) => [
    row.description === '' ? { _id: '', name: '(no description)' } : { _id: row.description, name: row.description },
  ],
};

/** @throws {ApiError} 400 for a name that is none; those in lower case are none either */
export function grouperOf(name: string): Grouper {
  const grouper = Object.hasOwn(GROUPERS, name) ? GROUPERS[name] : undefined;
  if (grouper === undefined) throw badReport('Invalid group name');
  return grouper;
}

export interface Group {
  readonly head: GroupHead;
  readonly entries: readonly ReportEntry[];
}

/** By name, and by id where two have the same. */
export function grouped(entries: readonly ReportEntry[], group: Grouper, view: GroupView): readonly Group[] {
  const groups = new Map<string | undefined, { readonly head: GroupHead; readonly entries: ReportEntry[] }>();
  for (const entry of entries) {
    for (const head of group(entry, view)) {
      const known = groups.get(head._id);
      if (known === undefined) groups.set(head._id, { head, entries: [entry] });
      else known.entries.push(entry);
    }
  }
  return [...groups.values()].toSorted((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

function keyOf({ head: { name, _id } }: Group): string {
  return `${name.toLowerCase()}/${_id ?? ''}`;
}

/** Midnight of the day that clocks in `zone` show, as UTC clocks would. */
export function dayOf(atMs: number, zone: string): number {
  return startOfDay(atMs + offsetMs(atMs, zone));
}

export function dateOf(midnight: number): string {
  return isoSecond(midnight).slice(0, 10);
}

function dated(text: string): GroupHead {
  return { _id: text, name: text };
}

function headOf({ id, name }: { readonly id: string; readonly name: string }): GroupHead {
  return { _id: id, name };
}
