import { asyncScheduler, type Observable, type SchedulerAction, Subject, type Subscription } from 'rxjs';
import type { Schedule, Told, Turnout, Wishes } from './schedule.ts';
import type { SliceContext } from './sweep.ts';

/** All there is of a slice while it is not swept: there may be tens of thousands of them (P8). */
export interface Resting {
  readonly context: SliceContext;
  startedAtMs: number | undefined;
  /** The same moment on the monotonic clock. */
  beganMs: number;
  failures: number;
  /** Rings when it is due; undefined where it is due already. */
  alarm: Subscription | undefined;
  /** Emits when it has gone, for the sweep that is under way then. */
  gone$: Subject<void> | undefined;
}

/** A slice that keeps failing is tried this rarely at last, or at its own interval where that is longer. */
const MAX_PAUSE_MS = 5 * 60_000;
/** Node's timers overflow beyond 24 days. */
const MAX_TIMER_MS = 24 * 3_600_000;

/** When each slice is due, and which of them are here at all. */
export class Timetable {
  readonly #schedule: Schedule;
  readonly #wishes: Wishes;
  readonly #told: Told;
  readonly #here = new Map<string, Resting>();
  readonly #due$ = new Subject<Resting>();
  /** Due, but paused. */
  readonly #held = new Set<Resting>();
  #isPaused = false;

  constructor(schedule: Schedule, wishes: Wishes, told: Told) {
    this.#schedule = schedule;
    this.#wishes = wishes;
    this.#told = told;
  }

  /** Slices as their turn comes; what has gone since, or is paused, `begin` refuses. */
  get due$(): Observable<Resting> {
    return this.#due$;
  }

  turn({ came, left }: Turnout): void {
    for (const slice of left) this.#leave(slice);
    for (const { context, delayMs } of came) {
      const one = resting(context);
      this.#here.set(context.slice.id, one);
      const ms = hasOwnTimes(one, this.#schedule) ? (restOf(one, this.#schedule) ?? 0) : 0;
      this.#settle(one, ms + delayMs);
    }
  }

  /** One that rests is due now. */
  wake(slice: string): void {
    const one = this.#here.get(slice);
    if (one?.alarm === undefined) return;
    one.alarm.unsubscribe();
    this.ring(one);
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (isPaused) return;
    const waiting = [...this.#held];
    this.#held.clear();
    for (const one of waiting) this.#due$.next(one);
  }

  /** Says that a sweep begins; false where the slice has gone or must wait. */
  begin(one: Resting): boolean {
    const { slice, ambient } = one.context;
    if (this.#here.get(slice.id) !== one) return false;
    if (this.#isPaused) {
      this.#held.add(one);
      return false;
    }
    one.startedAtMs = ambient.now();
    one.beganMs = ambient.monotonic();
    one.gone$ = new Subject();
    this.#wishes.granted(slice.id);
    this.#told.onBegin(one.context);
    return true;
  }

  /** A sweep is over. */
  rest(one: Resting): void {
    one.gone$ = undefined;
    const { id } = one.context.slice;
    if (this.#here.get(id) !== one) return;
    const ms = restOf(one, this.#schedule);
    if (ms !== undefined) {
      this.#settle(one, ms);
      return;
    }
    this.#here.delete(id);
    this.#told.onDue(one.context, undefined);
    this.#told.onEnd(one.context);
  }

  unsubscribe(): void {
    for (const { alarm } of this.#here.values()) alarm?.unsubscribe();
    this.#here.clear();
  }

  #settle(one: Resting, ms: number): void {
    this.#told.onDue(one.context, one.context.ambient.now() + ms);
    if (this.#wishes.isWished(one.context.slice.id)) this.ring(one);
    else one.alarm = asyncScheduler.schedule<Alarm>(sound, Math.min(ms, MAX_TIMER_MS), { ms, one, timetable: this });
  }

  /** A slice is due. */
  ring(one: Resting): void {
    one.alarm = undefined;
    if (this.#isPaused) this.#held.add(one);
    else this.#due$.next(one);
  }

  #leave(slice: string): void {
    const one = this.#here.get(slice);
    if (one === undefined) return;
    this.#here.delete(slice);
    this.#held.delete(one);
    one.alarm?.unsubscribe();
    one.gone$?.next();
  }
}

/** What an alarm needs to know; no closure, for there is one a slice. */
interface Alarm {
  readonly ms: number;
  readonly one: Resting;
  readonly timetable: Timetable;
}

function sound(this: SchedulerAction<Alarm>, alarm?: Alarm): void {
  if (alarm === undefined) return;
  const leftMs = alarm.ms - MAX_TIMER_MS;
  if (leftMs > 0) this.schedule({ ...alarm, ms: leftMs }, Math.min(leftMs, MAX_TIMER_MS));
  else alarm.timetable.ring(alarm.one);
}

function resting(context: SliceContext): Resting {
  const never = { startedAtMs: undefined, beganMs: Number.NEGATIVE_INFINITY };
  return { context, ...never, failures: 0, alarm: undefined, gone$: undefined };
}

function hasOwnTimes({ context }: Resting, { nextAfter }: Schedule): boolean {
  return context.endpoint.nextAfter !== undefined || nextAfter !== undefined;
}

/** How long until its next sweep; undefined: there is none. */
function restOf(one: Resting, schedule: Schedule): number | undefined {
  const { ambient } = one.context;
  if (one.failures > 0 || !hasOwnTimes(one, schedule)) {
    return Math.max(0, pauseMs(schedule.everyMs, one.failures) - (ambient.monotonic() - one.beganMs));
  }
  const now = ambient.now();
  const dueAtMs = nextAfter(one, schedule, now);
  return dueAtMs === undefined ? undefined : Math.max(0, dueAtMs - now);
}

function nextAfter({ context, startedAtMs }: Resting, schedule: Schedule, nowMs: number): number | undefined {
  const { endpoint, shard, source, slice } = context;
  if (endpoint.nextAfter === undefined) return schedule.nextAfter?.(startedAtMs, nowMs);
  return endpoint.nextAfter(startedAtMs, nowMs, shard.state.checkpoint(source.name, slice.id) ?? {});
}

/** The interval, doubled for each failure in a row. */
export function pauseMs(everyMs: number, failures: number): number {
  if (failures <= 1) return everyMs;
  return Math.max(everyMs, Math.min(MAX_PAUSE_MS, everyMs * 2 ** Math.min(failures - 1, 20)));
}
