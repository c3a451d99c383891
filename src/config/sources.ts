import type { Config } from './config.ts';
import { SOURCE_DEFAULTS } from './defaults.ts';
import { type ManualSurroundings, readManual } from './manual-source.ts';
import { readMask } from './mask.ts';
import { milliseconds } from './quantity.ts';
import type { Report } from './report.ts';
import { judgeReport, readReport, reportOf } from './report-source.ts';
import { checkRhythms, rhythmsOf } from './rhythms.ts';
import { checkSchedule, scheduleOf } from './schedule.ts';
import { mapOf, readShape } from './shape.ts';
import type { ReportConfig, SourceConfig } from './source-config.ts';
import { checkTopics, type PlacedSource } from './source-conflicts.ts';
import { filterKey, type SourceValues, sourceShape } from './source-shape.ts';
import type { Hosts } from './step-url.ts';
import type { TemplateInfo } from './template-info.ts';
import { join, kindOf, type ListNode, type MapNode, type Node } from './tree.ts';

/** What a source may refer to. */
export interface Surroundings extends Omit<ManualSurroundings, 'hosts'> {
  readonly templates: readonly TemplateInfo[];
  /** Names in the file, right or wrong: a wrong credential is reported once, not by every source. */
  readonly credentials: readonly string[];
  /** Of a credential that is right. */
  readonly hostsOf: (credential: string) => Hosts | undefined;
  readonly topics: Pick<Config['topics'], 'prefix'>;
  /** Topics that no source may have. */
  readonly reserved: readonly string[];
}

/** @returns those that are right, in the order of the file; the report has the others */
export function readSources(root: MapNode, around: Surroundings, report: Report): readonly SourceConfig[] {
  const list = listOfSources(root, report);
  const placed = (list?.items ?? []).flatMap((node, index) => readSource(node, join('sources', index), around, report));
  checkTopics(placed, around.reserved, report);
  return placed.map(({ source }) => source);
}

function listOfSources(root: MapNode, report: Report): ListNode | undefined {
  const entry = root.entries.get('sources');
  const hint = 'Give at least one: - { name: projects, template: projects, credential: … }.';
  if (entry === undefined) report.problem(root.at, 'sources', 'is missing', hint);
  else if (entry.value.kind !== 'list') {
    const { value } = entry;
    if (value.kind === 'text' && value.failed) return undefined;
    const found = value.kind === 'text' && value.text === '' ? 'empty' : kindOf(value);
    report.problem(value.at, 'sources', `is ${found} and should be a list`, hint);
  } else if (entry.value.items.length === 0) report.problem(entry.value.at, 'sources', 'is empty', hint);
  else return entry.value;
  return undefined;
}

function readSource(node: Node, path: string, around: Surroundings, report: Report): PlacedSource[] {
  const map = mapOf(node, path, 'Write name, credential, and a template, an endpoint or steps.', report);
  if (map === undefined) return [];
  const [kind = 'template', other] = ['template', 'endpoint', 'steps'].filter((key) => map.entries.has(key));
  if (other !== undefined) {
    const at = map.entries.get(other)?.keyAt ?? map.at;
    report.problem(at, join(path, other), `cannot stand beside ${kind}`, 'A source has one of the two.');
    return [];
  }
  const source =
    kind === 'template' ? readTemplate(map, path, around, report) : readManual(map, path, manual(map, around), report);
  return source === undefined ? [] : [{ source, map, path }];
}

function manual(map: MapNode, around: Surroundings): ManualSurroundings {
  const credential = map.entries.get('credential')?.value;
  return { ...around, hosts: credential?.kind === 'text' ? around.hostsOf(credential.text) : undefined };
}

function readTemplate(map: MapNode, path: string, around: Surroundings, report: Report): SourceConfig | undefined {
  const names = around.templates.map(({ name }) => name);
  const template = templateOf(map, around.templates);
  const values = readShape(sourceShape(template, names, around.credentials), map, path, report);
  checkSchedule(map, path, template.report !== undefined, report);
  checkRhythms(map, path, template, report);
  const mask = readMask(map, path, { fields: template.fields, needed: neededOf(template) }, report);
  const body = readReport(map, path, template, around.judges.checkDateFormat, report);
  if (values === undefined) return undefined;
  const asked = body === undefined ? undefined : reportOf(body, values);
  if (asked !== undefined) judgeReport(asked, map, path, template, around.judges, report);
  return { ...resolve(values, template, asked, around), ...(mask === undefined ? {} : { mask }) };
}

/** What the worker itself goes by: which entity it is, and in which window. */
function neededOf({ keyFields = [], startField }: TemplateInfo): readonly string[] {
  return startField === undefined ? keyFields : [...keyFields, startField];
}

/** With an unknown template, a key is right if any template has it: the template itself is reported. */
function templateOf(map: MapNode, templates: readonly TemplateInfo[]): TemplateInfo {
  const node = map.entries.get('template')?.value;
  const found = templates.find(({ name }) => node?.kind === 'text' && node.text === name);
  if (found !== undefined) return found;
  return {
    name: '',
    plural: '',
    parameters: [...new Set(templates.flatMap(({ parameters }) => parameters))],
    filters: Object.assign({}, ...templates.map(({ filters }) => filters)),
    fields: templates.flatMap(({ fields }) => fields),
    report: templates.find(({ report }) => report !== undefined)?.report,
    rhythms: templates.find(({ rhythms }) => rhythms !== undefined)?.rhythms,
  };
}

function resolve(
  values: SourceValues,
  template: TemplateInfo,
  report: ReportConfig | undefined,
  { topics }: Surroundings,
): SourceConfig {
  const rhythms = rhythmsOf(values);
  const parameters = template.parameters.map((name) => [name, values[name] ?? 'all']);
  const filters = Object.keys(template.filters)
    .map((name) => [name, values[filterKey(name, template)]])
    .filter(([, value]) => value !== undefined);
  return {
    name: values.name,
    template: values.template,
    credential: values.credential,
    schedule: scheduleOf(values),
    everyMs: values.every ?? milliseconds(SOURCE_DEFAULTS.every) ?? 0,
    endpoint: undefined,
    report,
    parameters: Object.fromEntries(parameters),
    filters: Object.fromEntries(filters),
    topic: values.topic ?? `${topics.prefix}.${template.plural}`,
    pageSize: values.page_size,
    ignoreChanges: values.ignore_changes,
    ...(rhythms === undefined ? {} : { rhythms }),
  };
}
