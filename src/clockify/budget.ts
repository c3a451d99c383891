import { toWorkerError, type WorkerError } from '../core/errors.ts';
import type { Priority, Rate } from '../core/rate.ts';
import { Turns } from '../core/turns.ts';
import { type Clock, Lease, type LeaseOptions } from './lease.ts';
import { MARGIN_MS, SpentLog } from './spent-log.ts';

/** Leave to send one request. */
export interface Turn {
  /**
   * It was answered, or it never will be. To be called once for each turn, whatever became of the request.
   *
   * @param isUnanswered it was given up: it may be on its way yet, and counts from when it has arrived at the latest
   */
  end(isUnanswered?: boolean): void;
  /** The answer was 429: everything waits, as long as it asks for, and then goes on at half the rate, growing back. */
  refused(retryAfterMs: number | undefined): void;
}

export interface BucketOptions {
  readonly rate: Rate;
  readonly clock: Clock;
  /** Before this, on the monotonic clock, nothing goes: another process may have used up the window. */
  readonly fromMs: number;
  /** For windows that outlast a restart; left out, only a share of the limit is given. */
  readonly lease?: Omit<LeaseOptions, 'clock'> | undefined;
}

interface Waiter {
  readonly grant: (turn: Turn) => void;
  readonly refuse: (error: WorkerError) => void;
}

/** The requests of one workspace, of one credential for calls without a workspace, or of the reports host (P6). */
export class Bucket {
  #rate: Rate;
  readonly #clock: Clock;
  readonly #log = new SpentLog();
  readonly #turns = new Turns<Waiter>();
  /** When the last ones went, at most `burst` of them. */
  #sentAt: number[] = [];
  #heldUntilMs: number;
  #slowed = { atMs: 0, share: 1 };
  /** 429s in a row. */
  #refusals = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #lease: Lease | undefined;
  #isRenewing = false;
  #hasLedger: boolean;
  readonly #shareWithout: number;

  constructor({ rate, clock, fromMs, lease }: BucketOptions) {
    this.#rate = rate;
    this.#clock = clock;
    this.#heldUntilMs = fromMs;
    this.#lease = lease === undefined ? undefined : new Lease({ ...lease, clock });
    this.#hasLedger = lease !== undefined;
    this.#shareWithout = lease === undefined ? SHARE_ALONE : SHARE_ELSEWHERE;
  }

  /** Rejects with the signal's reason, or with what keeps the ledger from being written for good. */
  take(signal: AbortSignal, priority: Priority = 'list'): Promise<Turn> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const onAbort = () => {
        this.#turns.remove(waiter);
        reject(signal.reason as Error);
        this.#pump();
      };
      const done = () => signal.removeEventListener('abort', onAbort);
      const waiter: Waiter = {
        grant: (turn) => {
          done();
          resolve(turn);
        },
        refuse: (error) => {
          done();
          reject(error);
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#turns.add(priority, waiter);
      this.#pump();
    });
  }

  /** Another process had it until now: its window is read from the ledger, or waited for where there is none. */
  startAnew(): void {
    if (this.#lease === undefined) this.#hold(this.#rate.windowMs + MARGIN_MS);
    this.#hasLedger = this.#lease !== undefined;
  }

  /** Of two rates for one bucket the slower one counts. */
  tighten(rate: Rate): void {
    if (rate.requests / rate.windowMs < this.#rate.requests / this.#rate.windowMs) this.#rate = rate;
  }

  /** What it could let go at once, and for how long it lets nothing go. */
  left(): { readonly left: number; readonly limit: number; readonly windowMs: number; readonly heldForMs: number } {
    const now = this.#clock.now();
    const { windowMs } = this.#rate;
    const limit = this.#limit();
    const left = Math.max(0, limit - this.#log.used(windowMs, now));
    return { left, limit, windowMs, heldForMs: Math.max(0, Math.round(this.#heldUntilMs - now)) };
  }

  #pump(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (!this.#turns.isEmpty && !this.#isRenewing) {
      const waitMs = this.#waitMs();
      if (waitMs === undefined) return;
      if (waitMs > 0) {
        const lookAgainMs = this.#share() < 1 ? this.#rate.windowMs / 10 : MAX_TIMER_MS;
        this.#timer = setTimeout(() => this.#pump(), Math.ceil(Math.min(waitMs, lookAgainMs)));
        return;
      }
      if (this.#hasLedger && this.#lease?.spend() === false) return void this.#renew(this.#lease);
      this.#turns.next()?.grant(this.#turn());
    }
  }

  /** Until one more may go; undefined: when one that is under way has ended. */
  #waitMs(): number | undefined {
    const now = this.#clock.now();
    const freeAt = this.#log.freeAt(this.#limit(), this.#rate.windowMs, now);
    if (freeAt === undefined) return undefined;
    return Math.max(freeAt, this.#heldUntilMs, this.#pacedUntilMs()) - now;
  }

  #pacedUntilMs(): number {
    const { requests, burst, windowMs } = this.#rate;
    const first = this.#sentAt.at(-burst);
    return burst >= requests || first === undefined ? 0 : first + (windowMs * burst) / requests;
  }

  #limit(): number {
    const { requests, windowMs } = this.#rate;
    const isUnaccounted = !this.#hasLedger && windowMs > SHORT_WINDOW_MS;
    const most = isUnaccounted ? Math.ceil(requests * this.#shareWithout) : requests;
    return Math.max(1, Math.floor(most * this.#share()));
  }

  /** Half after a 429, and from there back to all of it. */
  #share(): number {
    const { atMs, share } = this.#slowed;
    const grown = (this.#clock.now() - atMs) / Math.max(this.#rate.windowMs, RECOVERY_MS);
    return Math.min(1, share + Math.max(0, grown) * (1 - share));
  }

  #turn(): Turn {
    const sentAtMs = this.#clock.now();
    this.#log.begin();
    if (this.#rate.burst < this.#rate.requests) this.#sentAt = [...this.#sentAt, sentAtMs].slice(-this.#rate.burst);
    let isOpen = true;
    let wasRefused = false;
    return {
      end: (isUnanswered = false) => {
        if (!isOpen) return;
        isOpen = false;
        if (!wasRefused) this.#refusals = 0;
        this.#log.end(this.#clock.now() + (isUnanswered ? ON_ITS_WAY_MS : 0));
        this.#pump();
      },
      refused: (retryAfterMs) => {
        wasRefused = true;
        this.#refuse(sentAtMs, retryAfterMs);
      },
    };
  }

  /** Several that were under way together and are refused together slow it down once. */
  #refuse(sentAtMs: number, retryAfterMs: number | undefined): void {
    const { requests, windowMs } = this.#rate;
    const isNews = sentAtMs >= this.#slowed.atMs;
    if (isNews) this.#refusals += 1;
    const most = Math.max(windowMs, MAX_PAUSE_MS);
    const pauseMs = Math.min(most, Math.max(PAUSE_MS, windowMs / requests) * 2 ** Math.min(this.#refusals - 1, 20));
    this.#hold(retryAfterMs ?? (isNews ? pauseMs : 0));
    if (isNews) this.#slowed = { share: Math.max(LEAST_SHARE, this.#share() / 2), atMs: this.#heldUntilMs };
  }

  #hold(ms: number): void {
    this.#heldUntilMs = Math.max(this.#heldUntilMs, this.#clock.now() + ms);
  }

  async #renew(lease: Lease): Promise<void> {
    this.#isRenewing = true;
    try {
      this.#hasLedger = await lease.renew(this.#log, () => this.#limit(), this.#rate, new AbortController().signal);
    } catch (thrown) {
      const error = toWorkerError(thrown);
      if (error.kind === 'transient') this.#hold(LEDGER_PAUSE_MS);
      else for (const waiter of this.#turns.clear()) waiter.refuse(error);
    } finally {
      this.#isRenewing = false;
    }
    this.#pump();
  }
}

/** What was given up has left this machine, and arrives within this. */
const ON_ITS_WAY_MS = 1_000;
/** A window that a restart may wait for; longer ones are remembered. */
export const SHORT_WINDOW_MS = 10_000;
/** Of the limit of a longer window, what goes where it is not remembered: by a command that a person runs, */
const SHARE_ALONE = 0.5;
/** and by a worker whose ledger another worker has. */
const SHARE_ELSEWHERE = 0.1;
/** A 429 without `Retry-After` says nothing of when: so long, or until one more would have been earned, then twice. */
const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;
/** From half the rate to the whole: a window, and not less than this. */
const RECOVERY_MS = 60_000;
const LEAST_SHARE = 1 / 16;
const LEDGER_PAUSE_MS = 500;
/** Node's timers overflow beyond 24 days. */
const MAX_TIMER_MS = 24 * 3_600_000;
