import { readBody } from './body.ts';
import { ENDPOINT_DEFAULTS } from './defaults.ts';
import { endpointShape, type GivenCall, stepShape } from './endpoint-shape.ts';
import { readHeaders } from './headers.ts';
import type { Judges } from './judges.ts';
import { parametersOf, readPaging } from './paging.ts';
import { checkText, type Scope } from './placeholders.ts';
import type { Report } from './report.ts';
import { readShape } from './shape.ts';
import type { StepConfig } from './source-config.ts';
import { type Hosts, queryNames, readUrl } from './step-url.ts';
import { checkTimes, type GivenTimes, timesOf } from './times.ts';
import { join, type MapNode } from './tree.ts';

export interface StepSurroundings {
  readonly scope: Scope;
  /** Undefined where the credential is wrong itself. */
  readonly hosts: Hosts | undefined;
  /** Of the source: for what the step leaves out. */
  readonly times: GivenTimes;
  readonly judges: Judges;
}

/**
 * One call. Its parts are read each on its own, so that all that is wrong is told at once.
 *
 * @param name undefined: the step has one in the file
 */
export function readStep(
  map: MapNode,
  path: string,
  name: string | undefined,
  around: StepSurroundings,
  report: Report,
): StepConfig | undefined {
  const { scope, hosts } = around;
  const shape = name === undefined ? stepShape : endpointShape;
  const given: (GivenCall & { readonly name?: string }) | undefined = readShape<GivenCall>(shape, map, path, report);
  checkTimes(map, path, around.judges.checkDateFormat, report);
  const method = given?.method ?? methodOf(map);
  const url = readUrlOf(map, path, scope, hosts, report);
  const headers = readHeaders(map.entries.get('headers')?.value, join(path, 'headers'), scope, report);
  const bodyNode = map.entries.get('body')?.value;
  const body = bodyNode === undefined ? undefined : readBody(bodyNode, join(path, 'body'), scope, report);
  const paging = readPaging(map.entries.get('paging')?.value, join(path, 'paging'), report);
  if (paging === undefined || given === undefined || url === undefined) return undefined;
  const step: StepConfig = {
    name: name ?? given.name ?? '',
    method,
    url,
    headers,
    body,
    dataPath: given.data_path ?? ENDPOINT_DEFAULTS.dataPath,
    metadataPath: given.metadata_path,
    metadataPrefix: given.metadata_prefix ?? ENDPOINT_DEFAULTS.metadataPrefix,
    paging,
    time: timesOf(given, around.times),
  };
  checkTogether(step, map, path, report);
  return step;
}

function methodOf(map: MapNode): StepConfig['method'] {
  const node = map.entries.get('method')?.value;
  return node?.kind === 'text' && (node.text === 'POST' || node.text === 'PUT') ? node.text : 'GET';
}

function readUrlOf(
  map: MapNode,
  path: string,
  scope: Scope,
  hosts: Hosts | undefined,
  report: Report,
): string | undefined {
  const node = map.entries.get('url')?.value;
  if (node?.kind !== 'text' || node.failed || node.text.trim() === '') return undefined;
  checkText(node, join(path, 'url'), scope, report);
  return hosts === undefined ? undefined : readUrl(node, join(path, 'url'), hosts, report);
}

/** What two keys say against each other. */
function checkTogether(step: StepConfig, map: MapNode, path: string, report: Report): void {
  const { method, body, paging, url } = step;
  const tell = (key: string, message: string, hint: string) =>
    report.problem(map.entries.get(key)?.keyAt ?? map.at, join(path, key), message, hint);
  if (method === 'GET' && body !== undefined) tell('body', 'stands with GET', 'Say method: POST or PUT.');
  if (map.entries.has('metadata_prefix') && step.metadataPath === undefined) {
    tell('metadata_prefix', 'stands without metadata_path', 'Say what the prefix is for, or take it away.');
  }
  const isInBody = 'in' in paging && paging.in === 'body';
  if (isInBody && method === 'GET')
    tell('paging', 'is in the body, and GET has none', 'Say in: query, or method: POST.');
  if (isInBody && Array.isArray(body)) tell('paging', 'is in the body, which is a list', 'Say in: query.');
  if (isInBody) return;
  const isTwice = parametersOf(paging).some((name) => queryNames(url).includes(name));
  if (isTwice) tell('paging', 'sets a parameter that the URL sets too', 'Take it out of the URL.');
}
