import { WorkerError } from '../core/errors.ts';
import { type BodyTemplate, parseBody, renderBody, type Values } from '../core/request-text.ts';
import type { Fields } from './json-body.ts';
import { compileDateFormat, EPOCH_FORMATS, shiftNow, type TimeUnit } from './macros.ts';
import { boundOf, type ReportRange, rangeOf } from './report-range.ts';

/** How times in a body are written. */
export interface ReportTime {
  readonly unit: TimeUnit;
  readonly format: string;
  readonly zone: string;
}

export interface ReportBodyOptions {
  readonly kind: 'detailed' | 'summary';
  /** As the configuration gives it: a map, or JSON text. Macros and parameters may stand in any string. */
  readonly body: unknown;
  readonly params: Readonly<Record<string, string>>;
  readonly time: ReportTime;
}

export interface ReportBody {
  readonly pageSize: number;
  /** Of a summary, outermost first. */
  readonly groups: readonly string[];
  /** @throws {WorkerError} config `report.bad_range`, `macro.out_of_range` */
  at(nowMs: number): ResolvedBody;
}

/** The body of a moment, without what is different for each page. */
export interface ResolvedBody {
  readonly range: ReportRange;
  readonly fields: Fields;
}

/** More is refused (Clockify documentation). */
const MAX_PAGE_SIZE = 1000;
/** Official export 2026-05; USER, TAG and USER_GROUP by clients and the user interface. */
const GROUPS = ['PROJECT', 'CLIENT', 'TASK', 'USER', 'USER_GROUP', 'TAG', 'DATE', 'WEEK', 'MONTH', 'TIMEENTRY'];
/** Any moment will do to see at start whether a body can be asked with. */
const SAMPLE_MS = 1_767_225_600_000;

/**
 * A report's body, read once: everything that does not depend on the moment is checked here.
 *
 * @throws {WorkerError} config `report.bad_body`, `report.bad_range`, `placeholder.invalid`, `placeholder.unknown`,
 *   `body.invalid`, `macro.bad_format`, `macro.bad_zone`, `macro.out_of_range`
 */
export function compileReportBody({ kind, body, params, time }: ReportBodyOptions): ReportBody {
  const template = parseBody(body);
  if (template.kind !== 'map') throw badBody('it is no map', 'Write dateRangeStart, dateRangeEnd and filters.');
  const valuesAt = valuesIn(params, time);
  const sample = render(template, valuesAt(SAMPLE_MS)) as Fields;
  const zone = zoneOf(sample);
  // The bounds are read as wall clock of the report's zone, so their times are written in it too.
  const boundsAt = valuesIn(params, { ...time, zone });
  const bound = (name: string, nowMs: number) => render(memberOf(template, name), boundsAt(nowMs));
  boundOf('dateRangeStart', bound('dateRangeStart', SAMPLE_MS), zone);
  boundOf('dateRangeEnd', bound('dateRangeEnd', SAMPLE_MS), zone);
  if ((sample.dateRangeType ?? 'ABSOLUTE') !== 'ABSOLUTE') {
    throw badBody(
      'dateRangeType is not ABSOLUTE',
      'Write the range with dateRangeStart and dateRangeEnd, such as {now-7}.',
    );
  }
  return {
    pageSize: kind === 'detailed' ? pageSizeOf(mapIn(sample, 'detailedFilter')) : 1,
    groups: kind === 'summary' ? groupsOf(mapIn(sample, 'summaryFilter')) : [],
    at: (nowMs) => ({
      range: rangeOf(bound('dateRangeStart', nowMs), bound('dateRangeEnd', nowMs), zone),
      fields: { ...(render(template, valuesAt(nowMs)) as Fields), timeZone: zone, exportType: 'JSON' },
    }),
  };
}

function render(template: BodyTemplate, values: Values): unknown {
  return renderBody(template, values, String);
}

function memberOf(template: BodyTemplate & { readonly kind: 'map' }, name: string): BodyTemplate {
  return template.entries.find(([key]) => key === name)?.[1] ?? { kind: 'literal', value: undefined };
}

/** A parameter is named as in URLs, `{workspace_id}`. */
function valuesIn(params: Readonly<Record<string, string>>, { unit, format, zone }: ReportTime) {
  const write = compileDateFormat(format, zone);
  const isNumber = EPOCH_FORMATS.some((name) => name === format);
  const byName = new Map(
    Object.entries(params).flatMap(([name, id]) => [[name, id] as const, [`${name}_id`, id] as const]),
  );
  return (nowMs: number): Values => ({
    value(name) {
      const value = byName.get(name);
      if (value !== undefined) return value;
      const hint = `There are {now}, ${[...byName.keys()].map((known) => `{${known}}`).join(', ')}.`;
      throw new WorkerError('config', 'placeholder.unknown', `nothing is called {${name}} in the body of a report`, {
        hint,
      });
    },
    now(offset) {
      const text = write(shiftNow(nowMs, offset, unit, zone));
      return isNumber ? Number(text) : text;
    },
  });
}

function zoneOf({ timeZone = 'UTC' }: Fields): string {
  if (typeof timeZone !== 'string') throw badBody('timeZone is no text', 'Leave it out for UTC.');
  return timeZone;
}

function pageSizeOf({ pageSize = MAX_PAGE_SIZE }: Fields): number {
  if (Number.isInteger(pageSize) && (pageSize as number) >= 1) return Math.min(pageSize as number, MAX_PAGE_SIZE);
  throw badBody('pageSize of detailedFilter is no number from 1', `Leave it out for ${MAX_PAGE_SIZE}.`);
}

function groupsOf({ groups }: Fields): readonly string[] {
  const isList = Array.isArray(groups) && groups.length >= 1 && groups.length <= 3;
  if (isList && groups.every((group) => GROUPS.includes(group)) && new Set(groups).size === groups.length)
    return groups;
  throw badBody('groups of summaryFilter is no list of one to three groups', `There are ${GROUPS.join(', ')}.`);
}

function mapIn(fields: Fields, name: string): Fields {
  const value = fields[name] ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as Fields;
  throw badBody(`${name} is no map`, 'Write it as in the Clockify documentation.');
}

function badBody(what: string, hint: string): WorkerError {
  return new WorkerError('config', 'report.bad_body', `the report cannot be asked: ${what}`, { hint });
}
