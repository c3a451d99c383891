import { SOURCE_DEFAULTS } from './defaults.ts';
import { accept, type Format, quote, refuse, scalar } from './format.ts';
import { duration, milliseconds } from './quantity.ts';
import type { Report } from './report.ts';
import { optional } from './shape.ts';
import type { RhythmsConfig } from './source-config.ts';
import type { TemplateInfo } from './template-info.ts';
import { join, type MapNode } from './tree.ts';

/** Midnight in UTC. */
const day: Format<number> = scalar('a date', { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' }, (text) => {
  const atMs = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  const isDay = !Number.isNaN(atMs) && new Date(atMs).toISOString().startsWith(text);
  return isDay ? accept(atMs) : refuse(`${quote(text)} is not a date`, 'Year, month and day: 2020-01-01.');
});

/**
 * The rhythms of time entries. Where one of these keys is given, `every` is the interval of `recent` alone, and what is
 * not given is off, but for `recent` and `reconcile`: without the two, something would never be found.
 */
export const rhythmFields = {
  running: optional(orOff(duration('1s', '1d')), 'How often the running entries of a workspace are read, or off.'),
  changes: optional(orOff(duration('1s', '1d')), 'How often the lists of changed entries are read, or off.'),
  recent: optional(
    orOff(duration('1d', '3660d')),
    'How far back entries are read at each `every`, or off.',
    SOURCE_DEFAULTS.recent,
  ),
  reconcile: optional(
    orOff(duration('1m', '365d')),
    'How often the whole history is read, or off.',
    SOURCE_DEFAULTS.reconcile,
  ),
  reconcile_window: optional(
    duration('2d', '3660d'),
    'How much of the history is read at once.',
    SOURCE_DEFAULTS.reconcileWindow,
  ),
  reconcile_since: optional(day, 'How far back the history is read. The default is to the first entry.'),
};

export interface GivenRhythms {
  readonly running?: number | 'off' | undefined;
  readonly changes?: number | 'off' | undefined;
  readonly recent?: number | 'off' | undefined;
  readonly reconcile?: number | 'off' | undefined;
  readonly reconcile_window?: number | undefined;
  readonly reconcile_since?: number | undefined;
}

function orOff(format: Format<number>): Format<number | 'off'> {
  const pattern = String(format.schema.pattern).replace('^', '^off$|^');
  return {
    what: `${format.what}, or off`,
    schema: { ...format.schema, pattern },
    read: (value) => (value === 'off' ? accept('off') : format.read(value)),
  };
}

/** @returns undefined where none of the keys is given: then the whole list is read each time */
export function rhythmsOf(given: GivenRhythms): RhythmsConfig | undefined {
  const { running, changes, recent, reconcile, reconcile_window: window, reconcile_since: sinceMs } = given;
  if ([running, changes, recent, reconcile, window, sinceMs].every((value) => value === undefined)) return undefined;
  const everyMs = msOf(reconcile ?? milliseconds(SOURCE_DEFAULTS.reconcile));
  const windowMs = window ?? milliseconds(SOURCE_DEFAULTS.reconcileWindow) ?? 0;
  return {
    runningMs: msOf(running),
    changesMs: msOf(changes),
    recentMs: msOf(recent ?? milliseconds(SOURCE_DEFAULTS.recent)),
    reconcile: everyMs === undefined ? undefined : { everyMs, windowMs, sinceMs },
  };
}

function msOf(given: number | 'off' | undefined): number | undefined {
  return given === 'off' ? undefined : given;
}

/** Rhythms that read a whole workspace cannot keep to a filter of a user's list; and something must be read at all. */
export function checkRhythms(map: MapNode, path: string, template: TemplateInfo, report: Report): void {
  if (template.rhythms !== true) return;
  const [filter] = Object.keys(template.filters).filter((name) => map.entries.has(name));
  const wide = (['running', 'changes'] as const).find((key) => isOn(map, key));
  if (filter !== undefined && wide !== undefined) {
    const at = map.entries.get(wide)?.keyAt ?? map.at;
    const hint = `It reads the whole workspace, which has no filter: take ${wide} or ${filter} away.`;
    report.problem(at, join(path, wide), `cannot stand beside the filter ${filter}`, hint);
  }
  const isSilent = isOff(map, 'recent') && isOff(map, 'reconcile') && wide === undefined;
  if (isSilent) {
    const at = map.entries.get('recent')?.keyAt ?? map.at;
    report.problem(at, join(path, 'recent'), 'leaves no rhythm', 'Give one of running, changes, recent and reconcile.');
  }
}

function isOff(map: MapNode, key: string): boolean {
  const value = map.entries.get(key)?.value;
  return value?.kind === 'text' && value.text === 'off';
}

function isOn(map: MapNode, key: string): boolean {
  return map.entries.has(key) && !isOff(map, key);
}
