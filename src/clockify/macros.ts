import { DateTime } from 'luxon';
import { WorkerError } from '../core/errors.ts';
import { TextFault } from '../core/request-text-fault.ts';
import { letterOf, type Written } from './macros-letters.ts';

/** Times in requests: what `{now-1}` is, and how it is written. Locale en throughout, calendar arithmetic in the zone. */

export type TimeUnit = 'second' | 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year';

/** Whole numbers instead of a pattern. */
export const EPOCH_FORMATS = ['epoch_seconds', 'epoch_millis'] as const;

/**
 * So many units after `nowMs`: a day is the same time of the next day, a month the same day of the next month or its
 * last one.
 *
 * @throws {WorkerError} config `macro.out_of_range` beyond the years 1 to 9999; `macro.bad_zone`
 */
export function shiftNow(nowMs: number, offset: number, unit: TimeUnit, timeZone: string): number {
  const moved = dateTime(nowMs, zoneOf(timeZone)).plus({ [unit]: offset });
  if (moved.isValid && moved.year >= 1 && moved.year <= 9999) return moved.toMillis();
  throw new WorkerError('config', 'macro.out_of_range', `now and ${offset} ${unit}s is no date of the years 1 to 9999`);
}

/**
 * A pattern of Java's DateTimeFormatter, or `epoch_seconds`, `epoch_millis`. Week years and weeks are ISO's.
 *
 * @throws {WorkerError} config `macro.bad_format` naming the letter that cannot be translated, its position, and what
 *   could be used; `macro.bad_zone`
 */
export function compileDateFormat(javaPattern: string, timeZone: string): (epochMs: number) => string {
  if (javaPattern === 'epoch_millis') return (ms) => String(ms);
  if (javaPattern === 'epoch_seconds') return (ms) => String(Math.floor(ms / 1000));
  const zone = zoneOf(timeZone);
  const parts = compilePattern(javaPattern);
  return (ms) => {
    const at = dateTime(ms, zone);
    return parts.map((part) => (typeof part === 'string' ? part : part(at))).join('');
  };
}

function dateTime(ms: number, zone: string): DateTime {
  return DateTime.fromMillis(ms, { zone, locale: 'en-US', numberingSystem: 'latn' });
}

/** luxon also knows the process's own zone by names; what is sent must not depend on where we run. */
function zoneOf(timeZone: string): string {
  const own = /^(?:system|local|default)$/i.test(timeZone);
  if (!own && timeZone !== '' && DateTime.fromMillis(0, { zone: timeZone }).isValid) return timeZone;
  throw new WorkerError('config', 'macro.bad_zone', 'the time zone is not known', {
    hint: 'Write a name of the tz database: UTC, Europe/Berlin, America/New_York.',
  });
}

const TOKEN = /'(?<quoted>(?:[^']|'')*)'|(?<letters>([A-Za-z])\3*)|(?<refused>['[\]{}#])|[^A-Za-z'[\]{}#]+/gu;

function compilePattern(pattern: string): readonly (string | Written)[] {
  if (pattern.trim() === '') throw badFormat('the date format is empty', 0, 'Write yyyy-MM-dd, or epoch_millis.');
  return Array.from(pattern.matchAll(TOKEN), (match) => {
    const { quoted, letters, refused } = match.groups ?? {};
    if (quoted !== undefined) return quoted === '' ? "'" : quoted.replaceAll("''", "'");
    if (letters !== undefined) return compileLetters(letters, match.index);
    if (refused === "'") throw badFormat('a quote is not closed', match.index, "An apostrophe is written ''.");
    if (refused !== undefined)
      throw badFormat(`"${refused}" has a meaning of its own`, match.index, 'Put it in quotes.');
    return match[0];
  });
}

function compileLetters(letters: string, at: number): Written {
  const found = letterOf(letters);
  if (typeof found !== 'string') return found;
  throw badFormat(`"${letters}" cannot be translated`, at, found);
}

/** @param at counted from 0 */
function badFormat(what: string, at: number, hint: string): TextFault {
  return new TextFault('macro.bad_format', `the date format cannot be used: ${what}`, at + 1, hint);
}
