import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits until something is so, and says what was not: a loop without an end would outlive the test, whose limit ends
 * the test and not the process.
 *
 * @throws {Error} after `withinMs`
 */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  withinMs = 30_000,
): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(20);
  }
}
