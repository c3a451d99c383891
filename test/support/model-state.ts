import type { EntityKey } from '../../src/core/record.ts';
import type {
  Checkpoint,
  Grave,
  LiveEntry,
  RejectEntry,
  SourceIdentity,
  Spent,
  StateItem,
  StateRecord,
} from '../../src/core/state.ts';
import { decodeState, entityStateKey, stateKey } from '../../src/core/state-codec.ts';

/** What a shard's state answers, by plain maps of objects: the packed one must answer the same. */
export class ModelState {
  readonly #entities = new Map<string, Kept>();
  /** Slice → state keys of the live entities it owns. */
  readonly #owned = new Map<string, Set<string>>();
  readonly #checkpoints = new Map<
    string,
    { readonly source: string; readonly slice: string; readonly checkpoint: Checkpoint }
  >();
  readonly #rejects = new Map<string, { readonly source: string; readonly id: string; readonly entry: RejectEntry }>();
  readonly #identities = new Map<string, { readonly source: string; readonly identity: SourceIdentity }>();
  readonly #schemas = new Map<string, string>();
  readonly #budgets = new Map<string, Spent>();
  /** State keys of the deleted: few among many, and asked for after each sweep. */
  readonly #graves = new Set<string>();
  #version = 0;

  /** @throws {WorkerError} fatal `state.unknown_format`, `state.corrupt` */
  apply(record: StateRecord): void {
    this.#version += 1;
    this.#disown(record.key);
    if (record.value === null) this.#remove(record.key);
    else this.#put(record.key, decodeState(record.key, record.value));
  }

  entry(source: string, key: EntityKey): LiveEntry | Grave | undefined {
    return this.#entities.get(entityStateKey(source, key))?.entry;
  }

  /** The entry under a state key, as `entityStateKey` makes it. */
  entryAt(key: string): LiveEntry | Grave | undefined {
    return this.#entities.get(key)?.entry;
  }

  keyAt(key: string): EntityKey | undefined {
    return this.#entities.get(key)?.key;
  }

  /** Grows with every record: what was asked for under one version knows nothing of what came under later ones. */
  get version(): number {
    return this.#version;
  }

  /** The version under which an entity was last changed; 0: there is none. */
  versionAt(key: string): number {
    return this.#entities.get(key)?.version ?? 0;
  }

  /** Notes when an answer was asked for that shows an entity as it is here. In memory only: a restore knows nothing of it. */
  noteSeen(key: string, atMs: number): void {
    const kept = this.#entities.get(key);
    if (kept !== undefined) kept.seenAtMs = atMs;
  }

  seenAt(key: string): number | undefined {
    return this.#entities.get(key)?.seenAtMs;
  }

  /** Slices that own something, in no order. */
  owners(): readonly string[] {
    return [...this.#owned.keys()];
  }

  /** State keys of what a slice owns and was not deleted. In no order. */
  ownedBy(slice: string): readonly string[] {
    return [...(this.#owned.get(slice) ?? [])];
  }

  ownedCount(slice: string): number {
    return this.#owned.get(slice)?.size ?? 0;
  }

  checkpoint(source: string, slice: string): Checkpoint | undefined {
    return this.#checkpoints.get(stateKey({ type: 'checkpoint', source, slice, checkpoint: {} }))?.checkpoint;
  }

  reject(source: string, id: string): RejectEntry | undefined {
    return this.#rejects.get(rejectKey(source, id))?.entry;
  }

  /** Ids of a slice's items that are in the dead letters. */
  rejectsOf(source: string, slice: string): string[] {
    const all = [...this.#rejects.values()];
    return all.filter((kept) => kept.source === source && kept.entry.slice === slice).map((kept) => kept.id);
  }

  get rejectCount(): number {
    return this.#rejects.size;
  }

  identity(source: string): SourceIdentity | undefined {
    return this.#identities.get(identityKey(source))?.identity;
  }

  schema(fingerprint: string): string | undefined {
    return this.#schemas.get(schemaKey(fingerprint));
  }

  /** What is remembered of a budget; undefined where nothing is. */
  budget(owner: string): Spent | undefined {
    return this.#budgets.get(stateKey({ type: 'budget', owner, spent: [] }));
  }

  /** State keys of a source's graves that were dug before an instant. */
  gravesBefore(source: string, beforeMs: number): string[] {
    const old: string[] = [];
    for (const key of this.#graves) {
      const kept = this.#entities.get(key);
      if (kept?.source === source && kept.entry.tsMs < beforeMs) old.push(key);
    }
    return old;
  }

  /** Every state key of a source: what must go for it to start anew. */
  keysOf(source: string): string[] {
    const keys: string[] = [];
    for (const kept of [this.#entities, this.#checkpoints, this.#rejects, this.#identities]) {
      for (const [key, item] of kept) if (item.source === source) keys.push(key);
    }
    return keys;
  }

  /** Names of the sources that have state here, configured or not. */
  sources(): ReadonlySet<string> {
    return new Set([...this.#identities.values()].map(({ source }) => source));
  }

  get size(): number {
    return this.#entities.size;
  }

  #put(key: string, item: StateItem): void {
    switch (item.type) {
      case 'entity':
        this.#entities.set(key, { ...item, version: this.#version, seenAtMs: undefined });
        if (item.entry.kind === 'live') this.#own(item.entry.slice, key);
        else this.#graves.add(key);
        break;
      case 'checkpoint':
        this.#checkpoints.set(key, item);
        break;
      case 'reject':
        this.#rejects.set(key, item);
        break;
      case 'identity':
        this.#identities.set(key, item);
        break;
      case 'schema':
        this.#schemas.set(key, item.schema);
        break;
      case 'budget':
        this.#budgets.set(key, item.spent);
        break;
    }
  }

  #remove(key: string): void {
    for (const kept of [
      this.#entities,
      this.#checkpoints,
      this.#rejects,
      this.#identities,
      this.#schemas,
      this.#budgets,
    ]) {
      kept.delete(key);
    }
  }

  #own(slice: string, key: string): void {
    const keys = this.#owned.get(slice);
    if (keys === undefined) this.#owned.set(slice, new Set([key]));
    else keys.add(key);
  }

  #disown(key: string): void {
    const before = this.#entities.get(key)?.entry;
    this.#graves.delete(key);
    if (before?.kind !== 'live') return;
    const keys = this.#owned.get(before.slice);
    keys?.delete(key);
    if (keys?.size === 0) this.#owned.delete(before.slice);
  }
}

interface Kept {
  readonly source: string;
  readonly key: EntityKey;
  readonly entry: LiveEntry | Grave;
  readonly version: number;
  seenAtMs: number | undefined;
}

function identityKey(source: string): string {
  return JSON.stringify(['d', source]);
}

function schemaKey(fingerprint: string): string {
  return JSON.stringify(['s', fingerprint]);
}

function rejectKey(source: string, id: string): string {
  return JSON.stringify(['x', source, id]);
}
