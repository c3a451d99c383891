import { mock } from 'node:test';

/** Runs with a clock, in Date and setTimeout, that only `pass` moves. */
export async function virtually(run: (pass: (ms: number) => Promise<void>) => Promise<void>): Promise<void> {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
  try {
    await run(async (ms) => {
      await settled();
      mock.timers.tick(ms);
      await settled();
    });
  } finally {
    mock.timers.reset();
  }
}

/** Whatever can go on now has gone on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** The most that any window of this length holds: a request at its end is not in it. */
export function mostInAnyWindow(times: readonly number[], windowMs: number): number {
  return fillings(times, windowMs).reduce((most, count) => Math.max(most, count), 0);
}

/** How many each window holds that ends with one of these times, in their order. */
export function fillings(times: readonly number[], windowMs: number): readonly number[] {
  const sorted = times.toSorted((a, b) => a - b);
  let first = 0;
  return sorted.map((time, at) => {
    while (time - (sorted[first] as number) >= windowMs) first += 1;
    return at - first + 1;
  });
}
