/**
 * The programs of the local stack: fetched once, kept outside the repository, checked before each use.
 *
 * Layout of the cache: a folder an artefact, with a manifest of every file's size and SHA-256. A folder is built aside
 * and renamed into place, so that nobody ever sees half of one; a lock file only keeps parallel runs from fetching twice.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import { withLock } from './cache-lock.ts';

/** Something to fetch: `build` fills an empty folder. */
export interface Artefact {
  /** Folder in the cache; has the version in it. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  build(into: string, scratch: string): Promise<void>;
}

interface ManifestEntry {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

const manifestName = 'manifest.json';
const progressEveryMs = 3_000;
const freshenEveryMs = 1_000;
const abandonedAfterMs = 5_000;

/** Where downloads are kept: the user's cache folder. */
function cacheDir(): string {
  const base = process.env.XDG_CACHE_HOME;
  return join(base !== undefined && base !== '' ? base : join(homedir(), '.cache'), 'clockify-kafka');
}

/** The artefact's folder, complete and unchanged since it was fetched; fetches it when it is missing or damaged. */
export async function ensureArtefact(artefact: Artefact, log: (line: string) => void): Promise<string> {
  const cache = cacheDir();
  const folder = join(cache, artefact.id);
  if ((await damage(folder)) === undefined) return folder;
  await mkdir(cache, { recursive: true });
  await withLock(
    `${folder}.lock`,
    () => log(`waiting for another run to download ${artefact.name}`),
    async () => {
      const problem = await damage(folder);
      if (problem === undefined) return;
      if (problem !== 'missing') log(`${artefact.name} in the cache is damaged (${problem}): downloading it again`);
      await removeAbandoned(cache, artefact.id);
      await fetchInto(artefact, folder, log);
    },
  );
  return folder;
}

/** A run that was killed leaves what it had fetched so far; a living one keeps its folder fresh. */
async function removeAbandoned(cache: string, id: string): Promise<void> {
  const names = (await readdir(cache)).filter((name) => name.startsWith(`${id}.`) && name.endsWith('.partial'));
  for (const name of names) {
    const { mtimeMs } = await stat(join(cache, name));
    if (Date.now() - mtimeMs > abandonedAfterMs) await rm(join(cache, name), { recursive: true, force: true });
  }
}

async function fetchInto(artefact: Artefact, folder: string, log: (line: string) => void): Promise<void> {
  const staging = `${folder}.${randomUUID()}.partial`;
  const content = join(staging, 'content');
  const scratch = join(staging, 'scratch');
  await mkdir(content, { recursive: true });
  await mkdir(scratch);
  const stopProgress = reportProgress(artefact.name, staging, log);
  const heartbeat = setInterval(
    () => void utimes(staging, new Date(), new Date()).catch(() => undefined),
    freshenEveryMs,
  );
  try {
    await artefact.build(content, scratch);
    await writeFile(join(content, manifestName), JSON.stringify(await describe(content)));
    await rename(folder, join(staging, 'damaged')).catch(() => undefined);
    await rename(content, folder);
  } finally {
    stopProgress();
    clearInterval(heartbeat);
    await rm(staging, { recursive: true, force: true });
  }
  log(`${artefact.name} is in the cache`);
}

/** What is wrong with a cached folder, or undefined when every file is as it was fetched. */
async function damage(folder: string): Promise<string | undefined> {
  let manifest: ManifestEntry[];
  try {
    manifest = JSON.parse(await readFile(join(folder, manifestName), 'utf8')) as ManifestEntry[];
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'missing' : 'unreadable manifest';
  }
  if (!Array.isArray(manifest) || manifest.length === 0) return 'empty manifest';
  for (const entry of manifest) {
    const content = await readFile(join(folder, entry.path)).catch(() => undefined);
    if (content?.length !== entry.size || sha256(content) !== entry.sha256) return entry.path;
  }
  return undefined;
}

async function describe(folder: string): Promise<ManifestEntry[]> {
  const entries: ManifestEntry[] = [];
  for (const file of await filesIn(folder)) {
    const content = await readFile(file);
    entries.push({ path: relative(folder, file), size: content.length, sha256: sha256(content) });
  }
  return entries;
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function reportProgress(name: string, folder: string, log: (line: string) => void): () => void {
  log(`downloading ${name} (once; it is kept in the cache)`);
  const timer = setInterval(async () => {
    const sizes = await filesIn(folder)
      .then((files) => Promise.all(files.map(async (file) => (await stat(file)).size)))
      .catch(() => []);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    log(`downloading ${name}: ${Math.round(total / 1_000_000)} MB on disk so far`);
  }, progressEveryMs);
  return () => clearInterval(timer);
}
