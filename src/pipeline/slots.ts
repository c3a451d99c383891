import { concatMap, from, type Observable, using } from 'rxjs';

/**
 * How many pages may be on their way at once, from the request to the commit (P8): more slices than this wait before they
 * ask, so that a slow broker slows polling and does not fill the memory. As many again as there are connections: while
 * half of them are asked for, the other half is committed.
 */
const AT_ONCE = 16;

/** Places for pages, so many for each name: no rhythm and no source waits for the pages of another. */
export interface Slots {
  enter(name: string): Place;
}

interface Place {
  /** Resolves when it is this one's turn; never, where it has left before. */
  readonly granted: Promise<void>;
  /** To be called once, whether it waits or has had its turn. */
  unsubscribe(): void;
}

interface Pool {
  taken: number;
  /** First come, first served. */
  readonly waiting: Set<() => void>;
}

export function createSlots(atOnce = AT_ONCE): Slots {
  const pools = new Map<string, Pool>();
  const poolOf = (name: string): Pool => {
    const pool = pools.get(name) ?? { taken: 0, waiting: new Set() };
    pools.set(name, pool);
    return pool;
  };
  return {
    enter(name) {
      const pool = poolOf(name);
      let grant = (): void => undefined;
      const granted = new Promise<void>((resolve) => {
        grant = resolve;
      });
      pool.waiting.add(grant);
      letIn(pool, atOnce);
      return {
        granted,
        unsubscribe() {
          if (!pool.waiting.delete(grant)) pool.taken -= 1;
          letIn(pool, atOnce);
        },
      };
    },
  };
}

function letIn(pool: Pool, atOnce: number): void {
  for (const grant of pool.waiting) {
    if (pool.taken >= atOnce) return;
    pool.waiting.delete(grant);
    pool.taken += 1;
    grant();
  }
}

/** Does the work when there is a place for it, which is free again when the work has ended, failed or is wanted no more. */
export function inSlot<T>(slots: Slots, name: string, work$: Observable<T>): Observable<T> {
  return using(
    () => slots.enter(name),
    (place) => from((place as Place).granted).pipe(concatMap(() => work$)),
  );
}
