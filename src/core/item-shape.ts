import { MOST_DRIFTS } from './drift.ts';
import { expectedOf, type FieldType } from './field-value.ts';
import { type Item, isItem } from './item.ts';

/**
 * Which properties items have, beside what the mapping reads of them. What a list of names means is worked out once, and
 * known again when the next item has the same: nearly always.
 */
export interface ItemShape {
  /** What is read, objects on the way included; a path's place in this list is its id. */
  readonly paths: readonly KnownPath[];
  /** What these items show. One that is no object shows nothing. */
  tally(items: Iterable<unknown>): ShapeTally;
}

interface KnownPath {
  /** Dotted. */
  readonly path: string;
  readonly expected: string;
  /** Which object it is a property of, by `ShapeTally.objects`; 0 is the item. */
  readonly parent: number;
}

/** What the items of one page have shown: numbers, and of each new path one value. */
export interface ShapeTally {
  /** How many there were of each object that has properties which are read. */
  readonly objects: readonly number[];
  /** By id: in how many of these objects it was not there. Null is there. */
  readonly absent: readonly number[];
  /** By dotted path, of what no field takes: at most {@link MOST_DRIFTS}. */
  readonly unknown: ReadonlyMap<string, UnknownField>;
  /** Values of paths beyond these. */
  readonly unlisted: number;
}

interface UnknownField {
  readonly names: readonly string[];
  /** Of the first item that had it. */
  readonly value: unknown;
  readonly count: number;
}

interface ShapeField {
  readonly path: readonly string[];
  readonly type: FieldType;
}

/** The item, or an object in it of which properties are read. */
interface Node {
  readonly index: number;
  readonly names: readonly string[];
  readonly members: Map<string, Member>;
  readonly outlines: Outline[];
}

interface Member {
  readonly id: number;
  /** Undefined where it is mapped as a whole, and so is all within it. */
  readonly within: Node | undefined;
}

/** What a list of names means for a node. */
interface Outline {
  readonly names: readonly string[];
  readonly strangers: readonly string[];
  readonly nested: readonly { readonly name: string; readonly node: Node }[];
  /** Ids. */
  readonly absent: readonly number[];
}

/** Kept for each node, of at most so many names. */
const MOST_OUTLINES = 16;
const MOST_NAMES = 500;

interface Tally {
  readonly objects: number[];
  readonly absent: number[];
  readonly unknown: Map<string, { names: readonly string[]; value: unknown; count: number }>;
  unlisted: number;
  /** By node: objects of one outline in a row, not added yet. */
  readonly runs: { outline: Outline | undefined; length: number }[];
}

export function compileItemShape(fields: readonly ShapeField[]): ItemShape {
  const { root, nodes, paths } = treeOf(fields);
  return {
    paths,
    tally(items) {
      const tally: Tally = {
        objects: nodes.map(() => 0),
        absent: paths.map(() => 0),
        unknown: new Map(),
        unlisted: 0,
        runs: nodes.map(() => ({ outline: undefined, length: 0 })),
      };
      for (const item of items) look(item, root, tally);
      for (const node of nodes) endRun(tally, node);
      return tally;
    },
  };
}

function treeOf(fields: readonly ShapeField[]) {
  const nodes: Node[] = [];
  const paths: KnownPath[] = [];
  const wholes = new Map(fields.map(({ path, type }) => [JSON.stringify(path), type]));
  const addNode = (names: readonly string[]): Node => {
    const node: Node = { index: nodes.length, names, members: new Map(), outlines: [] };
    nodes.push(node);
    return node;
  };
  const addMember = (node: Node, name: string): Member => {
    const names = [...node.names, name];
    const whole = wholes.get(JSON.stringify(names));
    const member = { id: paths.length, within: whole === undefined ? addNode(names) : undefined };
    const expected = whole === undefined ? 'object' : expectedOf(whole);
    paths.push({ path: names.join('.'), expected, parent: node.index });
    node.members.set(name, member);
    return member;
  };
  const root = addNode([]);
  for (const { path } of fields) {
    let node: Node | undefined = root;
    for (const name of path) node = node && (node.members.get(name) ?? addMember(node, name)).within;
  }
  return { root, nodes, paths };
}

function look(value: unknown, node: Node, tally: Tally): void {
  if (!isItem(value)) return;
  const outline = outlineOf(node, Object.keys(value));
  const run = tally.runs[node.index];
  if (run?.outline !== outline) beginRun(tally, node, outline);
  else run.length += 1;
  for (const name of outline.strangers) addStranger(tally, node, name, value[name]);
  for (const { name, node: within } of outline.nested) look(value[name], within, tally);
}

function outlineOf({ members, outlines }: Node, names: readonly string[]): Outline {
  const known = outlines.find((outline) => isSame(outline.names, names));
  if (known !== undefined) return known;
  const there = new Set(names);
  const nested = names.flatMap((name) => {
    const node = members.get(name)?.within;
    return node === undefined ? [] : [{ name, node }];
  });
  const strangers = names.filter((name) => !members.has(name));
  const absent = [...members].flatMap(([name, { id }]) => (there.has(name) ? [] : [id]));
  const outline = { names, strangers, nested, absent };
  if (outlines.length < MOST_OUTLINES && names.length <= MOST_NAMES) outlines.push(outline);
  return outline;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

function beginRun(tally: Tally, node: Node, outline: Outline): void {
  endRun(tally, node);
  tally.runs[node.index] = { outline, length: 1 };
}

function endRun({ runs, objects, absent }: Tally, { index }: Node): void {
  const { outline, length } = runs[index] ?? { outline: undefined, length: 0 };
  objects[index] = (objects[index] ?? 0) + length;
  for (const id of outline?.absent ?? []) absent[id] = (absent[id] ?? 0) + length;
}

function addStranger(tally: Tally, { names }: Node, name: string, value: unknown): void {
  if (saysNothing(value)) return;
  const path = names.length === 0 ? name : `${names.join('.')}.${name}`;
  const known = tally.unknown.get(path);
  if (known !== undefined) known.count += 1;
  else if (tally.unknown.size >= MOST_DRIFTS) tally.unlisted += 1;
  else tally.unknown.set(path, { names: [...names, name], value, count: 1 });
}

/** So deep that an answer which is nothing but brackets cannot exhaust the stack. */
const DEEPEST = 20;

/** Null, and what is empty, has no type that a field could get. */
function saysNothing(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return value === null || value === undefined;
  if (Array.isArray(value)) return value.length === 0;
  return depth < DEEPEST && Object.values(value as Item).every((inner) => saysNothing(inner, depth + 1));
}
