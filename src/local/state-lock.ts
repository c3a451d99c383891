import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WorkerError } from '../core/errors.ts';

/** Kept while a state file is in use, so that no second process writes to it. */
export interface StateLock {
  release(): Promise<void>;
}

/** What this process holds: in a container every process is number 1, so a number of our own says nothing by itself. */
const held = new Set<string>();
const ATTEMPTS = 5;

/**
 * Takes `<path>.lock`. A lock of a process that is no longer there is taken over.
 *
 * It tells processes of one machine apart; two containers that share a folder must not share a state file.
 *
 * @throws {WorkerError} config `local.state_locked`
 */
export async function lockState(path: string): Promise<StateLock> {
  const lock = `${path}.lock`;
  await mkdir(dirname(lock), { recursive: true });
  const mine = `${lock}.${randomUUID()}`;
  await writeFile(mine, `${process.pid}\n`);
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await take(mine, lock)) return { release: () => release(lock) };
      const owner = await ownerOf(lock);
      if (owner !== undefined && isAlive(owner, lock)) throw locked(path, owner);
      await clear(lock, owner);
    }
    throw locked(path, undefined);
  } finally {
    await rm(mine, { force: true });
  }
}

/** A link is made whole, with the number inside, or not at all; where there are no links, a file. */
async function take(mine: string, lock: string): Promise<boolean> {
  try {
    await link(mine, lock).catch(() => writeFile(lock, `${process.pid}\n`, { flag: 'wx' }));
    held.add(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function ownerOf(lock: string): Promise<number | undefined> {
  const text = await readFile(lock, 'utf8').catch(() => '');
  return text === '' ? undefined : Number(text);
}

function isAlive(pid: number, lock: string): boolean {
  if (pid === process.pid) return held.has(lock);
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes a stale lock and no other: what is moved away is looked at again, and put back if it is somebody's. */
async function clear(lock: string, stale: number | undefined): Promise<void> {
  const aside = `${lock}.${randomUUID()}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await ownerOf(aside)) !== stale) await link(aside, lock).catch(() => undefined);
  await rm(aside, { force: true });
}

async function release(lock: string): Promise<void> {
  if (!held.delete(lock)) return;
  await unlink(lock).catch(() => undefined);
}

function locked(path: string, owner: number | undefined): WorkerError {
  const who = owner === undefined ? 'another process' : `process ${owner}`;
  const hint = `Stop it, or give this worker a state file of its own. If it is long gone, remove ${path}.lock.`;
  return new WorkerError('config', 'local.state_locked', `${path} is in use by ${who}`, { hint });
}
