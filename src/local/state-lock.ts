import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { WorkerError } from '../core/errors.ts';

/** Kept while a state file is in use, so that no second process writes to it. */
export interface StateLock {
  release(): Promise<void>;
}

/** What this process holds: in a container every process is number 1, so a number of our own says nothing by itself. */
const held = new Set<string>();
const ATTEMPTS = 50;
const PAUSE_MS = 20;
/** Clearing takes moments; a mark as old as this was left by a crash. */
const CLEARING_MS = 10_000;

/**
 * Takes `<path>.lock`. A lock of a process that is no longer there is taken over.
 *
 * It tells processes of one machine apart; two containers that share a folder must not share a state file.
 *
 * @throws {WorkerError} config `local.state_locked`
 */
export async function lockState(path: string): Promise<StateLock> {
  const lock = `${resolve(path)}.lock`;
  if (held.has(lock)) throw locked(path, process.pid);
  held.add(lock);
  try {
    await mkdir(dirname(lock), { recursive: true });
    await takeOver(path, lock);
  } catch (error) {
    held.delete(lock);
    throw error;
  }
  return { release: () => release(lock) };
}

async function takeOver(path: string, lock: string): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (await take(lock)) return;
    const owner = await ownerOf(lock);
    if (isAlive(owner)) throw locked(path, owner);
    await clear(lock);
    await new Promise((done) => setTimeout(done, PAUSE_MS));
  }
  throw locked(path, undefined);
}

/** A link is made whole, with the number inside, or not at all; where there are no links, a file. */
async function take(lock: string): Promise<boolean> {
  const mine = `${lock}.${randomUUID()}`;
  const text = `${process.pid}\n`;
  try {
    await writeFile(mine, text);
    await link(mine, lock).catch(() => writeFile(lock, text, { flag: 'wx' }));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** Undefined where the lock is gone or says nothing. */
async function ownerOf(lock: string): Promise<number | undefined> {
  const pid = Number.parseInt(await readFile(lock, 'utf8').catch(() => ''), 10);
  return Number.isNaN(pid) ? undefined : pid;
}

function isAlive(pid: number | undefined): boolean {
  if (pid === undefined || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Removes a stale lock. One process at a time does it, and looks again first, lest it remove the lock of the one before. */
async function clear(lock: string): Promise<void> {
  const clearing = `${lock}.clearing`;
  try {
    await writeFile(clearing, '', { flag: 'wx' });
  } catch {
    const { mtimeMs } = await stat(clearing).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > CLEARING_MS) await rm(clearing, { force: true });
    return;
  }
  if (!isAlive(await ownerOf(lock))) await rm(lock, { force: true });
  await rm(clearing, { force: true });
}

async function release(lock: string): Promise<void> {
  if (held.delete(lock)) await rm(lock, { force: true });
}

function locked(path: string, owner: number | undefined): WorkerError {
  const who = owner === undefined ? 'another process' : `process ${owner}`;
  const hint = `Stop it, or give this worker a state file of its own. If it is long gone, remove ${path}.lock.`;
  return new WorkerError('config', 'local.state_locked', `${path} is in use by ${who}`, { hint });
}
