import { SOURCE_DEFAULTS } from './defaults.ts';
import { accept, choice, quote, scalar } from './format.ts';
import type { Report } from './report.ts';
import { optional } from './shape.ts';
import type { TimeConfig } from './source-config.ts';
import { timeZone } from './time-zone.ts';
import { join, type MapNode } from './tree.ts';

/** What is wrong with a date format, one sentence; undefined: nothing. */
export type CheckDateFormat = (pattern: string, zone: string) => string | undefined;

const UNITS = ['second', 'minute', 'hour', 'day', 'week', 'month', 'year'] as const;

/** What `{now-7}` means, and how it is written. */
export const timeFields = {
  date_format: optional(
    scalar('a date format', { type: 'string' }, accept),
    'How times are written: a pattern of Java, epoch_seconds or epoch_millis.',
    SOURCE_DEFAULTS.dateFormat,
  ),
  time_unit: optional(choice('a unit of time', UNITS), `What {now-1} is one of.`, SOURCE_DEFAULTS.timeUnit),
  time_zone: optional(timeZone, 'In which times are reckoned and written.', SOURCE_DEFAULTS.timeZone),
};

export interface GivenTimes {
  readonly date_format?: string | undefined;
  readonly time_unit?: TimeConfig['unit'] | undefined;
  readonly time_zone?: string | undefined;
}

export function timesOf(given: GivenTimes, around: GivenTimes = {}): TimeConfig {
  return {
    unit: given.time_unit ?? around.time_unit ?? SOURCE_DEFAULTS.timeUnit,
    format: given.date_format ?? around.date_format ?? SOURCE_DEFAULTS.dateFormat,
    zone: given.time_zone ?? around.time_zone ?? SOURCE_DEFAULTS.timeZone,
  };
}

/** By the node, so that a fault is told beside faults of the other keys. */
export function checkTimes(map: MapNode, path: string, check: CheckDateFormat, report: Report): void {
  const node = map.entries.get('date_format')?.value;
  if (node?.kind !== 'text' || node.failed || node.text === '') return;
  const complaint = check(node.text, SOURCE_DEFAULTS.timeZone);
  if (complaint === undefined) return;
  const hint = "A pattern of Java's DateTimeFormatter such as yyyy-MM-dd'T'HH:mm:ssXXX, epoch_seconds or epoch_millis.";
  const message = node.fromReference
    ? 'the reference does not give a date format'
    : `${quote(node.text)}: ${complaint}`;
  report.problem(node.at, join(path, 'date_format'), message, hint);
}
