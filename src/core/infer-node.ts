import { instantMs, isLong } from './field-value.ts';

/**
 * What was seen at one place of many items: kinds of values, and names under it. Two nodes join to what a single
 * observer of both would have; limits hold at every join, and in such a way that the order of joins cannot matter:
 * whatever makes a node irregular can only grow.
 */
export interface Node {
  readonly kinds: number;
  /** Empty where the node is irregular. */
  readonly members: Members;
  /** An object whose names are data, or are too many: it will be one field of JSON. */
  readonly irregular: boolean;
  /** How many names are below it; all that are allowed where it is irregular, so that it never shrinks. */
  readonly size: number;
}

export type Members = ReadonlyMap<string, Node>;

/** Null has no kind: it says nothing. A list without items says only that it is one. */
export const KIND = {
  text: 1,
  instant: 2,
  boolean: 4,
  long: 8,
  double: 16,
  emptyList: 32,
  strings: 64,
  list: 128,
  object: 256,
} as const;

const MAX_MEMBERS = 50;
const MAX_NAME_LENGTH = 64;
const NO_MEMBERS: Members = new Map();

/** Ids, numbers and dates are no names of fields. */
const DATA_AS_NAME = /^(?:[0-9a-f]{24}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d[\d.:-]*)$/i;
const CONTROL = /\p{Cc}/u;

/** A name that an Avro schema can hold as part of a path, and get back from any registry. */
export function isUsableName(name: string): boolean {
  return name.length <= MAX_NAME_LENGTH && name.isWellFormed() && !CONTROL.test(name);
}

/** @param depth 1 for the properties of an item */
export function nodeOf(value: unknown, depth: number): Node {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return objectNode(value, depth);
  return leaf(kindOf(value));
}

function joinNodes(a: Node, b: Node, depth: number): Node {
  const kinds = a.kinds | b.kinds;
  if (a.irregular && a.kinds === kinds) return a;
  if (a.irregular || b.irregular) return irregularNode(kinds, depth);
  const members = joinMembers(a.members, b.members, depth + 1);
  return members === a.members && kinds === a.kinds ? a : regularNode(kinds, members, depth);
}

/** @returns `a` itself where `b` adds nothing */
export function joinMembers(a: Members, b: Members, depth: number): Members {
  let joined: Map<string, Node> | undefined;
  for (const [name, node] of b) {
    const known = a.get(name);
    const next = known === undefined ? node : joinNodes(known, node, depth);
    if (next === known) continue;
    joined ??= new Map(a);
    joined.set(name, next);
  }
  return joined ?? a;
}

function objectNode(value: object, depth: number): Node {
  const names = Object.keys(value);
  const irregular = names.length > MAX_MEMBERS || names.some((name) => DATA_AS_NAME.test(name) || !isUsableName(name));
  if (irregular || names.length > roomAt(depth)) return irregularNode(KIND.object, depth);
  const members = names.map((name): [string, Node] => [
    name,
    nodeOf((value as Record<string, unknown>)[name], depth + 1),
  ]);
  return regularNode(KIND.object, new Map(members), depth);
}

function regularNode(kinds: number, members: Members, depth: number): Node {
  if (members.size === 0) return leaf(kinds);
  let size = members.size;
  for (const member of members.values()) size += member.size;
  if (members.size > MAX_MEMBERS || size > roomAt(depth)) return irregularNode(kinds, depth);
  return { kinds, members, irregular: false, size };
}

function irregularNode(kinds: number, depth: number): Node {
  return { kinds, members: NO_MEMBERS, irregular: true, size: roomAt(depth) };
}

/** How many names may be below a node: 243 below a property of the item, a third of it one step further down. */
function roomAt(depth: number): number {
  return Math.floor(3 ** (6 - depth));
}

const leaves = new Map<number, Node>();

function leaf(kinds: number): Node {
  const known = leaves.get(kinds);
  if (known !== undefined) return known;
  const made: Node = { kinds, members: NO_MEMBERS, irregular: false, size: 0 };
  leaves.set(kinds, made);
  return made;
}

/** JSON.parse has rounded a whole number beyond the longs to a double already. */
function kindOf(value: unknown): number {
  if (typeof value === 'string') return instantMs(value) === undefined ? KIND.text : KIND.instant;
  if (typeof value === 'boolean') return KIND.boolean;
  if (typeof value === 'number') return isLong(value) ? KIND.long : KIND.double;
  return Array.isArray(value) ? listKind(value) : 0;
}

function listKind(items: readonly unknown[]): number {
  if (items.length === 0) return KIND.emptyList;
  return items.every((item) => typeof item === 'string') ? KIND.strings : KIND.list;
}
