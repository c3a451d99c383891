import type { TimeEntryRow } from './rows.ts';

/** The entries of one user in one workspace as the list gives them: newest start first, so future ones on top. */
export interface EntryIndex {
  readonly size: number;
  add(row: TimeEntryRow): void;
  remove(row: TimeEntryRow): void;
  /** Entries that start at or after `fromMs` and before `toMs`; which bound is inclusive Clockify does not document. */
  between(fromMs: number, toMs: number): Listing<TimeEntryRow>;
}

/** Rows in order, of which a page takes a slice. An array is one. */
export interface Listing<R> {
  readonly length: number;
  slice(from?: number, to?: number): readonly R[];
}

interface Place {
  readonly startMs: number;
  readonly row: TimeEntryRow;
}

/** A sorted array: a page is a slice of it, whatever its length. Entries of one start stand by id, newest first. */
export function createEntryIndex(): EntryIndex {
  const places: Place[] = [];
  return {
    get size() {
      return places.length;
    },
    add(row) {
      const place = { startMs: Date.parse(row.timeInterval.start), row };
      places.splice(firstNotBefore(places, place.startMs, row.id), 0, place);
    },
    remove(row) {
      const at = firstNotBefore(places, Date.parse(row.timeInterval.start), row.id);
      if (places[at]?.row.id === row.id) places.splice(at, 1);
    },
    between(fromMs, toMs) {
      const first = firstNotBefore(places, toMs, '');
      const length = Math.max(0, firstNotBefore(places, fromMs, '') - first);
      const slice = (from = 0, to = length): readonly TimeEntryRow[] =>
        places.slice(first + from, first + Math.min(to, length)).map(({ row }) => row);
      return { length, slice };
    },
  };
}

/** Where an entry stands or would stand; with an empty id, behind all that start at `startMs` or later. */
function firstNotBefore(places: readonly Place[], startMs: number, id: string): number {
  let low = 0;
  let high = places.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const place = places[middle] as Place;
    const before = place.startMs > startMs || (place.startMs === startMs && place.row.id > id);
    if (before) low = middle + 1;
    else high = middle;
  }
  return low;
}
