import { isMap, isScalar, isSeq, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';
import { markReferences, unmark } from '../config/references.ts';
import { WorkerError } from '../core/errors.ts';

/**
 * Settings into the text of a configuration. Only the characters of the value change: comments, order and layout stay
 * as they are.
 */

/** What is to stand where: `data_path` in the endpoint or a step, `key` in the source. */
export interface PathSettings {
  readonly dataPath: string;
  readonly metadataPath: string | undefined;
  readonly key: string | undefined;
}

/** @throws {WorkerError} config `try.not_writable` where the file has the source in a shape that is not edited */
export function withPaths(text: string, source: string, step: string | undefined, settings: PathSettings): string {
  const { dataPath, metadataPath, key } = settings;
  const edits: readonly (readonly [Where, string, string | undefined])[] = [
    ['call', 'data_path', dataPath],
    ['call', 'metadata_path', metadataPath],
    ['source', 'key', key],
  ];
  let marked = markReferences(text);
  for (const [where, name, value] of edits) {
    if (value === undefined) continue;
    const map = sourceIn(marked, source);
    marked = withValue(marked, where === 'source' ? map : callIn(map, step), name, value);
  }
  return unmark(marked);
}

type Where = 'source' | 'call';
type Fields = YAMLMap<unknown, unknown>;

function sourcesIn(marked: string) {
  const sources = parseDocument(marked, { schema: 'failsafe', logLevel: 'error' }).get('sources');
  if (isSeq(sources)) return sources;
  throw notWritable('the file has no list of sources');
}

function sourceIn(marked: string, name: string): Fields {
  const found = sourcesIn(marked).items.find((item) => isMap(item) && item.get('name') === name);
  if (isMap(found)) return found;
  throw notWritable(`the source ${name} does not stand in the file as a map of its own`);
}

function callIn(source: Fields, step: string | undefined): Fields {
  const steps = source.get('steps');
  const found = isSeq(steps)
    ? steps.items.find((item) => isMap(item) && item.get('name') === step)
    : source.get('endpoint');
  if (isMap(found)) return found;
  throw notWritable('the endpoint does not stand in the file as a map of its own');
}

function withValue(marked: string, map: Fields, name: string, value: string): string {
  const pair = map.items.find(({ key }) => isScalar(key) && key.value === name);
  const written = `${quoted(value, map.flow === true)}`;
  if (pair === undefined) return withPair(marked, map, `${name}: ${written}`);
  const [from, to] = rangeOf(pair.value);
  return marked.slice(0, from) + written + marked.slice(to);
}

/** A new key stands behind the first one that is a plain value in one line. */
function withPair(marked: string, map: Fields, text: string): string {
  const before = map.items.find(({ value }) => isScalar(value) && isInOneLine(marked, value)) as Pair | undefined;
  if (before === undefined) throw notWritable('no place was found for a new key');
  const [, end] = rangeOf(before.value);
  if (map.flow === true) return `${marked.slice(0, end)}, ${text}${marked.slice(end)}`;
  const line = lineEnd(marked, end);
  return `${marked.slice(0, line)}\n${' '.repeat(columnOf(marked, rangeOf(before.key)[0]))}${text}${marked.slice(line)}`;
}

/** A new source at the end of the list; its lines are indented as the others are. */
export function withSource(text: string, lines: readonly string[]): string {
  const marked = markReferences(text);
  const sources = sourcesIn(marked);
  const last = sources.items.at(-1) as Node | undefined;
  if (sources.flow === true || last === undefined) throw notWritable('the sources do not stand one below the other');
  const dash = marked.lastIndexOf('-', rangeOf(last)[0]);
  const indent = ' '.repeat(columnOf(marked, dash));
  const end = marked.slice(0, rangeOf(last)[1]).trimEnd().length;
  const line = lineEnd(marked, end);
  const block = lines.map((each, at) => `${indent}${at === 0 ? '- ' : '  '}${each}`).join('\n');
  return unmark(`${marked.slice(0, line)}\n\n${block}${marked.slice(line)}`);
}

/** Plain where that is safe, so that a path reads as in the documentation. */
export function quoted(value: string, inFlow: boolean): string {
  const plain = inFlow ? /^(?:\$[\w.]*|[a-z]+)$/ : /^(?:\$[\w.[\]*-]*|[a-z]+)$/;
  return plain.test(value) ? value : JSON.stringify(value);
}

function rangeOf(node: unknown): readonly [number, number] {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  if (range === undefined || range === null) throw notWritable('a value has no place in the file');
  return [range[0], range[1]];
}

function isInOneLine(marked: string, node: Node): boolean {
  return !marked.slice(...rangeOf(node)).includes('\n');
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

function columnOf(text: string, at: number): number {
  return at - (text.lastIndexOf('\n', at - 1) + 1);
}

function notWritable(why: string): WorkerError {
  return new WorkerError('config', 'try.not_writable', `this cannot be written into the file: ${why}`, {
    hint: 'Write it by hand; without --write the choice is shown.',
  });
}
