import { concat, defer, EMPTY, ignoreElements, type Observable, repeat, tap, timer } from 'rxjs';
import { sweepOnce } from './slice.ts';
import type { SliceContext, SliceEvent } from './sweep.ts';

export interface Schedule {
  readonly everyMs: number;
  /** Before the first sweep, so that a hundred slices do not begin in the same instant. */
  readonly delayMs: number;
}

/** A slice that keeps failing is tried this rarely at last, or at its own interval where that is longer. */
const MAX_PAUSE_MS = 5 * 60_000;

/**
 * Sweeps a slice at its interval, counted from the start of a sweep. Never two at once: a tick that falls into a sweep
 * is the next one, any number of them together. A failing slice pauses twice as long each time.
 */
export function runSlice(context: SliceContext, { everyMs, delayMs }: Schedule): Observable<SliceEvent> {
  const { now } = context.ambient;
  let startedAtMs = 0;
  let failures = 0;
  const once = defer(() => {
    startedAtMs = now();
    return sweepOnce(context).pipe(
      tap((event) => {
        if (event.type === 'sweep') failures = event.outcome === 'complete' ? 0 : failures + 1;
      }),
    );
  });
  const pause = () => timer(restMs(pauseMs(everyMs, failures), now() - startedAtMs));
  return concat(delayMs === 0 ? EMPTY : timer(delayMs).pipe(ignoreElements()), once.pipe(repeat({ delay: pause })));
}

/** What is left of a pause; never more than the pause itself, though the clock may have gone back. */
function restMs(ms: number, passedMs: number): number {
  return Math.max(0, ms - Math.max(0, passedMs));
}

/** The interval, doubled for each failure in a row. */
export function pauseMs(everyMs: number, failures: number): number {
  if (failures <= 1) return everyMs;
  return Math.max(everyMs, Math.min(MAX_PAUSE_MS, everyMs * 2 ** Math.min(failures - 1, 20)));
}
