import type { FieldMapping, ItemField } from './field.ts';
import type { FieldType } from './field-value.ts';
import { extentOf, isWithinLimits } from './infer-limit.ts';
import { fieldName, freshName } from './infer-name.ts';
import { isUsableName, joinMembers, KIND, type Members, type Node, nodeOf } from './infer-node.ts';

/**
 * The mapping of an endpoint that has none: items are observed, what was seen of them is joined, and the fields follow
 * from that. The same items give the same fields, in whatever order and in whatever parts they were seen.
 */

/** What was seen of many items. Bounded, whatever the items are. */
export interface Shape {
  readonly members: Members;
}

/** An item with more properties is mapped by the first of them in code unit order; the rest stays unknown. */
const MAX_PROPERTIES = 400;

export function emptyShape(): Shape {
  return { members: new Map() };
}

/** @returns `shape` itself where the item adds nothing, or is no object */
export function observe(shape: Shape, item: unknown): Shape {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return shape;
  const names = lowest(Object.keys(item).filter(isUsableName));
  const properties = item as Readonly<Record<string, unknown>>;
  const members = names.map((name): [string, Node] => [name, nodeOf(properties[name], 1)]);
  return mergeShapes(shape, { members: new Map(members) });
}

/**
 * Commutative, associative and idempotent.
 *
 * @internal
 */
export function mergeShapes(a: Shape, b: Shape): Shape {
  const members = joinMembers(a.members, b.members, 1);
  if (members === a.members) return a;
  if (members.size <= MAX_PROPERTIES) return { members };
  const kept = lowest([...members.keys()]);
  return { members: new Map(kept.map((name) => [name, members.get(name) as Node])) };
}

/**
 * Fields that every observed item fits, as far as JSON can say it: objects flattened, what is irregular or mixed as JSON
 * text. Properties that were never anything but null or empty have no field: their type is not known yet.
 *
 * @param taken names that are in use already
 * @returns shallow paths first, then in code unit order; names are unique and in snake_case
 */
export function fieldsOf(shape: Shape, taken: readonly string[]): readonly FieldMapping[] {
  const used = new Set(taken.map((name) => name.toLowerCase()));
  return limited(shape)
    .sort((a, b) => comparePaths(a.path, b.path))
    .map(({ path, type }): ItemField => {
      const field = freshName(fieldName(path, type), used);
      used.add(field);
      return { path, field, type };
    });
}

interface Found {
  readonly path: readonly string[];
  readonly type: FieldType;
}

/** Where all would be too much, the property with most fields becomes JSON, then the next one. */
function limited({ members }: Shape): Found[] {
  const groups = [...members].map(([name, node]) => leavesOf(node, [name]));
  groups.sort((a, b) => b.length - a.length || comparePaths(a[0]?.path ?? [], b[0]?.path ?? []));
  const extents = groups.map((group) => extentOf(group.map(({ path }) => path)));
  const total = {
    fields: extents.reduce((sum, { fields }) => sum + fields, 0),
    characters: extents.reduce((sum, { characters }) => sum + characters, 0),
  };
  return groups.flatMap((group, index) => {
    const [name] = group[0]?.path ?? [];
    if (name === undefined || group.length === 1 || isWithinLimits(total)) return group;
    const whole = extentOf([[name]]);
    total.fields += whole.fields - (extents[index]?.fields ?? 0);
    total.characters += whole.characters - (extents[index]?.characters ?? 0);
    return [{ path: [name], type: 'json' }];
  });
}

function leavesOf(node: Node, path: readonly string[]): Found[] {
  const type = typeOf(node);
  if (type === 'unknown') return [];
  if (type !== 'object') return [{ path, type }];
  return [...node.members].flatMap(([name, member]) => leavesOf(member, [...path, name]));
}

/** The first whose kinds are all that was seen. */
const TYPES: readonly (readonly [kinds: number, type: FieldType | 'unknown' | 'object'])[] = [
  [KIND.emptyList, 'unknown'],
  [KIND.object, 'object'],
  [KIND.instant, 'instant'],
  [KIND.instant | KIND.text, 'string'],
  [KIND.boolean, 'boolean'],
  [KIND.long, 'long'],
  [KIND.long | KIND.double, 'double'],
  [KIND.emptyList | KIND.strings, 'strings'],
];

function typeOf({ kinds, irregular }: Node): FieldType | 'unknown' | 'object' {
  const found = irregular ? undefined : TYPES.find(([all]) => (kinds & ~all) === 0);
  return found?.[1] ?? 'json';
}

function comparePaths(a: readonly string[], b: readonly string[]): number {
  if (a.length !== b.length) return a.length - b.length;
  const at = a.findIndex((name, index) => name !== b[index]);
  return at === -1 ? 0 : (a[at] as string) < (b[at] as string) ? -1 : 1;
}

function lowest(names: string[]): string[] {
  return names.length > MAX_PROPERTIES ? names.sort().slice(0, MAX_PROPERTIES) : names;
}
