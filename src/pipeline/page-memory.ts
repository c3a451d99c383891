import type { EncodedRecord } from '../core/record.ts';
import { entityStateKey } from '../core/state-codec.ts';
import type { ShardState } from './shard-state.ts';

/** What a page held when it was committed. */
export interface KnownPage {
  /** State keys of its entities. */
  readonly keys: readonly string[];
  /** Whether it ended the list. */
  readonly last: boolean;
}

interface Remembered extends KnownPage {
  readonly digest: string;
  readonly hashes: readonly string[];
}

interface PageToRemember {
  readonly number: number;
  readonly digest: string;
  readonly last: boolean;
  readonly records: readonly EncodedRecord[];
}

/**
 * Pages of a slice as they were last committed: a page of the same bytes need not be parsed, as long as the state
 * still says of each of its entities what the page said.
 */
export class PageMemory {
  readonly #pages = new Map<number, Remembered>();

  /** What the page holds, if it says nothing new; else undefined. */
  recall(number: number, digest: string, slice: string, state: ShardState): KnownPage | undefined {
    const page = this.#pages.get(number);
    if (page === undefined || page.digest !== digest) return undefined;
    const holds = page.keys.every((key, at) => {
      const entry = state.entryAt(key);
      return entry?.kind === 'live' && entry.slice === slice && entry.hash === page.hashes[at];
    });
    return holds ? page : undefined;
  }

  remember(page: PageToRemember, source: string): void {
    const { number, digest, last, records } = page;
    const keys = records.map((record) => entityStateKey(source, record.key));
    this.#pages.set(number, { digest, last, keys, hashes: records.map((record) => record.hash) });
  }

  forget(number: number): void {
    this.#pages.delete(number);
  }

  /** Drops what lies beyond the last page of a complete sweep. */
  trim(lastNumber: number): void {
    for (const number of this.#pages.keys()) if (number > lastNumber) this.#pages.delete(number);
  }
}
