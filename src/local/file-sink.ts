import { type FileHandle, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WorkerError } from '../core/errors.ts';
import { openAnywhere, writeAll } from './files.ts';
import {
  type Describe,
  type LocalRecord,
  type LocalSink,
  type LocalSinkOptions,
  type Output,
  openLocalSink,
} from './local-sink.ts';
import type { StateLog } from './state-log.ts';

export interface FileSinkOptions extends LocalSinkOptions {
  /** Made where it is missing; each topic is appended to `<dir>/<topic>.jsonl`. */
  readonly dir: string;
  readonly describe: Describe;
}

/**
 * Exactly once into files: the state names how long each file was at the last commit, and what a crash left beyond
 * that is cut off at the next start (P2). A topic's lines stand in the order of their commits.
 *
 * Errors are those of `openLocalSink`.
 */
export async function openFileSink(options: FileSinkOptions): Promise<LocalSink> {
  return openLocalSink(options, new DataFiles(options.dir, options.describe));
}

interface DataFile {
  readonly handle: FileHandle;
  size: number;
}

const NEWLINE = '\n';

class DataFiles implements Output {
  readonly #dir: string;
  readonly #describe: Describe;
  readonly #files = new Map<string, DataFile>();

  constructor(dir: string, describe: Describe) {
    this.#dir = dir;
    this.#describe = describe;
  }

  async open(lengths: ReadonlyMap<string, number>): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    for (const [topic, length] of lengths) await this.#cutTo(topic, length);
  }

  async append(records: readonly LocalRecord[], log: StateLog): Promise<ReadonlyMap<string, number>> {
    const lengths = new Map<string, number>();
    for (const [topic, lines] of this.#lines(records)) {
      const file = await this.#fileOf(topic, log);
      await writeAll(file.handle, Buffer.from(lines), file.size);
      await file.handle.datasync();
      lengths.set(topic, file.size + Buffer.byteLength(lines));
    }
    for (const [topic, length] of lengths) (this.#files.get(topic) as DataFile).size = length;
    return lengths;
  }

  async rollback(lengths: ReadonlyMap<string, number>): Promise<void> {
    for (const [topic, file] of this.#files) {
      const length = lengths.get(topic);
      // Nothing is written to a file before the state knows its length.
      if (length === undefined) this.#files.delete(topic);
      await (length === undefined ? file.handle.close() : file.handle.truncate(length));
      file.size = length ?? file.size;
    }
  }

  async close(): Promise<void> {
    const files = [...this.#files.values()];
    this.#files.clear();
    await Promise.all(files.map(({ handle }) => handle.close()));
  }

  #lines(records: readonly LocalRecord[]): Map<string, string> {
    const lines = new Map<string, string>();
    for (const record of records) {
      const line = JSON.stringify(this.#describe(record)) + NEWLINE;
      lines.set(record.topic, (lines.get(record.topic) ?? '') + line);
    }
    return lines;
  }

  /** A topic's first file: the state is told its length before anything is written, or a crash could not be undone. */
  async #fileOf(topic: string, log: StateLog): Promise<DataFile> {
    const known = this.#files.get(topic);
    if (known !== undefined) return known;
    const handle = await openAnywhere(join(this.#dir, `${topic}.jsonl`));
    const { size } = await handle.stat();
    const file = { handle, size };
    this.#files.set(topic, file);
    if (log.lengths.get(topic) === undefined) {
      await log.append({ shard: 0, state: [], lengths: new Map([[topic, size]]) });
    }
    return file;
  }

  async #cutTo(topic: string, length: number): Promise<void> {
    const path = join(this.#dir, `${topic}.jsonl`);
    const handle = await openAnywhere(path);
    this.#files.set(topic, { handle, size: length });
    const { size } = await handle.stat();
    if (size < length) throw tooShort(path, size, length);
    if (size > length) await handle.truncate(length);
  }
}

function tooShort(path: string, size: number, length: number): WorkerError {
  const message = `${path} has ${size} bytes, ${length} were committed`;
  const hint = 'Put the file back, or remove the state file as well to begin anew. Move files away only while both go.';
  return new WorkerError('config', 'local.data_short', message, { hint });
}
