import { readFileSync } from 'node:fs';
import { mkdir, open, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WorkerError } from '../core/errors.ts';

/** The subjects of a local registry in a file: name → texts of its versions, the last one is the latest. */
export type Subjects = Map<string, string[]>;

interface Content {
  readonly format: typeof FORMAT;
  readonly subjects: readonly (readonly [name: string, versions: readonly string[]])[];
}

const FORMAT = 'clockify-kafka schemas 1';

/** @throws {WorkerError} config `registry.file_unreadable` */
export function readSubjects(file: string): Subjects {
  try {
    const { format, subjects } = JSON.parse(readFileSync(file, 'utf8')) as Content;
    if (format !== FORMAT) throw new TypeError(`the format is not "${FORMAT}"`);
    return new Map(subjects.map(([name, versions]) => [name, versions.map(String)]));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    const mayNot = ['EACCES', 'EPERM'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new WorkerError('config', 'registry.file_unreadable', `the schemas in ${file} cannot be read`, {
      cause,
      hint: mayNot
        ? 'Check that this user may read and write there.'
        : 'Restore the file, or remove it together with the state beside it and begin anew.',
    });
  }
}

/**
 * Replaces the file as a whole; durable when it resolves. One call at a time.
 *
 * @throws {WorkerError} transient `registry.file_not_written`
 */
export async function writeSubjects(file: string, subjects: Subjects): Promise<void> {
  const content: Content = { format: FORMAT, subjects: [...subjects] };
  const fresh = `${file}.new`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(fresh, `${JSON.stringify(content)}\n`, { flush: true });
    await rename(fresh, file);
    await syncFolder(dirname(file));
  } catch (cause) {
    throw new WorkerError('transient', 'registry.file_not_written', `the schemas cannot be written to ${file}`, {
      cause,
    });
  }
}

/** A new name is durable once its folder is; not every system can do that (Windows cannot). */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
