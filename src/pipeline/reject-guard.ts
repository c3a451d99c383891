import { WorkerError } from '../core/errors.ts';

/** How much of a source may go to the dead letters before a person must look at it. */
export interface RejectGuard {
  /**
   * Counts what a page gave, over all slices of the source, unless that would be too much.
   *
   * @param nowMs on a monotonic clock
   * @throws {WorkerError} config `encode.too_many_rejects`; then nothing of the page may be committed
   */
  admit(items: number, letters: number, nowMs: number): void;
}

export interface RejectLimits {
  /** Share of the items, 0 to 1. */
  readonly share: number;
  /** Below this number the guard never trips. */
  readonly atLeast: number;
}

/** After so long it counts from zero: a source that was stopped is then tried again, at the cost of a page. */
const WINDOW_MS = 3_600_000;

/** A schema that no longer fits must not drain a topic into the dead letters. */
export function createRejectGuard({ share, atLeast }: RejectLimits): RejectGuard {
  let counted = { fromMs: Number.NEGATIVE_INFINITY, items: 0, letters: 0 };
  return {
    admit(items, letters, nowMs) {
      const isOver = nowMs - counted.fromMs >= WINDOW_MS;
      const before = isOver ? { fromMs: nowMs, items: 0, letters: 0 } : counted;
      const after = { ...before, items: before.items + items, letters: before.letters + letters };
      if (letters > 0 && after.letters >= atLeast && after.letters > share * after.items) throw tooMany(after);
      counted = after;
    },
  };
}

function tooMany({ items, letters }: { readonly items: number; readonly letters: number }): WorkerError {
  const message = `${letters} of ${items} items do not fit the schema: the source stops instead of draining into the dead letters`;
  return new WorkerError('config', 'encode.too_many_rejects', message, {
    hint: 'See "clockify-kafka dlq list", mend the schema or the paths, or raise dead_letters.stop_share. It is tried again within an hour.',
  });
}
