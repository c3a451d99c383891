import type { Config, SourceConfig, TemplateInfo } from './config.ts';
import { SOURCE_DEFAULTS } from './defaults.ts';
import { milliseconds } from './quantity.ts';
import type { Report } from './report.ts';
import { mapOf, readShape } from './shape.ts';
import { checkTopics, type PlacedSource } from './source-conflicts.ts';
import { filterKey, type SourceValues, sourceShape } from './source-shape.ts';
import { join, kindOf, type ListNode, type MapNode, type Node } from './tree.ts';

/** What a source may refer to. */
export interface Surroundings {
  readonly templates: readonly TemplateInfo[];
  /** Names in the file, right or wrong: a wrong credential is reported once, not by every source. */
  readonly credentials: readonly string[];
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
  const map = mapOf(node, path, 'Write name, template and credential.', report);
  if (map === undefined) return [];
  const names = around.templates.map(({ name }) => name);
  const template = templateOf(map, around.templates);
  const values = readShape(sourceShape(template, names, around.credentials), map, path, report);
  if (values === undefined) return [];
  return [{ source: resolve(values, template, around), map, path }];
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
  };
}

function resolve(values: SourceValues, template: TemplateInfo, { topics }: Surroundings): SourceConfig {
  const parameters = template.parameters.map((name) => [name, values[name] ?? 'all']);
  const filters = Object.keys(template.filters)
    .map((name) => [name, values[filterKey(name, template)]])
    .filter(([, value]) => value !== undefined);
  const everyMs = values.every ?? milliseconds(SOURCE_DEFAULTS.every) ?? 0;
  return {
    name: values.name,
    template: values.template,
    credential: values.credential,
    schedule: { type: 'every', everyMs },
    everyMs,
    endpoint: undefined,
    report: undefined,
    parameters: Object.fromEntries(parameters),
    filters: Object.fromEntries(filters),
    topic: values.topic ?? `${topics.prefix}.${template.plural}`,
    pageSize: values.page_size,
    ignoreChanges: values.ignore_changes,
  };
}
