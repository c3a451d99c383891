/** What is to be measured, and what was found. */
export interface Task {
  readonly brokers: readonly string[];
  readonly app: string;
  readonly stateTopic: string;
  readonly shards: number;
  readonly entities: number;
  readonly workspaces: number;
  readonly rowBytes: number;
}

/** Sizes in bytes. */
export interface Found {
  readonly entities: number;
  readonly restoreMs: number;
  /** When all is restored. */
  readonly rss: number;
  /** With every module loaded, before anything is read. */
  readonly idleRss: number;
  readonly settledRss: number;
  readonly peakRss: number;
  readonly heapUsed: number;
  readonly heapTotal: number;
  readonly arrayBuffers: number;
  /** How long the event loop was kept from its timers, 1 ms of it being the timer's own. */
  readonly worstDelayMs: number;
  readonly delay99Ms: number;
  readonly diffs: readonly number[];
}
