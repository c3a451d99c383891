/**
 * Time that only a test moves: timers, `Date.now`, `performance.now` and `AbortSignal.timeout` of everything in the
 * process. Between two timers whatever can go on has gone on, so that the same timers make the same run.
 */
export interface VirtualClock {
  /** Epoch ms. */
  now(): number;
  /** What happens then, outside the process that the timers are of. */
  at(afterMs: number, happens: () => void): void;
  /** Lets so much time pass, with all that falls into it. */
  pass(ms: number): Promise<void>;
  /** The process is dead: none of its timers fires any more. The next one's `performance.now` begins at 0. */
  restartProcess(): void;
  /** Timers that have fired. */
  readonly fired: number;
  /** Gives the real clock back. */
  uninstall(): void;
}

interface Timer {
  atMs: number;
  /** Of two at the same instant the earlier made goes first. */
  order: number;
  readonly run: () => void;
  readonly everyMs: number | undefined;
  readonly isOfProcess: boolean;
  isOver: boolean;
}

const REAL = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  dateNow: Date.now,
  abortAfter: AbortSignal.timeout,
};

export function installVirtualClock(startMs: number): VirtualClock {
  const heap = createHeap();
  let nowMs = startMs;
  let processFromMs = startMs;
  let order = 0;
  let fired = 0;

  const add = (run: () => void, ms: number, everyMs: number | undefined, isOfProcess: boolean): Timer => {
    order += 1;
    const timer: Timer = { atMs: nowMs + ms, order, run, everyMs, isOfProcess, isOver: false };
    heap.push(timer);
    return timer;
  };
  const wholeMs = (ms: number | undefined): number => (ms !== undefined && ms >= 1 ? Math.trunc(ms) : 1);
  const clear = (timer: Timer | undefined): void => {
    if (timer !== undefined) timer.isOver = true;
  };
  const fire = (timer: Timer): void => {
    fired += 1;
    if (timer.everyMs === undefined) timer.isOver = true;
    timer.run();
    if (timer.everyMs === undefined || timer.isOver) return;
    order += 1;
    timer.atMs += timer.everyMs;
    timer.order = order;
    heap.push(timer);
  };
  Object.assign(globalThis, {
    setTimeout: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      add(() => run(...args), wholeMs(ms), undefined, true),
    setInterval: (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) =>
      add(() => run(...args), wholeMs(ms), wholeMs(ms), true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  Date.now = () => nowMs;
  Object.defineProperty(performance, 'now', { value: () => nowMs - processFromMs, configurable: true });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    add(() => controller.abort(new DOMException('too late', 'TimeoutError')), wholeMs(ms), undefined, true);
    return controller.signal;
  };

  return {
    now: () => nowMs,
    at: (afterMs, happens) => void add(happens, afterMs, undefined, false),
    async pass(ms) {
      const untilMs = nowMs + ms;
      await settled();
      for (let next = heap.popUntil(untilMs); next !== undefined; next = heap.popUntil(untilMs)) {
        nowMs = Math.max(nowMs, next.atMs);
        fire(next);
        await settled();
      }
      nowMs = untilMs;
    },
    restartProcess() {
      for (const timer of heap.all()) if (timer.isOfProcess) timer.isOver = true;
      processFromMs = nowMs;
    },
    get fired() {
      return fired;
    },
    uninstall() {
      const { dateNow, abortAfter, ...timers } = REAL;
      Object.assign(globalThis, timers);
      Date.now = dateNow;
      AbortSignal.timeout = abortAfter;
      Reflect.deleteProperty(performance, 'now');
    },
  };
}

/** A stream that is torn down puts its last words off by one turn of the loop, and what follows them by another. */
const TURNS = 2;

async function settled(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => REAL.setImmediate(resolve));
}

/** Timers by instant, those that are over left out. */
function createHeap() {
  const timers: Timer[] = [];
  const isBefore = (one: Timer, other: Timer): boolean =>
    one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
  const swap = (i: number, j: number): void => {
    [timers[i], timers[j]] = [timers[j] as Timer, timers[i] as Timer];
  };
  const up = (from: number): void => {
    for (let i = from; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (!isBefore(timers[i] as Timer, timers[parent] as Timer)) return;
      swap(i, parent);
      i = parent;
    }
  };
  const down = (): void => {
    for (let i = 0; ; ) {
      let least = i;
      for (const child of [2 * i + 1, 2 * i + 2]) {
        if (child < timers.length && isBefore(timers[child] as Timer, timers[least] as Timer)) least = child;
      }
      if (least === i) return;
      swap(i, least);
      i = least;
    }
  };
  const pop = (): Timer => {
    const first = timers[0] as Timer;
    const last = timers.pop() as Timer;
    if (timers.length > 0) {
      timers[0] = last;
      down();
    }
    return first;
  };
  return {
    push(timer: Timer): void {
      timers.push(timer);
      up(timers.length - 1);
    },
    popUntil(untilMs: number): Timer | undefined {
      while (timers[0] !== undefined && timers[0].atMs <= untilMs) {
        const timer = pop();
        if (!timer.isOver) return timer;
      }
      return undefined;
    },
    all: (): readonly Timer[] => timers,
  };
}
