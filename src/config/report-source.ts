import { bodyFormat, readBody } from './body.ts';
import { flag } from './format.ts';
import type { Judges } from './judges.ts';
import type { Scope } from './placeholders.ts';
import type { Report } from './report.ts';
import { apart, optional } from './shape.ts';
import type { ReportConfig } from './source-config.ts';
import type { TemplateInfo } from './template-info.ts';
import { type CheckDateFormat, checkTimes, type GivenTimes, timeFields, timesOf } from './times.ts';
import { join, locate, type MapNode, type Node, some } from './tree.ts';

/** What a source of a report template has beside the keys of every template. */
export const reportFields = {
  report: optional(
    apart(bodyFormat.what, { type: ['string', 'object'] }),
    'What the report is asked for, as a map or JSON text. Its strings may have {now-30}.',
  ),
  totals: optional(flag, 'Whether totals are merged into every row. They move with every entry.', 'false'),
  ...timeFields,
};

export interface GivenReport extends GivenTimes {
  readonly totals?: boolean | undefined;
}

/** @returns undefined for a template that is no report, and where something was reported */
export function readReport(
  map: MapNode,
  path: string,
  template: TemplateInfo,
  check: CheckDateFormat,
  report: Report,
): ReportConfig['body'] | undefined {
  if (template.report === undefined || template.name === '') return undefined;
  checkTimes(map, path, check, report);
  const node = map.entries.get('report')?.value;
  const inner = join(path, 'report');
  if (node === undefined) {
    report.problem(
      map.at,
      inner,
      'is missing',
      'Say at least dateRangeStart and dateRangeEnd: "{now-30}" and "{now}".',
    );
    return undefined;
  }
  const scope: Scope = { parameters: template.parameters, steps: [], laterSteps: [], used: new Set() };
  const body = readBody(node, inner, scope, report);
  if (body === undefined) return undefined;
  if (isObject(body)) return checkBody(body, node, inner, template, report);
  report.problem(node.at, inner, 'is a list and should be a map', 'Write dateRangeStart: … below it.');
  return undefined;
}

/** What Clockify answers 400 without (OpenAPI; observed). A map in place of a time is told as a placeholder. */
function checkBody(
  body: ReportConfig['body'],
  node: Node,
  path: string,
  template: TemplateInfo,
  report: Report,
): ReportConfig['body'] {
  for (const key of ['dateRangeStart', 'dateRangeEnd']) {
    const value = body[key];
    if (typeof value === 'string' || isObject(value)) continue;
    const message = value === undefined || value === null ? 'is missing' : 'is no date and time';
    report.problem(locate(node, [key]).at, join(path, key), message, 'A date and time, or a macro: "{now-30}".');
  }
  if (template.report !== 'summary') return body;
  const groups = isObject(body.summaryFilter) ? body.summaryFilter.groups : undefined;
  if (Array.isArray(groups) && groups.length >= 1 && groups.length <= 3) return body;
  const hint = 'From one to three, outermost first: summaryFilter: { groups: [PROJECT, USER] }.';
  const at = locate(node, ['summaryFilter', 'groups']).at;
  report.problem(at, `${path}.summaryFilter.groups`, 'is no list of one to three groups', hint);
  return body;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function reportOf(body: ReportConfig['body'], given: GivenReport): ReportConfig {
  return { body, time: timesOf(given), totals: given.totals ?? false };
}

/** What those who ask for reports say, where nothing else is wrong. */
export function judgeReport(
  asked: ReportConfig,
  map: MapNode,
  path: string,
  template: TemplateInfo,
  { checkReport }: Judges,
  report: Report,
): void {
  const inner = join(path, 'report');
  const node = map.entries.get('report')?.value;
  if (template.report === undefined || node === undefined) return;
  if (report.problems.some((problem) => problem.path.startsWith(path))) return;
  const fault = checkReport(template.report, asked, template.parameters);
  if (fault === undefined) return;
  const isHidden = some(node, ({ fromReference }) => fromReference);
  report.problem(node.at, inner, isHidden ? 'the references do not give what is wanted' : fault.message, fault.hint);
}
