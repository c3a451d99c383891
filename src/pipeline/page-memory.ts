import type { EncodedRecord } from '../core/record.ts';
import { entityStateKey } from '../core/state-codec.ts';
import type { ShardState } from './shard-state.ts';

/** What a page held when it was committed. */
export interface KnownPage {
  /** State keys of its entities. */
  readonly keys: readonly string[];
  /** Whether it ended the list. */
  readonly last: boolean;
  /** What it showed of the shape of its items. */
  readonly sight: string;
}

interface Remembered {
  readonly digest: string;
  readonly last: boolean;
  readonly sight: string;
  /** Keys and hashes as one JSON text: as arrays of strings they would take four times as much, for every slice there is. */
  readonly entries: string;
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
  /** By number, from 1; made when there is something to keep. */
  #pages: (Remembered | undefined)[] | undefined;

  /** What the page holds, if it says nothing new; else undefined. */
  recall(number: number, digest: string, slice: string, state: ShardState): KnownPage | undefined {
    const page = this.#pages?.[number - 1];
    if (page === undefined || page.digest !== digest) return undefined;
    const entries = JSON.parse(page.entries) as readonly (readonly [key: string, hash: string])[];
    const holds = entries.every(([key, hash]) => {
      const entry = state.entryAt(key);
      return entry?.kind === 'live' && entry.slice === slice && entry.hash === hash;
    });
    return holds ? { keys: entries.map(([key]) => key), last: page.last, sight: page.sight } : undefined;
  }

  remember(page: PageToRemember, source: string, sight: string): void {
    const { number, digest, last, records } = page;
    const entries = JSON.stringify(records.map(({ key, hash }) => [entityStateKey(source, key), hash]));
    this.#pages ??= [];
    this.#pages[number - 1] = { digest, last, entries, sight };
  }

  forget(number: number): void {
    if (this.#pages?.[number - 1] !== undefined) this.#pages[number - 1] = undefined;
  }

  /** Drops what lies beyond the last page of a complete sweep. */
  trim(lastNumber: number): void {
    if (this.#pages !== undefined && this.#pages.length > lastNumber) this.#pages.length = lastNumber;
  }
}
