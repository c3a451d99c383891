import type { Rate } from '../core/rate.ts';
import type { Spent } from '../core/state.ts';
import type { SpentLog } from './spent-log.ts';

/** Where the spent budget of one owner is durable. */
export interface BudgetLedger {
  /** What was written last, by whomever; undefined where this process has no ledger for that owner. Waits for it. */
  read(signal: AbortSignal): Promise<Spent | undefined>;
  /** @throws {WorkerError} transient where it may not have been written */
  write(spent: Spent, signal: AbortSignal): Promise<void>;
}

export interface Clock {
  /** Monotonic, in ms. Budgets run on it: a wall clock that is put forward would fill them at once. */
  readonly now: () => number;
  /** Epoch ms: what survives a process. */
  readonly wall: () => number;
}

export interface LeaseOptions {
  readonly ledger: BudgetLedger;
  readonly clock: Clock;
  /** No request is under way for longer. */
  readonly requestTimeoutMs: number;
}

/**
 * The right to send some requests, written down before any of them is sent, so that a process that is killed has sent
 * none that its successor does not know of (P6). What is leased and not sent is lost with the process.
 */
export class Lease {
  readonly #options: LeaseOptions;
  #left = 0;
  #untilMs = 0;
  /** How much longer than usual the next lease is: a ledger may take longer to write than a lease lasts. */
  #stretch = 1;
  /** What this process wrote, or may have written: anything else is another's, who has read ours before. */
  #own = new Set<string>();
  /** Some were sent while there was no ledger: no record has them. */
  #hasStrays = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Takes one; false where there is none, or no longer. */
  spend(): boolean {
    if (this.#left === 0 || this.#options.clock.now() >= this.#untilMs) return false;
    this.#left -= 1;
    return true;
  }

  /**
   * Leases the next ones, as far as there is room.
   *
   * @returns false where there is no ledger
   * @throws {WorkerError} as `BudgetLedger`; then nothing is leased
   */
  async renew(log: SpentLog, limit: () => number, rate: Rate, signal: AbortSignal): Promise<boolean> {
    const { ledger, clock } = this.#options;
    this.#left = 0;
    const remembered = await ledger.read(signal);
    this.#hasStrays ||= remembered === undefined;
    if (remembered === undefined) return false;
    this.#adopt(remembered, log, rate);
    const room = limit() - log.used(rate.windowMs, clock.now());
    if (room <= 0) return true;
    const count = Math.min(room, Math.ceil(rate.requests / SHARE));
    const untilMs = clock.now() + (rate.windowMs / SHARE) * this.#stretch;
    const spent = this.#record(log, count, untilMs, rate);
    this.#own.add(JSON.stringify(spent));
    await ledger.write(spent, signal);
    this.#own = new Set([JSON.stringify(spent)]);
    this.#hasStrays = false;
    this.#left = count;
    this.#untilMs = untilMs;
    this.#stretch = clock.now() < untilMs ? 1 : Math.min(SHARE, this.#stretch * 2);
    return true;
  }

  /** Another process's record has all of ours: it read that before it wrote. */
  #adopt(remembered: Spent, log: SpentLog, rate: Rate): void {
    if (this.#own.has(JSON.stringify(remembered))) return;
    const strays = this.#hasStrays ? log.doneAt(rate.windowMs, this.#options.clock.now()) : [];
    log.replace([...strays, ...this.#onOurClock(remembered, rate)]);
    this.#own.add(JSON.stringify(remembered));
  }

  /** What may have been sent by the time that the next lease is written; what is under way or leased, at its latest. */
  #record(log: SpentLog, count: number, untilMs: number, rate: Rate): Spent {
    const { clock, requestTimeoutMs } = this.#options;
    const grainMs = rate.requests > GRAINS ? rate.windowMs / GRAINS : 1;
    const latest = untilMs + requestTimeoutMs;
    const toWall = clock.wall() - clock.now();
    const counts = new Map<number, number>();
    const add = (at: number, more: number) => {
      const grain = Math.ceil(Math.ceil((at + toWall) / grainMs) * grainMs);
      counts.set(grain, (counts.get(grain) ?? 0) + more);
    };
    for (const at of log.doneAt(rate.windowMs, clock.now())) add(at, 1);
    add(latest, count + log.underWay);
    return [...counts];
  }

  /** A wall clock that was put back must not block for longer than the longest lease could. */
  #onOurClock(spent: Spent, rate: Rate): number[] {
    const { clock, requestTimeoutMs } = this.#options;
    const latest = clock.now() + rate.windowMs + requestTimeoutMs;
    const toOurs = clock.now() - clock.wall();
    return spent.flatMap(([at, count]) => Array<number>(count).fill(Math.min(latest, at + toOurs)));
  }
}

/** A lease is a tenth of the limit, for a tenth of the window. */
const SHARE = 10;
/** Of a window whose limit is larger than this, instants are kept no finer. */
const GRAINS = 100;
