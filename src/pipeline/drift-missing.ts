import type { ItemShape, ShapeTally } from '../core/item-shape.ts';

/**
 * Which fields have gone from the answers of a source. Clockify leaves out what an item does not have, now and then, and
 * answers may come from servers of two versions for a while; so a field is missing only where
 *
 * - every item that was read had it, until the first that had not,
 * - nobody has seen it any more for three complete sweeps in a row of a slice that was read before that: between the
 *   first and the third all others had their turn,
 * - such sweeps have shown at least {@link LEAST} items without it, each slice counted once.
 *
 * One that comes and goes for longer than {@link MIXED_MS} is optional, and so is one that the first items lack: neither
 * is told of until the process ends. Each rhythm is judged by itself, for it may ask another endpoint. An unchanged page
 * testifies as it did when it was read. Memory: some numbers a path and rhythm, three a slice, a shared text a page.
 */
export interface Absences {
  /** @returns what is to be remembered of the page, and of ids that are missing already how many items lack them */
  notePage(look: LookedAt, tally: ShapeTally | undefined, known: KnownSight | undefined): PageAbsences;
  /** @returns ids that are missing from now on, and how many items have shown it; then the sweep is forgotten */
  noteSweep(look: LookedAt): readonly Absent[];
}

type Absent = readonly [id: number, items: number];

interface PageAbsences {
  readonly sight: string;
  readonly missed: readonly Absent[];
}

/** An unchanged page: what `notePage` gave for it. */
export interface KnownSight {
  readonly sight: string;
  readonly items: number;
}

/** Of a slice, by the count of pages of its source; 0: never. */
export interface SliceSights {
  /** The first page that had items. */
  firstAt: number;
  /** The beginning of the last complete sweep, and of the one before it. */
  sweptAt: number;
  sweptBeforeAt: number;
}

export interface SweepSights {
  /** Its first page; 0: none yet. */
  beganAt: number;
  /** By id: items of pages on which nobody had it. */
  readonly without: Map<number, number>;
}

export interface LookedAt {
  readonly rhythm: string;
  readonly slice: SliceSights;
  readonly sweep: SweepSights;
  /** On a monotonic clock. */
  readonly nowMs: number;
}

const LEAST = 10;
/** @internal */
export const MIXED_MS = 86_400_000;

export function newSliceSights(): SliceSights {
  return { firstAt: 0, sweptAt: 0, sweptBeforeAt: 0 };
}

export function newSweepSights(): SweepSights {
  return { beganAt: 0, without: new Map() };
}

/** One path in one rhythm, by the count of pages; 0: never. */
interface PathRecord {
  shownAt: number;
  /** The first time, and when that was. */
  lackedAt: number;
  lackedMs: number;
  /** Items without it since it was last shown, and whether a slice has been swept three times since. */
  without: number;
  isConfirmed: boolean;
  judged: 'optional' | 'missing' | undefined;
}

/** On a page: on every item, on some, on none, or there is nothing that could have it. */
const ALL = '+';
const SOME = '~';
const NONE = '0';
const SILENT = '-';

export function createAbsences({ paths }: ItemShape): Absences {
  const rhythms = new Map<string, readonly PathRecord[]>();
  const intern = createInterner();
  let at = 0;
  const recordsOf = (rhythm: string): readonly PathRecord[] => {
    const records = rhythms.get(rhythm) ?? paths.map(newRecord);
    rhythms.set(rhythm, records);
    return records;
  };

  return {
    notePage(look, tally, known) {
      at += 1;
      const { sight, items } = tally === undefined ? (known ?? NO_SIGHT) : sightOf(paths, tally);
      begin(look, at, items);
      const records = recordsOf(look.rhythm);
      const without = records.flatMap((record, id) => {
        noteMark(record, sight[id], at, look.nowMs);
        return sight[id] === NONE ? [id] : [];
      });
      const absent = without.map((id): Absent => [id, tally?.absent[id] ?? items]);
      for (const [id, count] of absent) if (records[id]?.judged === undefined) addTo(look.sweep.without, id, count);
      const missed = absent.filter(([id]) => tally !== undefined && records[id]?.judged === 'missing');
      return { sight: intern(sight), missed };
    },
    noteSweep({ rhythm, slice, sweep }) {
      const records = recordsOf(rhythm);
      const gone = [...sweep.without].filter(([id, items]) => isGone(records[id], items, slice, sweep.beganAt));
      if (sweep.beganAt > 0) Object.assign(slice, { sweptAt: sweep.beganAt, sweptBeforeAt: slice.sweptAt });
      return gone.map(([id]) => [id, records[id]?.without ?? 0]);
    },
  };
}

function newRecord(): PathRecord {
  return { shownAt: 0, lackedAt: 0, lackedMs: 0, without: 0, isConfirmed: false, judged: undefined };
}

const NO_SIGHT: KnownSight = { sight: '', items: 0 };

function begin({ sweep, slice }: LookedAt, at: number, items: number): void {
  if (sweep.beganAt === 0) sweep.beganAt = at;
  if (slice.firstAt === 0 && items > 0) slice.firstAt = at;
}

function noteMark(record: PathRecord, mark: string | undefined, at: number, nowMs: number): void {
  if (record.judged === 'optional' || mark === undefined || mark === SILENT) return;
  if (mark !== ALL) lack(record, at, nowMs);
  if (mark !== NONE) show(record, at, nowMs);
}

function lack(record: PathRecord, at: number, nowMs: number): void {
  if (record.lackedAt > 0) return;
  Object.assign(record, { lackedAt: at, lackedMs: nowMs });
  if (record.shownAt === 0) record.judged = 'optional';
}

function show(record: PathRecord, at: number, nowMs: number): void {
  if (record.lackedAt > 0 && nowMs - record.lackedMs > MIXED_MS) record.judged = 'optional';
  Object.assign(record, { shownAt: at, without: 0, isConfirmed: false });
}

function isGone(record: PathRecord | undefined, items: number, slice: SliceSights, beganAt: number): boolean {
  if (record === undefined || record.judged !== undefined) return false;
  if (record.shownAt >= beganAt || slice.firstAt >= record.lackedAt) return false;
  if (slice.sweptAt <= record.shownAt) record.without += items;
  if (slice.sweptBeforeAt > record.shownAt) record.isConfirmed = true;
  if (!record.isConfirmed || record.without < LEAST) return false;
  record.judged = 'missing';
  return true;
}

function sightOf(paths: ItemShape['paths'], { objects, absent }: ShapeTally): KnownSight {
  let sight = '';
  for (const [id, { parent }] of paths.entries()) sight += markOf(objects[parent] ?? 0, absent[id] ?? 0);
  return { sight, items: objects[0] ?? 0 };
}

function markOf(objects: number, without: number): string {
  if (objects === 0) return SILENT;
  if (without === 0) return ALL;
  return without < objects ? SOME : NONE;
}

function addTo(counts: Map<number, number>, id: number, items: number): void {
  counts.set(id, (counts.get(id) ?? 0) + items);
}

/** Texts that differ; more are kept by each page for itself. */
const MOST_TEXTS = 1_000;

/** Nearly all pages show the same: they share one text. */
function createInterner(): (text: string) => string {
  const texts = new Map<string, string>();
  return (text) => {
    const known = texts.get(text);
    if (known === undefined && texts.size < MOST_TEXTS) texts.set(text, text);
    return known ?? text;
  };
}
