/** A lock file that its holder keeps fresh, so that the death of a holder frees it, in any process namespace. */
import { open, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const freshenEveryMs = 1_000;
const staleAfterMs = 10_000;
const retryMs = 200;

/**
 * Runs `work` while holding the lock; `onWait` is told once when someone else has it.
 * Two holders are possible after a holder was frozen for long: `work` must bear that (it only saves work twice done).
 */
export async function withLock<T>(file: string, onWait: () => void, work: () => Promise<T>): Promise<T> {
  let told = false;
  while (!(await take(file))) {
    if (!told) onWait();
    told = true;
    await freeWhenStale(file);
    await sleep(retryMs);
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, freshenEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    await rm(file, { force: true });
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    await handle.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function freeWhenStale(file: string): Promise<void> {
  const age = await stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
  if (age > staleAfterMs) await rm(file, { force: true });
}
