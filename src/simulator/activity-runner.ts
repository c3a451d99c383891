export interface ActivityRunner {
  /** 0 pauses. */
  start(perSecond: number): void;
  stop(): void;
  readonly perSecond: number;
}

const SHORTEST_TICK_MS = 20;

/** Steps the world by the real clock. Does not keep the process alive. */
export function createActivityRunner(step: (count: number) => void): ActivityRunner {
  let timer: NodeJS.Timeout | undefined;
  let rate = 0;
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    rate = 0;
  };
  return {
    get perSecond() {
      return rate;
    },
    start(perSecond) {
      stop();
      if (!(perSecond > 0)) return;
      rate = perSecond;
      const tickMs = Math.max(SHORTEST_TICK_MS, Math.ceil(1000 / perSecond));
      let due = 0;
      timer = setInterval(() => {
        due += (perSecond * tickMs) / 1000;
        const whole = Math.floor(due);
        due -= whole;
        step(whole);
      }, tickMs);
      timer.unref();
    },
    stop,
  };
}
