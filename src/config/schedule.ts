import { Cron } from 'croner';
import { SOURCE_DEFAULTS } from './defaults.ts';
import { accept, type Format, flag, quote, refuse, scalar } from './format.ts';
import { duration, milliseconds } from './quantity.ts';
import type { Report } from './report.ts';
import { optional } from './shape.ts';
import type { Schedule } from './source-config.ts';
import { timeZone } from './time-zone.ts';
import { join, type MapNode } from './tree.ts';

const CRON_HINT =
  'Second, minute, hour, day of the month, month, day of the week: "0 30 3 * * MON-FRI". Five: no seconds.';

/** Of a day that never comes, such as 30 February, there is no next one after any day. */
const ANY_DAY = new Date(Date.UTC(2000, 0, 1));

const cron: Format<string> = scalar('a cron expression', { type: 'string' }, (text) => {
  try {
    const next = new Cron(text, { timezone: 'UTC', mode: '5-or-6-parts', paused: true }).nextRun(ANY_DAY);
    return next === null ? refuse(`${quote(text)} never comes`, CRON_HINT) : accept(text);
  } catch {
    return refuse(`${quote(text)} is not a cron expression`, CRON_HINT);
  }
});

export const scheduleFields = {
  every: optional(
    duration('1s', '30d'),
    'From the start of one sweep to the start of the next.',
    SOURCE_DEFAULTS.every,
  ),
  cron: optional(cron, 'Instead of every: five fields, or six with seconds first.'),
  once: optional(flag, 'Instead of every: read once after each start, and not again.'),
  time_zone: optional(timeZone, 'Of cron, and of the times in requests.', SOURCE_DEFAULTS.timeZone),
};

interface Given {
  readonly every?: number | undefined;
  readonly cron?: string | undefined;
  readonly once?: boolean | undefined;
  readonly time_zone?: string | undefined;
}

export function scheduleOf({ every, cron: expression, once, time_zone: zone }: Given): Schedule {
  if (expression !== undefined) return { type: 'cron', expression, timeZone: zone ?? SOURCE_DEFAULTS.timeZone };
  if (once === true) return { type: 'once' };
  return { type: 'every', everyMs: every ?? milliseconds(SOURCE_DEFAULTS.every) ?? 0 };
}

/** A source has one schedule, and a time zone something to be the zone of. */
export function checkSchedule(map: MapNode, path: string, hasTimes: boolean, report: Report): void {
  const [first, second] = ['every', 'cron', 'once'].filter((key) => map.entries.has(key));
  if (first !== undefined && second !== undefined) {
    const at = map.entries.get(second)?.keyAt ?? map.at;
    report.problem(at, join(path, second), `cannot stand beside ${first}`, `Keep one of ${first} and ${second}.`);
  }
  const zone = map.entries.get('time_zone');
  if (zone === undefined || hasTimes || map.entries.has('cron')) return;
  report.problem(zone.keyAt, join(path, 'time_zone'), 'stands without cron', 'Intervals have no zone: take it away.');
}
