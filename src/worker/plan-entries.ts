import { CHANGE_LISTS, LIMIT } from '../clockify/rhythms/change-lists.ts';
import { OVERLAP_MS } from '../clockify/rhythms/changes.ts';
import { READS_A_SWEEP } from '../clockify/rhythms/strays.ts';
import { FURTHEST_ZONE_MS } from '../clockify/rhythms/windows.ts';
import { templateNamed } from '../clockify/templates/catalogue.ts';
import type { RhythmsConfig, SourceConfig } from '../config/source-config.ts';
import type { Rhythm } from '../core/request-plan.ts';
import { straysEveryMs } from './plan-rhythms.ts';

/** What there is of time entries in one workspace, and what becomes of it. */
export interface EntryCounts {
  readonly users: number;
  /** Time entries of all users. */
  readonly entries: number;
  /** How far back they go; undefined: not known. */
  readonly days?: number | undefined;
  /** Entries that are made, changed or deleted in an hour; undefined: not known. */
  readonly changes?: number | undefined;
  /** Entries of users who are listed no more. */
  readonly strays?: number | undefined;
}

interface Entries {
  readonly source: SourceConfig;
  readonly rhythms: RhythmsConfig;
  readonly counts: EntryCounts;
  /** Users whose lists are read. */
  readonly slices: number;
  /** Of `recent`: undefined where it runs but once. */
  readonly everyMs: number | undefined;
  readonly nowMs: number;
}

const [HOUR_MS, DAY_MS] = [3_600_000, 24 * 3_600_000];
/** Where nobody has said how far back entries go. */
const DAYS = 365;
/** An entry is made, and later stopped or corrected. */
const CHANGES_PER_ENTRY = 2;
const BEHIND_THE_LAST = 3;
/** The longest that can be set of each. */
const LONGEST_MS = { running: DAY_MS, changes: DAY_MS, recent: 30 * DAY_MS, reconcile: 365 * DAY_MS } as const;

/** What each rhythm of time entries asks of a workspace's budget, in the order of their priority. */
export function entryRhythms(given: Entries): readonly Rhythm[] {
  const { runningMs, changesMs, recentMs, reconcile } = given.rhythms;
  return [
    ...(runningMs === undefined ? [] : [runningOf(given, runningMs)]),
    ...(changesMs === undefined ? [] : [changesOf(given, changesMs)]),
    ...(recentMs === undefined ? [] : [recentOf(given, recentMs)]),
    ...(reconcile === undefined ? [] : [reconcileOf(given, reconcile), straysOf(given, reconcile.everyMs)]),
  ];
}

/** Whoever has left the list is read by id: that is half of what happens, if every entry is timed. */
function runningOf(given: Entries, everyMs: number): Rhythm {
  const { users } = given.counts;
  const readsPerHour = changesOfHour(given) / 2;
  const assumes = `a timer for each user at most, and ${rounded(readsPerHour)} that stop in an hour`;
  const requestsPerPass = pagesOf(users, pageSizeOf(given));
  return {
    ...named(given, 'running'),
    priority: 'running',
    everyMs,
    requestsPerPass,
    readsPerHour,
    slices: 1,
    assumes,
  };
}

/** Three lists, each to its empty page, of the interval and its overlap; then each entry that they name anew. */
function changesOf(given: Entries, everyMs: number): Rhythm {
  const readsPerHour = changesOfHour(given);
  const named_ = (readsPerHour * (everyMs + OVERLAP_MS)) / HOUR_MS / 2;
  // What is made and what is changed fill a list each; few entries are deleted.
  const requestsPerPass = CHANGE_LISTS + 2 * morePages(named_);
  const assumes = `${rounded(readsPerHour)} changes in an hour`;
  return {
    ...named(given, 'changes'),
    priority: 'changes',
    everyMs,
    requestsPerPass,
    readsPerHour,
    slices: 1,
    assumes,
  };
}

/** Pages besides the empty one, in the mean, of a list that names so many in the mean. */
function morePages(items: number): number {
  return items > LIMIT / 2 ? items / LIMIT + 0.5 : 1 - Math.exp(-items);
}

function recentOf(given: Entries, recentMs: number): Rhythm {
  const { slices, everyMs, source } = given;
  const pages = pagesOf(entriesWithin(given, recentMs + FURTHEST_ZONE_MS), pageSizeOf(given));
  const own = { ...named(given, 'recent'), setting: `every of ${source.name}` };
  return { ...own, priority: 'recent', everyMs, requestsPerPass: slices * pages, slices };
}

/** Each window is read; behind the last entry one more is empty, is asked where it ends, and is read once more. */
function reconcileOf(given: Entries, { everyMs, windowMs, sinceMs }: NonNullable<RhythmsConfig['reconcile']>): Rhythm {
  const { slices, counts, nowMs } = given;
  const days = daysOf(given);
  const sinceDays = sinceMs === undefined ? Number.POSITIVE_INFINITY : Math.max(0, nowMs - sinceMs) / DAY_MS;
  const isCut = counts.entries > 0 && sinceDays <= days;
  const windows = counts.entries === 0 ? 0 : Math.ceil(Math.min(days, sinceDays) / (windowMs / DAY_MS));
  const pages = pagesOf(entriesWithin(given, windowMs + 2 * FURTHEST_ZONE_MS), pageSizeOf(given));
  const requestsPerPass = slices * (windows * pages + (isCut ? 0 : BEHIND_THE_LAST));
  const assumes = isCut ? undefined : `a history of ${rounded(days)} days of each user`;
  return { ...named(given, 'reconcile'), priority: 'reconcile', everyMs, requestsPerPass, slices, assumes };
}

/** Entries of users who are gone, some of them at a time. */
function straysOf(given: Entries, reconcileMs: number): Rhythm {
  const { strays = 0 } = given.counts;
  const own = { ...named(given, 'strays'), setting: `reconcile of ${given.source.name}` };
  const everyMs = straysEveryMs(reconcileMs);
  const assumes = strays === 0 ? 'no entries of users who are gone' : undefined;
  const requestsPerPass = Math.min(strays, READS_A_SWEEP);
  return { ...own, priority: 'reconcile', everyMs, requestsPerPass, slices: 1, assumes };
}

function named({ source }: Entries, rhythm: keyof typeof LONGEST_MS | 'strays') {
  const longestMs = LONGEST_MS[rhythm === 'strays' ? 'reconcile' : rhythm];
  return { source: source.name, rhythm, setting: `${rhythm} of ${source.name}`, longestMs };
}

function changesOfHour({ counts }: Entries): number {
  const { changes, entries, days = DAYS } = counts;
  return changes ?? (CHANGES_PER_ENTRY * entries) / Math.max(1, days) / 24;
}

/** Of one user. */
function entriesWithin(given: Entries, ms: number): number {
  const { users, entries } = given.counts;
  return (entries / Math.max(1, users)) * Math.min(1, ms / (daysOf(given) * DAY_MS));
}

function daysOf({ counts }: Entries): number {
  return Math.max(1, counts.days ?? DAYS);
}

function pageSizeOf({ source }: Entries): number {
  return source.pageSize ?? templateNamed(source.template).list.pageSize;
}

/** The last page says that it is the last. */
function pagesOf(items: number, pageSize: number): number {
  return Math.max(1, Math.ceil(items / pageSize));
}

function rounded(value: number): string {
  return value >= 10 || Number.isInteger(value) ? String(Math.round(value)) : value.toPrecision(2);
}
