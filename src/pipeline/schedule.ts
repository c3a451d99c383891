import {
  concat,
  concatMap,
  defer,
  EMPTY,
  filter,
  ignoreElements,
  merge,
  NEVER,
  type Observable,
  of,
  repeat,
  switchMap,
  take,
  tap,
  timer,
} from 'rxjs';
import { sweepOnce } from './slice.ts';
import type { SliceContext, SliceEvent } from './sweep.ts';

export interface Schedule {
  /** The interval, counted from the start of a sweep; where `nextAfter` says when, the first pause after a failure. */
  readonly everyMs: number;
  /** Before the first sweep, so that a hundred slices do not begin in the same instant. */
  readonly delayMs: number;
  /**
   * When the next sweep is due, epoch ms, after one that began at `startedAtMs` (undefined: none yet); undefined is
   * never again.
   */
  readonly nextAfter?: ((startedAtMs: number | undefined, nowMs: number) => number | undefined) | undefined;
  /** Wishes from outside. */
  readonly wishes?: Wishes | undefined;
}

/** What a person may want of a slice while it runs, and what it tells of its schedule. */
export interface Wishes {
  /** Emits where the next sweep shall begin at once; a wish that comes during a sweep is for the one after it. */
  readonly now$: Observable<unknown>;
  /** While the last value is true no sweep begins; one that has begun goes on to its end. */
  readonly paused$: Observable<boolean>;
  /** When the next sweep is due, epoch ms; undefined: never. */
  readonly onDue: (atMs: number | undefined) => void;
  readonly onBegin: () => void;
}

/** A slice that keeps failing is tried this rarely at last, or at its own interval where that is longer. */
const MAX_PAUSE_MS = 5 * 60_000;
/** Node's timers overflow beyond 24 days. */
const MAX_TIMER_MS = 24 * 3_600_000;

/**
 * Sweeps a slice when it is due. Never two sweeps at once: a tick that falls into a sweep is the next one, any number of
 * them together. A failing slice pauses twice as long each time.
 */
export function runSlice(context: SliceContext, schedule: Schedule): Observable<SliceEvent> {
  const { now } = context.ambient;
  const { everyMs, delayMs, nextAfter, wishes = NO_WISHES } = schedule;
  let startedAtMs: number | undefined;
  let failures = 0;
  const once = defer(() => {
    startedAtMs = now();
    wishes.onBegin();
    return sweepOnce(context).pipe(
      tap((event) => {
        if (event.type === 'sweep') failures = event.outcome === 'complete' ? 0 : failures + 1;
      }),
    );
  });
  const rest = (): number | undefined => {
    if (nextAfter === undefined || failures > 0) return restMs(pauseMs(everyMs, failures), now() - (startedAtMs ?? 0));
    const dueAtMs = nextAfter(startedAtMs, now());
    return dueAtMs === undefined ? undefined : Math.max(0, dueAtMs - now());
  };
  const turn = (ms: number | undefined): Observable<unknown> => {
    wishes.onDue(ms === undefined ? undefined : now() + ms);
    if (ms === undefined) return EMPTY;
    return merge(wait(ms), wishes.now$).pipe(
      take(1),
      concatMap(() => released(wishes)),
    );
  };
  const first = nextAfter === undefined ? delayMs : (rest() ?? 0) + delayMs;
  return concat(defer(() => turn(first)).pipe(ignoreElements()), once.pipe(repeat({ delay: () => turn(rest()) })));
}

const NO_WISHES: Wishes = { now$: NEVER, paused$: of(false), onDue: () => undefined, onBegin: () => undefined };

function released({ paused$ }: Wishes): Observable<unknown> {
  return paused$.pipe(
    filter((isPaused) => !isPaused),
    take(1),
  );
}

/** Emits once after so long. */
function wait(ms: number): Observable<unknown> {
  return ms <= MAX_TIMER_MS ? timer(ms) : timer(MAX_TIMER_MS).pipe(switchMap(() => wait(ms - MAX_TIMER_MS)));
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
