import { toWorkerError, type WorkerError } from '../../core/errors.ts';
import type { Sender } from '../client.ts';
import { type Answered, ask, beginCall, type Call, moveOn, type Refused, type Step } from './call.ts';
import type { Bound } from './names.ts';

/** What a walk goes through, and with whom. */
export interface WalkOptions {
  readonly client: Sender;
  readonly owner: string;
  readonly steps: readonly Step[];
  readonly params: Readonly<Record<string, string>>;
  /** Pages of every step come out, else of the last one only. */
  readonly each: boolean;
  /** Most requests at once, and most answers held. */
  readonly parallel: number;
  /** Most pages of one call. */
  readonly maxPages: number;
  readonly nowMs: number;
}

/** The calls of one step. */
interface Level {
  readonly step: Step;
  /** Items of the step before that have not been called for yet. */
  readonly waiting: Bound[];
  /** At most `parallel`. */
  active: Call[];
  /** Calls that failed while others did not; tried again when nothing else is left here. */
  failed: Call[];
  refused: number;
  answered: number;
}

/** Calls refused in a row, and none answered: then the step is wrong and not its items. */
const MAX_REFUSED = 10;

/**
 * The order of the requests of a walk: always the deepest step that has something to ask, up to `parallel` calls of it
 * at once. So each step holds the items of `parallel` pages at most (P8), and no request outlives the batch it is in.
 */
export class Batches {
  readonly #options: WalkOptions;
  readonly #levels: readonly Level[];
  readonly #buffer: Answered[] = [];
  /** The first call for an item that was refused: then the sweep proves nothing. */
  #refusal: WorkerError | undefined;

  constructor(options: WalkOptions) {
    this.#options = options;
    const level = (step: Step): Level => ({ step, waiting: [], active: [], failed: [], refused: 0, answered: 0 });
    this.#levels = options.steps.map(level);
    this.#levels[0]?.waiting.push({ params: options.params, items: [] });
  }

  /**
   * The next page to hand out; undefined where there is none. It counts as asked for until `settle`.
   *
   * @throws {WorkerError} as `ask` and `moveOn`; what refused a call, when all others are done
   */
  async next(signal: AbortSignal): Promise<Answered | undefined> {
    while (this.#buffer.length === 0) {
      const level = this.#levels.findLast(isOpen);
      if (level !== undefined) await this.#batch(level, signal);
      else if (this.#refusal !== undefined) throw this.#refusal;
      else return undefined;
    }
    return this.#buffer.shift();
  }

  /** Asks for the same page again. */
  async again({ call }: Answered, signal: AbortSignal): Promise<Answered> {
    const { client, owner } = this.#options;
    const answer = await ask(client, owner, call, signal);
    if ('refused' in answer) throw answer.refused;
    return answer;
  }

  /** Takes a page as done: its call moves on, its items are called for. Changes nothing where it throws. */
  settle(page: Answered): void {
    const { call } = page;
    const below = this.#levels[call.level + 1];
    const rows = below === undefined ? [] : page.rows();
    const more = moveOn(page, this.#options.maxPages);
    for (const row of rows) below?.waiting.push({ params: call.bound.params, items: [...call.bound.items, row] });
    if (!more) this.#drop(call);
  }

  /** Whether nothing can follow a page that is its call's last. */
  isLast({ call, rows }: Answered): boolean {
    if (this.#buffer.length > 0 || this.#refusal !== undefined) return false;
    const others = this.#levels.some(
      ({ waiting, active, failed }) => waiting.length + failed.length > 0 || active.some((each) => each !== call),
    );
    return !others && (this.isDeepest(call) || rows().length === 0);
  }

  isDeepest({ level }: Call): boolean {
    return level === this.#levels.length - 1;
  }

  async #batch(level: Level, signal: AbortSignal): Promise<void> {
    const { client, owner } = this.#options;
    this.#topUp(level);
    const calls = [...level.active];
    const results = await Promise.allSettled(calls.map((call) => ask(client, owner, call, signal)));
    signal.throwIfAborted();
    const errors = results.flatMap((each) => (each.status === 'rejected' ? [toWorkerError(each.reason)] : []));
    const stops =
      errors.find(({ kind }) => kind !== 'transient') ?? (errors.length === calls.length ? errors[0] : undefined);
    if (stops !== undefined) throw stops;
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') this.#take(result.value);
      else this.#setAside(level, calls[index] as Call);
    }
  }

  #topUp(level: Level): void {
    const { parallel, nowMs } = this.#options;
    if (level.active.length + level.waiting.length === 0) level.active = level.failed.splice(0, parallel);
    while (level.active.length < parallel) {
      const bound = level.waiting[0];
      if (bound === undefined) return;
      level.active.push(beginCall(level.step, this.#levels.indexOf(level), bound, nowMs));
      level.waiting.shift();
    }
  }

  #take(answer: Answered | Refused): void {
    const level = this.#levels[answer.call.level] as Level;
    if ('refused' in answer) {
      level.refused += 1;
      this.#refusal ??= answer.refused;
      this.#drop(answer.call);
      if (level.answered === 0 && level.refused >= MAX_REFUSED) throw answer.refused;
      return;
    }
    level.answered += 1;
    const comesOut = this.#options.each || this.isDeepest(answer.call);
    if (comesOut) this.#buffer.push(answer);
    else this.settle(answer);
  }

  #drop(call: Call): void {
    const level = this.#levels[call.level] as Level;
    level.active = level.active.filter((each) => each !== call);
  }

  #setAside(level: Level, call: Call): void {
    this.#drop(call);
    level.failed.push(call);
  }
}

function isOpen({ waiting, active, failed }: Level): boolean {
  return waiting.length + active.length + failed.length > 0;
}
