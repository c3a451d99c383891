import type { Rate } from '../core/rate.ts';
import { Bucket, SHORT_WINDOW_MS } from './budget.ts';
import type { BudgetLedger, Clock } from './lease.ts';

/** Whose requests a bucket counts. */
export interface BudgetOwner {
  /** Unique among all: two credentials that poll one workspace name the same. */
  readonly name: string;
  /** What decides the shard in which it is remembered: the workspace, or the credential where there is none. */
  readonly placedBy: string;
}

export interface BudgetsOptions {
  readonly clock: Clock;
  /** Whether other processes may have spent what a new bucket has, until the moment at which it is made. */
  readonly isShared: boolean;
  readonly requestTimeoutMs: number;
  /** Left out, nothing is remembered. */
  readonly ledgerOf?: ((owner: BudgetOwner) => BudgetLedger) | undefined;
  /** Windows beyond this are remembered; for tests. */
  readonly shortWindowMs?: number | undefined;
}

/** Every bucket of the process, each made when it is first asked for. */
export interface Budgets {
  bucketOf(owner: BudgetOwner, rate: Rate): Bucket;
  /** Another process had these owners until now. */
  startAnew(concerns: (placedBy: string) => boolean): void;
  /** What is left of each, by its name. */
  left(): readonly ({ readonly budget: string } & ReturnType<Bucket['left']>)[];
}

export function createBudgets(options: BudgetsOptions): Budgets {
  const buckets = new Map<string, { readonly bucket: Bucket; readonly placedBy: string }>();
  const make = (owner: BudgetOwner, rate: Rate): Bucket => {
    const { clock, isShared, requestTimeoutMs, ledgerOf, shortWindowMs = SHORT_WINDOW_MS } = options;
    const isShort = rate.windowMs <= shortWindowMs;
    const lease = isShort || ledgerOf === undefined ? undefined : { ledger: ledgerOf(owner), requestTimeoutMs };
    const fromMs = isShort ? rate.windowMs + (isShared ? clock.now() : 0) : 0;
    return new Bucket({ rate, clock, fromMs, lease });
  };
  return {
    bucketOf(owner, rate) {
      const known = buckets.get(owner.name)?.bucket;
      const bucket = known ?? make(owner, rate);
      bucket.tighten(rate);
      if (known === undefined) buckets.set(owner.name, { bucket, placedBy: owner.placedBy });
      return bucket;
    },
    startAnew(concerns) {
      for (const { bucket, placedBy } of buckets.values()) if (concerns(placedBy)) bucket.startAnew();
    },
    left: () => [...buckets].map(([budget, { bucket }]) => ({ budget, ...bucket.left() })),
  };
}

/** The process's own clocks; the monotonic one begins with the process. */
export const processClock: Clock = { now: () => performance.now(), wall: Date.now };
