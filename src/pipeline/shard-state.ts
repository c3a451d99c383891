import type { EntityKey } from '../core/record.ts';
import type {
  Checkpoint,
  Grave,
  LiveEntry,
  RejectEntry,
  SourceIdentity,
  Spent,
  StateItem,
  StateRecord,
} from '../core/state.ts';
import { decodeState, entityKeyOf, entityStateKey, stateKey } from '../core/state-codec.ts';
import { Checkpoints } from './checkpoints.ts';
import { EntityStore } from './entity-store.ts';

/**
 * One shard's state in memory. It changes by `apply` alone, with the very records that were committed, so that
 * memory after a commit and memory after a restore cannot differ.
 */
export class ShardState {
  readonly #entities = new EntityStore();
  readonly #checkpoints = new Checkpoints();
  readonly #rejects = new Map<string, { readonly source: string; readonly id: string; readonly entry: RejectEntry }>();
  readonly #identities = new Map<string, { readonly source: string; readonly identity: SourceIdentity }>();
  readonly #schemas = new Map<string, string>();
  readonly #budgets = new Map<string, Spent>();
  #version = 0;

  /** @throws {WorkerError} fatal `state.unknown_format`, `state.corrupt` */
  apply(record: StateRecord): void {
    this.#version += 1;
    if (record.value === null) this.#remove(record.key);
    else this.#put(record.key, decodeState(record.key, record.value));
  }

  entry(source: string, key: EntityKey): LiveEntry | Grave | undefined {
    return this.#entities.entry(entityStateKey(source, key));
  }

  /** The entry under a state key, as `entityStateKey` makes it. A new object each time: `versionAt` says if it changed. */
  entryAt(key: string): LiveEntry | Grave | undefined {
    return this.#entities.entry(key);
  }

  keyAt(key: string): EntityKey | undefined {
    return this.#entities.has(key) ? entityKeyOf(key) : undefined;
  }

  /** Grows with every record: what was asked for under one version knows nothing of what came under later ones. */
  get version(): number {
    return this.#version;
  }

  /** The version under which an entity was last changed; 0: there is none. */
  versionAt(key: string): number {
    return this.#entities.version(key);
  }

  /** Notes when an answer was asked for that shows an entity as it is here. In memory only: a restore knows nothing of it. */
  noteSeen(key: string, atMs: number): void {
    this.#entities.noteSeen(key, atMs);
  }

  /** When it was last seen as it is here; undefined: not since the restore. When it was published says nothing of that. */
  seenAt(key: string): number | undefined {
    return this.#entities.seen(key);
  }

  /** Memory that is held for entities, outside the JavaScript heap. */
  get entityBytes(): number {
    return this.#entities.capacity;
  }

  /** Slices that own something, in no order. */
  owners(): readonly string[] {
    return this.#entities.slices();
  }

  /** State keys of what a slice owns and was not deleted. In no order. */
  ownedBy(slice: string): readonly string[] {
    return this.#entities.ofSlice(slice);
  }

  /** How many a slice owns. */
  ownedCount(slice: string): number {
    return this.#entities.countOfSlice(slice);
  }

  checkpoint(source: string, slice: string): Checkpoint | undefined {
    return this.#checkpoints.get(source, slice);
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
    return this.#entities.gravesBefore(source, beforeMs);
  }

  /** Every state key of a source: what must go for it to start anew. */
  keysOf(source: string): string[] {
    const keys = [...this.#entities.ofSource(source), ...this.#checkpoints.keysOf(source)];
    for (const kept of [this.#rejects, this.#identities]) {
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
        this.#entities.put(key, item.source, item.entry, this.#version);
        break;
      case 'checkpoint':
        this.#checkpoints.put(item.source, item.slice, item.checkpoint);
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
    this.#entities.remove(key);
    this.#checkpoints.delete(key);
    for (const kept of [this.#rejects, this.#identities, this.#schemas, this.#budgets]) kept.delete(key);
  }
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
