import type { ResourceName, Row } from './rows.ts';

/**
 * One row that came, changed or went. Created: `before` is null. Deleted: `after` is null.
 *
 * @internal
 */
export interface HistoryEntry {
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly atMs: number;
  /** What was done (`entryAdded`, `projectRenamed`, …); one deed may change several rows. */
  readonly kind: string;
  readonly resource: ResourceName;
  readonly workspaceId: string;
  readonly id: string;
  readonly before: Row | null;
  readonly after: Row | null;
}

export interface History {
  /** Of the last entry, 0 before the first. */
  readonly sequence: number;
  /** All that are kept; folding them gives the present truth, as long as none was dropped. */
  readonly entries: readonly HistoryEntry[];
  since(sequence: number): readonly HistoryEntry[];
}

export interface WritableHistory extends History {
  append(entry: Omit<HistoryEntry, 'sequence'>): void;
}

/** Drops its oldest tenth when it holds more than `limit`. */
export function createHistory(limit: number): WritableHistory {
  const entries: HistoryEntry[] = [];
  let sequence = 0;
  return {
    get sequence() {
      return sequence;
    },
    entries,
    since: (after) => entries.slice(Math.max(0, entries.length - Math.max(0, sequence - after))),
    append(entry) {
      sequence += 1;
      entries.push({ sequence, ...entry });
      if (entries.length > limit) entries.splice(0, Math.ceil(limit / 10));
    },
  };
}
