/**
 * The requests of the last window. One that is under way counts, and one that was answered counts for a window after
 * its answer: it arrived at some time between, so that no window at the far side holds more than here (P6).
 */
export class SpentLog {
  /** Ascending. */
  #doneAt: number[] = [];
  #underWay = 0;

  get underWay(): number {
    return this.#underWay;
  }

  begin(): void {
    this.#underWay += 1;
  }

  end(nowMs: number): void {
    this.#underWay -= 1;
    this.#doneAt.splice(this.#indexAfter(nowMs), 0, nowMs);
  }

  /** What is done; what is under way stays. */
  replace(doneAt: readonly number[]): void {
    this.#doneAt = [...doneAt].sort((a, b) => a - b);
  }

  /** Those that still count, after the others were forgotten. */
  doneAt(windowMs: number, nowMs: number): readonly number[] {
    const gone = this.#indexAfter(nowMs - windowMs - MARGIN_MS);
    if (gone > 0) this.#doneAt.splice(0, gone);
    return this.#doneAt;
  }

  used(windowMs: number, nowMs: number): number {
    return this.#underWay + this.doneAt(windowMs, nowMs).length;
  }

  /** When one more may go where `limit` may be in a window; undefined: only when one under way has ended. */
  freeAt(limit: number, windowMs: number, nowMs: number): number | undefined {
    const done = this.doneAt(windowMs, nowMs);
    const last = done.length + this.#underWay - limit;
    if (last < 0) return nowMs;
    const at = done[last];
    return at === undefined ? undefined : at + windowMs + MARGIN_MS;
  }

  #indexAfter(ms: number): number {
    let low = 0;
    let high = this.#doneAt.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#doneAt[middle] as number) <= ms) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** For clocks that count in whole milliseconds, and for the last bytes of a process that was killed. */
export const MARGIN_MS = 10;
