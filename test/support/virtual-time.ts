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
  const sorted = [...times].sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [at, time] of sorted.entries()) {
    while (time - (sorted[first] as number) >= windowMs) first += 1;
    most = Math.max(most, at - first + 1);
  }
  return most;
}
