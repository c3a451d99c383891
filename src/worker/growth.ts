import type { SliceEvent } from '../pipeline/sweep.ts';

/** Paths that may each make a source begin anew once. */
const MAX_GROWTH = 1_000;

/**
 * Whether a source's sweeps have shown fields that its schema lacks. Each path is a reason once: one that the schema
 * will not take must not start the source anew for ever.
 */
export function createGrowth(canGrow: boolean) {
  const seen = new Set<string>();
  let isDue = false;
  return {
    isDue: () => isDue,
    /** True at the end of a sweep after which the source is to begin anew. */
    isComplete(event: SliceEvent): boolean {
      if (event.type === 'sweep') return isDue && event.outcome === 'complete';
      if (!canGrow || event.type !== 'drift') return false;
      for (const { kind, path } of event.drift.told) {
        if (kind === 'new' && !seen.has(path) && seen.size < MAX_GROWTH) {
          seen.add(path);
          isDue = true;
        }
      }
      return false;
    },
    grown: () => {
      isDue = false;
    },
  };
}
