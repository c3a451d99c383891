import { Cron } from 'croner';
import type { Schedule } from '../config/source-config.ts';

/** Timers of Node may fire this much before their time; such a start belongs to the time it was set for. */
const EARLY_MS = 50;

/**
 * When a slice is read next, in epoch milliseconds, never before `nowMs`. What was missed while it was read, however
 * often, is one run, at once.
 *
 * A cron time that the clock skips in spring comes when the clock goes on; a fixed one that comes twice in autumn runs
 * once, a repeated one (`0 *\/10 * * * *`) both times.
 *
 * @param lastStartMs undefined: not read yet by this process. Then an interval and `once` are due now, cron at its time
 * @returns undefined: never again
 */
export function nextRunAfter(schedule: Schedule, lastStartMs: number | undefined, nowMs: number): number | undefined {
  if (schedule.type === 'once') return lastStartMs === undefined ? nowMs : undefined;
  if (schedule.type === 'every') {
    const lastMs = Math.min(lastStartMs ?? Number.NEGATIVE_INFINITY, nowMs);
    return Math.max(nowMs, lastMs + schedule.everyMs);
  }
  const fromMs = lastStartMs === undefined ? nowMs : Math.min(lastStartMs, nowMs) + EARLY_MS;
  const next = cronOf(schedule).nextRun(new Date(fromMs));
  return next === null ? undefined : Math.max(nowMs, next.getTime());
}

/**
 * How long a first run may be put off, so that slices of one schedule do not begin in the same instant: a tenth of the
 * time between two runs, at most `mostMs`.
 */
export function spreadMs(schedule: Schedule, mostMs: number, nowMs: number): number {
  if (schedule.type === 'once') return mostMs;
  return Math.min(mostMs, Math.round(intervalMs(schedule, nowMs) / 10));
}

export function intervalMs(schedule: Exclude<Schedule, { type: 'once' }>, nowMs: number): number {
  if (schedule.type === 'every') return schedule.everyMs;
  const [first, second] = cronOf(schedule).nextRuns(2, new Date(nowMs));
  return first === undefined || second === undefined ? Number.POSITIVE_INFINITY : second.getTime() - first.getTime();
}

function cronOf({ expression, timeZone }: Extract<Schedule, { type: 'cron' }>): Cron {
  return new Cron(expression, { timezone: timeZone, mode: '5-or-6-parts', paused: true });
}
