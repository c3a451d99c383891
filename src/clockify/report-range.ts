import { DateTime } from 'luxon';
import { WorkerError } from '../core/errors.ts';

/**
 * The range of a report. Its bounds are wall clock in the report's zone, whatever suffix they carry (observed 2026-08),
 * so they are sent without one.
 */
export interface ReportRange {
  readonly from: DateTime;
  readonly to: DateTime;
}

/** Bounds as a request carries them: `2026-03-01T00:00:00.000`. */
export interface Piece {
  readonly start: string;
  readonly end: string;
}

const DAY_MS = 86_400_000;
const WALL_CLOCK = /^(?<wall>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)(?:Z|[+-]\d\d:?\d\d)?$/;

/** @throws {WorkerError} config `report.bad_range` where a bound is no date and time, or the end comes first */
export function rangeOf(start: unknown, end: unknown, zone: string): ReportRange {
  const range = { from: boundOf('dateRangeStart', start, zone), to: boundOf('dateRangeEnd', end, zone) };
  if (range.to >= range.from) return range;
  throw badRange('the range ends before it starts', 'Swap dateRangeStart and dateRangeEnd.');
}

/** @throws {WorkerError} config `report.bad_range` */
export function boundOf(name: string, value: unknown, zone: string): DateTime {
  const wall = typeof value === 'string' ? WALL_CLOCK.exec(value)?.groups?.wall : undefined;
  const bound =
    wall === undefined ? undefined : DateTime.fromISO(wall, { zone, locale: 'en-US', numberingSystem: 'latn' });
  if (bound?.isValid) return bound;
  throw badRange(
    `${name} is no date and time`,
    "Write 2026-03-01T00:00:00, or {now-7} with a date format such as yyyy-MM-dd'T'HH:mm:ss.",
  );
}

/**
 * A range as pieces of at most so many days, by the calendar and by the clock: where clocks are set back, a day has 25
 * hours. Each piece ends where the next begins, in order; there is at least one.
 *
 * @param maxDays at least 1; Infinity for a plan without a limit
 */
export function cutRange({ from, to }: ReportRange, maxDays: number): readonly Piece[] {
  const bounds = [from];
  if (Number.isFinite(maxDays)) {
    for (let at = stepFrom(from, maxDays); at < to; at = stepFrom(at, maxDays)) bounds.push(at);
  }
  const texts = [...bounds, to].map(wallText);
  return texts.slice(1).map((end, index) => ({ start: texts[index] as string, end }));
}

/** The same pieces, none of which shares a moment with the next. Entries start at whole seconds: none is lost. */
export function apart(pieces: readonly Piece[]): readonly Piece[] {
  return pieces.map((piece, index) => {
    if (index === pieces.length - 1) return piece;
    return { ...piece, end: wallText(DateTime.fromISO(piece.end, { zone: 'UTC' }).minus(1)) };
  });
}

/** What falls into an hour that clocks skip is moved behind it: then the step was too long, and is taken back. */
function stepFrom(at: DateTime, days: number): DateTime {
  const step = DateTime.min(at.plus({ days }), at.plus(days * DAY_MS));
  const shorter = step.minus(Math.max(0, wallMs(step) - wallMs(at) - days * DAY_MS));
  return shorter > at ? shorter : step;
}

function wallMs(at: DateTime): number {
  return at.toMillis() + at.offset * 60_000;
}

function wallText(at: DateTime): string {
  return at.toISO({ includeOffset: false }) as string;
}

function badRange(what: string, hint: string): WorkerError {
  return new WorkerError('config', 'report.bad_range', `the report cannot be asked: ${what}`, { hint });
}
