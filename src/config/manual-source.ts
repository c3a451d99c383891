import { SOURCE_DEFAULTS } from './defaults.ts';
import { checkParameters, type EndpointSurroundings, endpointOf, readSchemaFile, readSteps } from './endpoint.ts';
import { endpointSourceShape, type GivenManual, stepsSourceShape } from './endpoint-shape.ts';
import { reportStepFaults } from './judges.ts';
import { readMask } from './mask.ts';
import { PARAMETERS } from './placeholders.ts';
import { milliseconds } from './quantity.ts';
import type { Report } from './report.ts';
import { checkSchedule, scheduleOf } from './schedule.ts';
import { readShape } from './shape.ts';
import type { SourceConfig } from './source-config.ts';
import { checkTimes } from './times.ts';
import { join, type MapNode } from './tree.ts';

export interface ManualSurroundings extends Omit<EndpointSurroundings, 'times'> {
  readonly credentials: readonly string[];
  readonly topics: { readonly prefix: string };
}

/** A source without a template. Undefined where something was reported. */
export function readManual(
  map: MapNode,
  path: string,
  around: ManualSurroundings,
  report: Report,
): SourceConfig | undefined {
  const isSingle = map.entries.has('endpoint');
  const shape = isSingle ? endpointSourceShape(around.credentials) : stepsSourceShape(around.credentials);
  const before = report.problems.length;
  const given = readShape<GivenManual>(shape as never, map, path, report);
  checkSchedule(map, path, true, report);
  checkTimes(map, path, around.judges.checkDateFormat, report);
  const surroundings: EndpointSurroundings = { ...around, times: given ?? {} };
  const read = readSteps(map, path, surroundings, report);
  const schemaFile = readSchemaFile(map.entries.get('schema')?.value, join(path, 'schema'), surroundings, report);
  const paths = given === undefined || given.key === 'hash' ? [] : given.key;
  const mask = readMask(map, path, { fields: undefined, needed: paths }, report);
  if (read === undefined) return undefined;
  checkParameters(map, path, read.parameters, report);
  if (report.problems.length === before) {
    const faults = around.judges.checkSteps(read.steps, read.parameters);
    reportStepFaults(faults, read.steps, map, path, report);
  }
  if (given === undefined) return undefined;
  return { ...resolve(given, endpointOf(given, read, schemaFile), around), ...(mask === undefined ? {} : { mask }) };
}

function resolve(
  given: GivenManual,
  endpoint: NonNullable<SourceConfig['endpoint']>,
  { topics }: ManualSurroundings,
): SourceConfig {
  const bound = PARAMETERS.filter((name) => endpoint.parameters.includes(name));
  return {
    name: given.name,
    template: '',
    credential: given.credential,
    schedule: scheduleOf(given),
    everyMs: given.every ?? milliseconds(SOURCE_DEFAULTS.every) ?? 0,
    endpoint,
    report: undefined,
    parameters: Object.fromEntries(bound.map((name) => [name, given[name] ?? 'all'])),
    filters: {},
    topic: given.topic ?? `${topics.prefix}.${given.name.replaceAll('-', '_')}`,
    pageSize: undefined,
    ignoreChanges: given.ignore_changes,
  };
}
