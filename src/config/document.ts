import { type ErrorCode, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { markReferences, type Outside, RESERVED, resolveReferences, unmark } from './references.ts';
import type { Report } from './report.ts';
import { emptyMap, join, type MapNode, NOWHERE, type Node, type Position, type TextNode } from './tree.ts';

const MOST_CHARACTERS = 1_048_576;
/** An anchor used many times multiplies what it names: this bounds the product. */
const MOST_NODES = 50_000;
const MOST_DEPTH = 32;

interface Walk {
  readonly file: string;
  /** With its references marked. */
  readonly source: string;
  readonly report: Report;
  readonly outside: Outside;
  readonly position: (offset: number) => Position;
  readonly anchors: Map<string, unknown>;
  left: number;
  isFull: boolean;
}

/**
 * The YAML text as a tree. Every scalar is text: an id of 24 digits stays one, and `no` is no boolean.
 *
 * @returns undefined where the report says why there is no tree
 */
export function readDocument(text: string, file: string, outside: Outside, report: Report): MapNode | undefined {
  if (!isReadable(text, report)) return undefined;
  const lines = new LineCounter();
  const source = markReferences(text);
  const document = parseDocument(source, {
    schema: 'failsafe',
    prettyErrors: false,
    uniqueKeys: false,
    lineCounter: lines,
    logLevel: 'error',
  });
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  for (const error of [...document.errors, ...document.warnings]) {
    const [message, hint] = SYNTAX[error.code] ?? SYNTAX_OTHER;
    report.problem(position(error.pos[0]), '', message, hint);
  }
  if (report.problems.length > 0) return undefined;
  if (document.contents === null) return emptyMap({ line: 1, column: 1 });
  const walk: Walk = { file, source, report, outside, position, anchors: new Map(), left: MOST_NODES, isFull: false };
  const root = readNode(document.contents, '', 0, walk);
  if (root.kind === 'map') return root;
  if (root.kind === 'text' && root.raw === '') return emptyMap(root.at);
  report.problem(root.at, '', 'the file should be a map of keys', 'Start with credentials: and sources:.');
  return undefined;
}

function isReadable(text: string, report: Report): boolean {
  if (text.length > MOST_CHARACTERS) {
    report.problem(NOWHERE, '', 'the file is larger than 1 MiB', 'Split the sources over several deployments.');
    return false;
  }
  const found = RESERVED.exec(text);
  if (found === null) return true;
  const before = text.slice(0, found.index).split('\n');
  const at = { line: before.length, column: (before.at(-1) ?? '').length + 1 };
  report.problem(at, '', 'a private-use character stands here', 'Take away the characters U+E000 to U+E002.');
  return false;
}

function readNode(node: unknown, path: string, depth: number, walk: Walk): Node {
  walk.left -= 1;
  const at = walk.position(offsetOf(node));
  if (depth > MOST_DEPTH || walk.left < 0) return tooMuch(at, path, walk);
  if (isAlias(node)) {
    if (walk.anchors.has(node.source)) return readNode(walk.anchors.get(node.source), path, depth + 1, walk);
    return failed(at, path, `the anchor "${node.source}" is not defined above`, 'Define it first with &name.', walk);
  }
  if ((isScalar(node) || isSeq(node) || isMap(node)) && node.anchor !== undefined) walk.anchors.set(node.anchor, node);
  if (isSeq(node)) {
    const items = node.items.map((item, index) => readNode(item, join(path, index), depth + 1, walk));
    return { kind: 'list', at, items };
  }
  if (isMap(node)) return readMap(node, at, path, depth, walk);
  return readText(node, at, path, walk);
}

type Entries = Map<string, { readonly keyAt: Position; readonly value: Node }>;

function readMap(map: YAMLMap<unknown, unknown>, at: Position, path: string, depth: number, walk: Walk): MapNode {
  const entries: Entries = new Map();
  for (const pair of map.items) {
    const keyAt = walk.position(offsetOf(pair.key));
    const key = readKey(pair.key, keyAt, path, entries, walk);
    if (key === undefined) continue;
    const inner = join(path, key);
    const value =
      pair.value === null ? readText(null, keyAt, inner, walk) : readNode(pair.value, inner, depth + 1, walk);
    entries.set(key, { keyAt, value });
  }
  return { kind: 'map', at, entries };
}

function readKey(node: unknown, at: Position, path: string, entries: Entries, walk: Walk): string | undefined {
  const key = isScalar(node) ? unmark(String(node.value ?? '')) : undefined;
  const fault = key === undefined ? NOT_A_KEY : faultOfKey(key, entries);
  if (fault === undefined) return key;
  walk.report.problem(at, key === undefined ? path : join(path, key), ...fault);
  return undefined;
}

const NOT_A_KEY: readonly [string, string] = ['a key should be plain text', 'Write key: value.'];

function faultOfKey(key: string, entries: Entries): [string, string] | undefined {
  const first = entries.get(key);
  if (first !== undefined) return [`the key is there twice, first in line ${first.keyAt.line}`, 'Keep one of the two.'];
  if (key.includes('${')) return ['a key cannot hold a reference', 'References stand in values only.'];
  if (key === '<<') return ['merge keys are not read', 'Write the keys out, or name a whole value with an anchor.'];
  return undefined;
}

function readText(node: unknown, at: Position, path: string, walk: Walk): TextNode {
  const marked = isScalar(node) ? String(node.value ?? '') : '';
  const { text, raw, fromReference, complaints } = resolveReferences(marked, walk.file, walk.outside);
  for (const { complaint, hint } of complaints) walk.report.problem(at, path, complaint, hint);
  const isPlain = !isScalar(node) || node.type === 'PLAIN';
  return {
    kind: 'text',
    at,
    text,
    raw,
    fromReference,
    failed: complaints.length > 0,
    isPlain,
    inset: insetOf(node, walk),
  };
}

/** Known where the file has the very characters of the value: no escapes, no line breaks, no references. */
function insetOf(node: unknown, { source }: Walk): number | undefined {
  if (!isScalar(node) || node.range === undefined || node.range === null) return undefined;
  const inset = node.type === 'PLAIN' ? 0 : 1;
  const text = String(node.value ?? '');
  return text === unmark(text) && source.startsWith(text, node.range[0] + inset) ? inset : undefined;
}

function tooMuch(at: Position, path: string, walk: Walk): TextNode {
  if (walk.isFull) return silent(at);
  walk.isFull = true;
  const limits = `at most ${MOST_DEPTH} levels and ${MOST_NODES} values`;
  return failed(
    at,
    path,
    'the file is too deep or too large once its anchors are followed',
    `It may have ${limits}.`,
    walk,
  );
}

function failed(at: Position, path: string, message: string, hint: string, walk: Walk): TextNode {
  walk.report.problem(at, path, message, hint);
  return silent(at);
}

function silent(at: Position): TextNode {
  return { kind: 'text', at, text: '', raw: '', fromReference: false, failed: true, isPlain: true, inset: undefined };
}

function offsetOf(node: unknown): number {
  if (isScalar(node) || isSeq(node) || isMap(node) || isAlias(node)) return node.range?.[0] ?? 0;
  return 0;
}

const SYNTAX_OTHER: readonly [string, string] = [
  'this is not valid YAML',
  'Check indentation, quotes and colons here.',
];

/** By code, not by the parser's message: that may quote the file, secrets included. */
const SYNTAX: Partial<Record<ErrorCode, readonly [string, string]>> = {
  BAD_ALIAS: ['the name of this anchor or alias is not valid', 'Quote the value if it is meant to start with & or *.'],
  BAD_DIRECTIVE: ['this directive is not known', 'Quote the value if it is meant to start with %.'],
  BAD_DQ_ESCAPE: ['this backslash is no escape in double quotes', "Write \\\\, or use 'single quotes'."],
  BAD_INDENT: ['the indentation does not fit the lines around it', 'Keys of one map start in one column.'],
  BAD_SCALAR_START: ['a plain value cannot start with this character', 'Put the value in quotes.'],
  BLOCK_AS_IMPLICIT_KEY: [
    'there is a second key or colon in this value',
    'Quote a value with ": " in it; check the indentation.',
  ],
  MISSING_CHAR: ['a quote, bracket, brace or colon is missing', 'Close what is open; write "key: value" with a space.'],
  MULTILINE_IMPLICIT_KEY: ['a key goes over several lines', 'A colon is missing, or the indentation is off.'],
  MULTIPLE_DOCS: ['a second document starts here', 'One file holds one configuration: take away the ---.'],
  RESOURCE_EXHAUSTION: ['the file is nested too deeply', `At most ${MOST_DEPTH} levels.`],
  TAB_AS_INDENT: ['a tab is used as indentation', 'YAML indents by spaces only.'],
  TAG_RESOLVE_FAILED: ['tags are not read', 'Take away the word that starts with "!", or quote the value.'],
  UNEXPECTED_TOKEN: ['this is not expected here', 'Check quotes, brackets and indentation.'],
};
