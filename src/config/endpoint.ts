import { dirname, resolve } from 'node:path';
import { ENDPOINT_DEFAULTS } from './defaults.ts';
import type { GivenManual } from './endpoint-shape.ts';
import { isTaken, PARAMETERS, type Scope } from './placeholders.ts';
import { type Outside, reasonOf } from './references.ts';
import type { Report } from './report.ts';
import { mapOf } from './shape.ts';
import type { EndpointConfig, StepConfig } from './source-config.ts';
import { readStep, type StepSurroundings } from './step.ts';
import { join, kindOf, type MapNode, type Node } from './tree.ts';

export interface EndpointSurroundings extends Omit<StepSurroundings, 'scope'> {
  /** Of the configuration: a schema's path begins there. */
  readonly file: string;
  readonly outside: Outside;
}

const MOST_STEPS = 8;

/** The steps of a source, and which parameters they use; undefined where something was reported. */
export function readSteps(
  map: MapNode,
  path: string,
  around: EndpointSurroundings,
  report: Report,
): Pick<EndpointConfig, 'steps' | 'parameters'> | undefined {
  const used = new Set<string>();
  const single = map.entries.get('endpoint')?.value;
  const steps =
    single === undefined
      ? readChain(map.entries.get('steps')?.value, join(path, 'steps'), used, around, report)
      : readSingle(single, join(path, 'endpoint'), used, around, report);
  return steps === undefined ? undefined : { steps, parameters: parametersOf(used) };
}

function readSingle(
  node: Node,
  path: string,
  used: Set<string>,
  around: EndpointSurroundings,
  report: Report,
): readonly StepConfig[] | undefined {
  const map = mapOf(node, path, 'Write url: … below it.', report);
  const scope: Scope = { parameters: PARAMETERS, steps: [], laterSteps: [], used };
  const step = map === undefined ? undefined : readStep(map, path, 'endpoint', { ...around, scope }, report);
  return step === undefined ? undefined : [step];
}

function readChain(
  node: Node | undefined,
  path: string,
  used: Set<string>,
  around: EndpointSurroundings,
  report: Report,
): readonly StepConfig[] | undefined {
  if (node === undefined || (node.kind === 'text' && node.failed)) return undefined;
  const hint = `From 1 to ${MOST_STEPS} steps: - { name: projects, url: … }.`;
  if (node.kind !== 'list') {
    report.problem(node.at, path, `is ${kindOf(node)} and should be a list`, hint);
    return undefined;
  }
  const { items } = node;
  if (items.length === 0 || items.length > MOST_STEPS) {
    report.problem(node.at, path, items.length === 0 ? 'is empty' : `has ${items.length} steps`, hint);
    return undefined;
  }
  const names = items.map(nameOf);
  const steps = items.flatMap((item, index) => {
    const inner = join(path, index);
    const map = mapOf(item, inner, 'Write name and url.', report);
    if (map === undefined) return [];
    checkName(map, inner, names.slice(0, index), report);
    const heads = new Set<string>();
    const scope: Scope = {
      parameters: PARAMETERS,
      steps: names.slice(0, index),
      laterSteps: names.slice(index),
      used: heads,
    };
    const step = readStep(map, inner, undefined, { ...around, scope }, report);
    for (const head of heads) used.add(head);
    if (index > 0 && step !== undefined) warnOfRepeats(heads, map, inner, report);
    return step === undefined ? [] : [step];
  });
  return steps.length === items.length ? steps : undefined;
}

function nameOf(node: Node): string {
  const name = node.kind === 'map' ? node.entries.get('name')?.value : undefined;
  return name?.kind === 'text' && !name.fromReference ? name.text : '';
}

function checkName(map: MapNode, path: string, earlier: readonly string[], report: Report): void {
  const node = map.entries.get('name')?.value;
  if (node?.kind !== 'text' || node.text === '') return;
  const at = join(path, 'name');
  if (node.fromReference) {
    report.problem(node.at, at, 'cannot be a reference', 'Placeholders name the step: write the name itself.');
  } else if (isTaken(node.text)) {
    report.problem(
      node.at,
      at,
      'is a word that placeholders already have',
      'Choose another: {now}, {item} and parameters.',
    );
  } else if (earlier.includes(node.text)) {
    report.problem(node.at, at, 'is the name of an earlier step', 'Placeholders name steps: use each name once.');
  }
}

function warnOfRepeats(heads: ReadonlySet<string>, map: MapNode, path: string, report: Report): void {
  const parameters = PARAMETERS.flatMap((name) => [name, `${name}_id`]);
  if ([...heads].some((head) => !parameters.includes(head))) return;
  const hint = 'Name a field of an earlier step in it, such as {projects.id}.';
  report.warn(map.at, path, 'sends the same request for each item of the step before', hint);
}

/** A workspace lists its users and projects: it is bound where they are. */
function parametersOf(used: ReadonlySet<string>): readonly string[] {
  const named = PARAMETERS.filter((name) => used.has(name) || used.has(`${name}_id`));
  return named.length === 0 || named.includes('workspace') ? named : ['workspace', ...named];
}

/** Absolute, and a file with a record in it. What the schema says is for the registry and the codec to judge. */
export function readSchemaFile(
  node: Node | undefined,
  path: string,
  { file, outside }: EndpointSurroundings,
  report: Report,
): string | undefined {
  if (node?.kind !== 'text' || node.failed || node.text.trim() === '') return undefined;
  const found = resolve(dirname(file), node.text);
  const tell = (message: string, hint: string) => {
    const shown = node.fromReference ? 'the reference does not give the path of a schema' : message;
    report.problem(node.at, path, shown, hint);
  };
  try {
    if (!isRecord(outside.readFile(found))) tell('is no Avro record', 'A file of JSON: { "type": "record", … }.');
  } catch (error) {
    tell(`cannot be read (${reasonOf(error)})`, 'The path begins at the folder of this file. Check path and rights.');
  }
  return found;
}

function isRecord(text: string): boolean {
  try {
    const schema: unknown = JSON.parse(text);
    return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'record';
  } catch {
    return false;
  }
}

export function endpointOf(
  given: GivenManual,
  { steps, parameters }: Pick<EndpointConfig, 'steps' | 'parameters'>,
  schemaFile: string | undefined,
): EndpointConfig {
  return {
    steps,
    output: given.output ?? ENDPOINT_DEFAULTS.output,
    parallel: given.parallel ?? ENDPOINT_DEFAULTS.parallel,
    key: given.key === 'hash' ? { type: 'hash' } : { type: 'paths', paths: given.key },
    schemaFile,
    parameters,
  };
}

/** A parameter that nothing names would narrow nothing. */
export function checkParameters(map: MapNode, path: string, used: readonly string[], report: Report): void {
  for (const name of PARAMETERS) {
    const entry = map.entries.get(name);
    if (entry === undefined || used.includes(name)) continue;
    const hint = `Put {${name}_id} into the URL, or take the key away.`;
    report.problem(entry.keyAt, join(path, name), 'is named by no placeholder of this endpoint', hint);
  }
}
