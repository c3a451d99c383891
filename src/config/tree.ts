/** The file as data, in which every node still knows where it stood. */

export interface Position {
  readonly line: number;
  readonly column: number;
  /** Where the value is from, if it is not from the file. */
  readonly from?: string | undefined;
}

export interface TextNode {
  readonly kind: 'text';
  readonly at: Position;
  /** With its references replaced. */
  readonly text: string;
  /** As written: what may be shown where the text has come from a reference. */
  readonly raw: string;
  readonly fromReference: boolean;
  /** Already reported: nothing more is to be said of it. */
  readonly failed: boolean;
  /** Without quotes, so that a number may be meant as one. */
  readonly isPlain: boolean;
  /** Columns from `at` to its first character; undefined where the text is not in one line as it is read. */
  readonly inset: number | undefined;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: Position;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: Position;
  readonly entries: ReadonlyMap<string, { readonly keyAt: Position; readonly value: Node }>;
}

export type Node = TextNode | ListNode | MapNode;

/** Where a character of the text stands, counted from 1; where that is unknown, the text. */
export function placeIn({ at, inset }: TextNode, position: number): Position {
  return inset === undefined ? at : { ...at, column: at.column + inset + position - 1 };
}

export const NOWHERE: Position = { line: 0, column: 0 };

export function emptyMap(at: Position): MapNode {
  return { kind: 'map', at, entries: new Map() };
}

/** Text, arrays, and objects without a prototype, so that no key is special. */
export function plain(node: Node): unknown {
  if (node.kind === 'text') return node.text;
  if (node.kind === 'list') return node.items.map(plain);
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, { value }] of node.entries) object[key] = plain(value);
  return object;
}

/** Follows a path as far as it goes: a missing key is found at its parent. */
export function locate(node: Node, path: readonly PropertyKey[]): Node {
  const [step, ...rest] = path;
  if (step === undefined) return node;
  const next = child(node, step);
  return next === undefined ? node : locate(next, rest);
}

function child(node: Node, step: PropertyKey): Node | undefined {
  if (node.kind === 'map') return node.entries.get(String(step))?.value;
  return node.kind === 'list' ? node.items[Number(step)] : undefined;
}

export function some(node: Node, test: (text: TextNode) => boolean): boolean {
  if (node.kind === 'text') return test(node);
  if (node.kind === 'list') return node.items.some((item) => some(item, test));
  return [...node.entries.values()].some(({ value }) => some(value, test));
}

export function kindOf(node: Node): string {
  return node.kind === 'text' ? 'text' : `a ${node.kind}`;
}

/** `sources` and `1` and `every` give `sources[1].every`. */
export function join(path: string, step: PropertyKey): string {
  if (typeof step === 'number') return `${path}[${step}]`;
  const key = String(step);
  const shown = /^[\w.-]{1,64}$/.test(key) ? key : JSON.stringify(key.slice(0, 64));
  return path === '' ? shown : `${path}.${shown}`;
}
