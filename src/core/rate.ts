/** How many requests may go (P6): in no window of the stated length more than the stated number. */
export interface Rate {
  readonly requests: number;
  readonly windowMs: number;
  /** So many at once, the rest spread evenly over the window; `requests` for no such pacing. */
  readonly burst: number;
}

/** What a request is for. Where the budget is scarce, the first go before the last, and none starves. */
export type Priority = 'running' | 'changes' | 'recent' | 'list' | 'reconcile';

/** Lower goes first. */
export const PRIORITY_LEVELS: Readonly<Record<Priority, number>> = {
  running: 0,
  changes: 0,
  recent: 1,
  list: 2,
  reconcile: 3,
};

/** Of a level that waits, at least one turn in so many is its own. */
export const TURNS_PER_LEVEL = 10;
