import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { TimeEntryRow } from '../../src/simulator/rows.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { type Deed, type Fate, type Fates, fatesOf, type Life, type Outcome, type Sight } from './change-fates.ts';
import type { Published } from './published.ts';

/** What each rhythm looks at and how often, ms; undefined: off. */
export interface Pace {
  readonly intervals: Readonly<Record<string, number | undefined>>;
  readonly recentMs: number;
  /** For so long at most may an answer lie on its way to the commit. */
  readonly overtakenMs: number;
}

/** How long after it happened a change was published, ms. */
interface Latency {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** What became of the changes of one kind, those of the first load left out but for `duringFirstLoad`. */
export interface KindReport {
  readonly happened: number;
  readonly fates: Readonly<Record<Fate, number>>;
  readonly seenBy: Readonly<Record<string, number>>;
  readonly latency: Latency | undefined;
  /** By the rhythm that saw it, to be held against its interval. */
  readonly latencyBy: Readonly<Record<string, Latency & { readonly intervalMs: number | undefined }>>;
  /** The longest that a change stood which nobody saw before the next one. */
  readonly longestUnseenMs: number;
}

export interface ChangeReport {
  readonly firstLoadMs: number;
  /** Changes that happened before everything had been read once: no latency can be told. */
  readonly duringFirstLoad: number;
  readonly kinds: Readonly<Record<string, KindReport>>;
  /** Must be empty: a change that was answered and never published, or is still true and not in the topic. */
  readonly lost: readonly string[];
  /** Must be empty: published, and never true. */
  readonly untrue: readonly string[];
  /** Must be empty: published with bounds between which it did not happen. */
  readonly outOfBounds: readonly string[];
}

/** Where the truth begins: what stands in the history so far was there before anybody looked. */
export interface Beginning {
  readonly sequence: number;
  readonly atMs: number;
}

export function beginningOf({ world }: Simulator): Beginning {
  return { sequence: world.history.sequence, atMs: Date.now() };
}

/** Holds what was published of time entries against everything that happened to them. */
export function reportChanges(
  simulator: Pick<Simulator, 'world'>,
  beginning: Beginning,
  published: readonly Published[],
  pace: Pace,
): ChangeReport {
  const sights = sightsOf(published);
  const loadedAtMs = Math.max(beginning.atMs, ...published.filter(isRead).map(({ value }) => Number(value?.__ts_ms)));
  const all = [...livesOf(simulator, beginning, sights, pace.recentMs)].map(
    ([key, life]) => [key, fatesOf(life, pace.overtakenMs)] as const,
  );
  const outcomes = all.flatMap(([, fates]) => fates.outcomes);
  const after = outcomes.filter(({ deed }) => deed.atMs > loadedAtMs);
  const kinds = [...new Set(after.map(({ deed }) => deed.kind))].sort();
  const named = (pick: (fates: Fates) => readonly string[]) =>
    all.flatMap(([key, fates]) => pick(fates).map((what) => `${key} ${what}`));
  return {
    firstLoadMs: loadedAtMs - beginning.atMs,
    duringFirstLoad: outcomes.length - after.length,
    kinds: Object.fromEntries(kinds.map((kind) => [kind, kindReport(after, kind, pace)])),
    lost: named((fates) => fates.outcomes.filter(({ fate }) => fate === 'lost').map(({ deed }) => deed.kind)),
    untrue: named((fates) => fates.untrue.map(({ by, row }) => `${row === null ? 'd' : 'row'} by ${by}`)),
    outOfBounds: named((fates) => fates.outOfBounds.map(({ by }) => `by ${by}`)),
  };
}

function kindReport(outcomes: readonly Outcome[], kind: string, { intervals }: Pace): KindReport {
  const mine = outcomes.filter(({ deed }) => deed.kind === kind);
  const seen = mine.flatMap(({ deed, sight }) =>
    sight === undefined ? [] : [{ by: sight.by, ms: sight.publishedAtMs - deed.atMs }],
  );
  const rhythms = [...new Set(seen.map(({ by }) => by))].sort();
  const by = (rhythm: string) => seen.filter((each) => each.by === rhythm).map(({ ms }) => ms);
  const fate = (name: Fate) => mine.filter((outcome) => outcome.fate === name).length;
  return {
    happened: mine.length,
    fates: {
      seen: fate('seen'),
      superseded: fate('superseded'),
      undone: fate('undone'),
      overtaken: fate('overtaken'),
      lost: fate('lost'),
    },
    seenBy: Object.fromEntries(rhythms.map((rhythm) => [rhythm, by(rhythm).length])),
    latency: latencyOf(seen.map(({ ms }) => ms)),
    latencyBy: Object.fromEntries(
      rhythms.map((rhythm) => [rhythm, { ...(latencyOf(by(rhythm)) as Latency), intervalMs: intervals[rhythm] }]),
    ),
    longestUnseenMs: Math.max(0, ...mine.filter((each) => each.fate === 'superseded').map((each) => each.stoodMs ?? 0)),
  };
}

function latencyOf(times: readonly number[]): Latency | undefined {
  if (times.length === 0) return undefined;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function isRead({ value }: Published): boolean {
  return value?.__op === 'r';
}

/** By key as `workspace/id`; tombstones say nothing that their delete has not said. */
function sightsOf(published: readonly Published[]): ReadonlyMap<string, readonly Sight[]> {
  const sights = new Map<string, Sight[]>();
  for (const { key, value, headers } of published) {
    if (value === null) continue;
    const place = Object.values(key).join('/');
    const { __op, __deleted, __source_ts_ms, __ts_ms, ...row } = value;
    const notBefore = headers.clockify_not_before_ms;
    const sight: Sight = {
      row: __op === 'd' ? null : row,
      by: headers.clockify_seen_by ?? 'the whole list',
      publishedAtMs: Number(__ts_ms),
      notBeforeMs: notBefore === undefined ? undefined : Number(notBefore),
      notAfterMs: Number(headers.clockify_not_after_ms ?? __ts_ms),
    };
    sights.set(place, [...(sights.get(place) ?? []), sight]);
  }
  return sights;
}

/** Of every entry that something happened to. */
function livesOf(
  { world }: Pick<Simulator, 'world'>,
  { sequence }: Beginning,
  sights: ReadonlyMap<string, readonly Sight[]>,
  recentMs: number,
): ReadonlyMap<string, Life> {
  const { rowOf } = compileMapping(templateNamed('time-entries'));
  const lives = new Map<string, { readonly first: Life['first']; readonly deeds: Deed[] }>();
  for (const { resource, workspaceId, id, kind, atMs, ...entry } of world.history.since(sequence)) {
    if (resource !== 'timeEntries') continue;
    const [before, after] = [entry.before as TimeEntryRow | null, entry.after as TimeEntryRow | null];
    const row = (item: TimeEntryRow | null) => (item === null ? null : rowOf(item, { workspace: workspaceId }));
    const key = `${workspaceId}/${id}`;
    const life = lives.get(key) ?? { first: row(before), deeds: [] };
    lives.set(key, life);
    life.deeds.push({
      kind: kindOf(kind, [before, after], atMs - recentMs),
      atMs,
      after: row(after),
      shownAtMs: after === null ? undefined : world.store.shownAtMs.get(after),
    });
  }
  return new Map([...lives].map(([key, life]) => [key, { ...life, sights: sights.get(key) ?? [] }]));
}

const KINDS: Readonly<Record<string, string>> = {
  timerStarted: 'timer started',
  timerStopped: 'timer stopped',
  entryAdded: 'created',
  entryEdited: 'edited',
  entryDeleted: 'deleted',
  entryRestored: 'restored',
};

/** Back-dated: neither before nor after it was within the window of `recent`. */
function kindOf(kind: string, rows: readonly (TimeEntryRow | null)[], recentFromMs: number): string {
  const name = KINDS[kind] ?? kind;
  const isOld = rows.every((row) => row === null || Date.parse(row.timeInterval.start) < recentFromMs);
  return isOld ? `${name}, back-dated` : name;
}
