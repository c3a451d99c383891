import { PRIORITY_LEVELS, type Priority, TURNS_PER_LEVEL } from './rate.ts';

/** Those who wait for a turn, first come first served within a level. */
export class Turns<T> {
  readonly #levels: { readonly waiting: T[]; passedOver: number }[] = [];

  constructor() {
    const levels = Math.max(...Object.values(PRIORITY_LEVELS)) + 1;
    for (let level = 0; level < levels; level++) this.#levels.push({ waiting: [], passedOver: 0 });
  }

  get isEmpty(): boolean {
    return this.#levels.every(({ waiting }) => waiting.length === 0);
  }

  add(priority: Priority, one: T): void {
    this.#levels[PRIORITY_LEVELS[priority]]?.waiting.push(one);
  }

  remove(one: T): void {
    for (const { waiting } of this.#levels) {
      const at = waiting.indexOf(one);
      if (at >= 0) waiting.splice(at, 1);
    }
  }

  /** The next one; undefined where nobody waits. */
  next(): T | undefined {
    const waiting = this.#levels.filter((level) => level.waiting.length > 0);
    const overdue = waiting.filter(({ passedOver }) => passedOver >= PATIENCE);
    const chosen = overdue.sort((a, b) => b.passedOver - a.passedOver)[0] ?? waiting[0];
    for (const level of this.#levels) level.passedOver = level.waiting.length === 0 ? 0 : level.passedOver + 1;
    if (chosen === undefined) return undefined;
    chosen.passedOver = 0;
    return chosen.waiting.shift();
  }

  /** Everybody, who then waits no more. */
  clear(): readonly T[] {
    return this.#levels.flatMap(({ waiting }) => waiting.splice(0));
  }
}

/** A level may be passed over so often; then, at the worst, the other two that wait behind the first go before it. */
const PATIENCE = TURNS_PER_LEVEL - 3;
