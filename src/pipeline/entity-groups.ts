import { idsIn } from './packed-row.ts';

/**
 * What many entities have in common is said once: the beginning of their state keys, source, slice and schema. The
 * members of a group are a list that runs through their records, so that a slice's entities are found without a search.
 */
export interface EntityGroup {
  /** From 1; given again when the group has gone. */
  readonly id: number;
  readonly prefix: string;
  readonly prefixHash: number;
  readonly source: string;
  readonly slice: string;
  /** Undefined for graves. */
  readonly schema: string | undefined;
  /** The ids in its slice: its members' rows need not repeat them. */
  readonly ids: readonly Uint8Array[];
  /** Address of the first member; 0: there is none. */
  first: number;
  size: number;
}

export type GroupName = Pick<EntityGroup, 'prefix' | 'prefixHash' | 'source' | 'slice' | 'schema'>;

/** Groups that have members. */
export class EntityGroups {
  readonly #byId: (EntityGroup | undefined)[] = [undefined];
  readonly #vacant: number[] = [];
  readonly #byName = new Map<string, EntityGroup>();
  readonly #bySource = new Map<string, Set<EntityGroup>>();
  /** Without graves. */
  readonly #bySlice = new Map<string, Set<EntityGroup>>();

  at(id: number): EntityGroup {
    return this.#byId[id] as EntityGroup;
  }

  find(name: GroupName): EntityGroup | undefined {
    return this.#byName.get(textOf(name));
  }

  add(name: GroupName): EntityGroup {
    const id = this.#vacant.pop() ?? this.#byId.length;
    const { prefix, prefixHash, source, slice, schema } = name;
    const group: EntityGroup = { id, prefix, prefixHash, source, slice, schema, ids: idsIn(slice), first: 0, size: 0 };
    this.#byId[id] = group;
    this.#byName.set(textOf(group), group);
    addTo(this.#bySource, source, group);
    if (schema !== undefined) addTo(this.#bySlice, slice, group);
    return group;
  }

  drop(group: EntityGroup): void {
    this.#byId[group.id] = undefined;
    this.#vacant.push(group.id);
    this.#byName.delete(textOf(group));
    dropFrom(this.#bySource, group.source, group);
    dropFrom(this.#bySlice, group.slice, group);
  }

  /** Slices that own something. */
  slices(): readonly string[] {
    return [...this.#bySlice.keys()];
  }

  ofSlice(slice: string): Iterable<EntityGroup> {
    return this.#bySlice.get(slice) ?? [];
  }

  ofSource(source: string): Iterable<EntityGroup> {
    return this.#bySource.get(source) ?? [];
  }
}

/** Of no two groups: a schema has a fixed length or none, and the length says where the prefix ends. */
function textOf({ prefix, slice, schema = '' }: Pick<EntityGroup, 'prefix' | 'slice' | 'schema'>): string {
  return `${schema}/${prefix.length}/${prefix}${slice}`;
}

function addTo(map: Map<string, Set<EntityGroup>>, name: string, group: EntityGroup): void {
  const groups = map.get(name);
  if (groups === undefined) map.set(name, new Set([group]));
  else groups.add(group);
}

function dropFrom(map: Map<string, Set<EntityGroup>>, name: string, group: EntityGroup): void {
  const groups = map.get(name);
  groups?.delete(group);
  if (groups?.size === 0) map.delete(name);
}
