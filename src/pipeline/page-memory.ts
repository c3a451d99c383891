import type { EncodedRecord } from '../core/record.ts';
import { entityStateKey } from '../core/state-codec.ts';
import type { ShardState } from './shard-state.ts';

/** What a page held when it was committed. */
interface Remembered {
  readonly digest: string;
  readonly keys: readonly string[];
  readonly hashes: readonly string[];
}

/**
 * Pages of a slice as they were last committed: a page of the same bytes need not be parsed, as long as the state
 * still says of each of its entities what the page said.
 */
export class PageMemory {
  readonly #pages = new Map<number, Remembered>();

  /** State keys of the page's entities if it says nothing new; else undefined. */
  recall(number: number, digest: string, slice: string, state: ShardState): readonly string[] | undefined {
    const page = this.#pages.get(number);
    if (page === undefined || page.digest !== digest) return undefined;
    const holds = page.keys.every((key, at) => {
      const entry = state.entryAt(key);
      return entry?.kind === 'live' && entry.slice === slice && entry.hash === page.hashes[at];
    });
    return holds ? page.keys : undefined;
  }

  remember(number: number, digest: string, source: string, records: readonly EncodedRecord[]): void {
    const keys = records.map((record) => entityStateKey(source, record.key));
    this.#pages.set(number, { digest, keys, hashes: records.map((record) => record.hash) });
  }

  forget(number: number): void {
    this.#pages.delete(number);
  }

  /** Drops what lies beyond the last page of a complete sweep. */
  trim(lastNumber: number): void {
    for (const number of this.#pages.keys()) if (number > lastNumber) this.#pages.delete(number);
  }
}
