import {
  concat,
  defer,
  EMPTY,
  ignoreElements,
  merge,
  mergeMap,
  NEVER,
  type Observable,
  of,
  takeUntil,
  tap,
  using,
} from 'rxjs';
import { sweepOnce } from './slice.ts';
import type { SliceContext, SliceEvent } from './sweep.ts';
import { type Resting, Timetable } from './timetable.ts';

export interface Schedule {
  /** The interval, counted from the start of a sweep; where `nextAfter` says when, the first pause after a failure. */
  readonly everyMs: number;
  /**
   * When the next sweep is due, epoch ms, after one that began at `startedAtMs` (undefined: none yet); undefined is
   * never again. An endpoint's own `nextAfter` goes first.
   */
  readonly nextAfter?: ((startedAtMs: number | undefined, nowMs: number) => number | undefined) | undefined;
}

/** Slices that come, and the ids of those that go. */
export interface Turnout {
  readonly came: readonly Entrant[];
  readonly left: readonly string[];
}

export interface Entrant {
  readonly context: SliceContext;
  /** Before the first sweep, so that a hundred slices do not begin in the same instant. */
  readonly delayMs: number;
}

/** What a person may want of slices while they run. */
export interface Wishes {
  /** Ids of slices whose next sweep shall begin at once; a wish that comes during a sweep is for the one after it. */
  readonly now$: Observable<string>;
  readonly isWished: (slice: string) => boolean;
  /** Told when a sweep begins: what was wished until then is done by it. */
  readonly granted: (slice: string) => void;
  /** While the last value is true no sweep begins; one that has begun goes on to its end. */
  readonly paused$: Observable<boolean>;
}

/** Who is told of the schedule. */
export interface Told {
  /** When the next sweep is due, epoch ms; undefined: never. */
  readonly onDue: (context: SliceContext, atMs: number | undefined) => void;
  readonly onBegin: (context: SliceContext) => void;
  /** It is never due again. */
  readonly onEnd: (context: SliceContext) => void;
}

/**
 * Sweeps under way at once; more that are due wait as records (P8). Several times as many as pages have slots, so that
 * those that wait before they try again keep nobody else waiting.
 */
const SWEEPS_AT_ONCE = 64;

/**
 * Sweeps slices when they are due. Never two sweeps of one at once: a tick that falls into a sweep is the next one, any
 * number of them together. A failing slice pauses twice as long each time. The sweep of one that goes is told to stop,
 * and the others are undisturbed.
 *
 * Never completes; fails as `sweepOnce`.
 */
export function runSlices(
  turnouts$: Observable<Turnout>,
  schedule: Schedule,
  wishes: Wishes = NO_WISHES,
  told: Told = NOBODY,
): Observable<SliceEvent> {
  return using(
    () => new Timetable(schedule, wishes, told),
    (resource) => {
      const timetable = resource as Timetable;
      return merge(
        timetable.due$.pipe(mergeMap((one) => (timetable.begin(one) ? sweep(one, timetable) : EMPTY), SWEEPS_AT_ONCE)),
        quietly(wishes.paused$, (isPaused) => timetable.pause(isPaused)),
        quietly(wishes.now$, (slice) => timetable.wake(slice)),
        quietly(turnouts$, (turnout) => timetable.turn(turnout)),
        NEVER,
      );
    },
  );
}

function sweep(one: Resting, timetable: Timetable): Observable<SliceEvent> {
  const events$ = sweepOnce(one.context).pipe(
    tap((event) => {
      if (event.type === 'sweep') one.failures = event.outcome === 'complete' ? 0 : one.failures + 1;
    }),
    takeUntil(one.gone$ ?? NEVER),
  );
  const rest$ = defer(() => {
    timetable.rest(one);
    return EMPTY;
  });
  return concat(events$, rest$);
}

function quietly<T>(values$: Observable<T>, tell: (value: T) => void): Observable<never> {
  return values$.pipe(tap(tell), ignoreElements());
}

const NO_WISHES: Wishes = { now$: NEVER, isWished: () => false, granted: () => undefined, paused$: of(false) };
const NOBODY: Told = { onDue: () => undefined, onBegin: () => undefined, onEnd: () => undefined };
