/**
 * State without a broker: one file for all shards, to which each transaction appends one frame.
 *
 * A frame counts when it is whole, so a crash in the middle of a write leaves the state as it was (P2). The file is
 * replaced by its live part at the start, and when it has grown to several times that.
 */
import { type FileHandle, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { WorkerError } from '../core/errors.ts';
import type { StateRecord } from '../core/state.ts';
import { openAnywhere, readAt, syncFolder, writeAll } from './files.ts';
import { bodyLength, decodeFrame, encodeFrame, FRAME_HEAD, type Frame, holdsFrame } from './frame.ts';

const MAGIC = new TextEncoder().encode('clockify-kafka state 1\n');
/** How many times its live size the file may grow to, and what is too little to bother. */
const GROWTH = 4;
const SLACK_BYTES = 16 * 1024 * 1024;
/** How far behind a damaged frame a whole one is looked for. */
const SEARCHED_BYTES = 64 * 1024 * 1024;
const RECORDS_A_FRAME = 1_000;

interface Place {
  readonly at: number;
  readonly length: number;
}

export class StateLog {
  readonly #path: string;
  readonly #slackBytes: number;
  #file: FileHandle;
  #size = MAGIC.length;
  #compactAt = 0;
  /** Where each shard's frames are. */
  #frames = new Map<number, Place[]>();
  #lengths = new Map<string, number>();

  private constructor(path: string, file: FileHandle, slackBytes: number) {
    this.#path = path;
    this.#file = file;
    this.#slackBytes = slackBytes;
  }

  /** Opens or makes the file, cuts off what was not committed, and compacts it. */
  static async open(path: string, slackBytes: number = SLACK_BYTES): Promise<StateLog> {
    await mkdir(dirname(path), { recursive: true });
    const log = new StateLog(path, await openAnywhere(path), slackBytes);
    try {
      await log.#load();
      await log.compactIfGrown();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  /** Committed bytes of each data file, as the last frames say. */
  get lengths(): ReadonlyMap<string, number> {
    return this.#lengths;
  }

  get bytes(): number {
    return this.#size;
  }

  /** Durable when it resolves; when it rejects, `rollback` is due. */
  async append(frame: Frame): Promise<void> {
    const bytes = encodeFrame(frame);
    await writeAll(this.#file, bytes, this.#size);
    await this.#file.datasync();
    this.#remember(frame, bytes.length);
  }

  /** Takes back what a failed `append` may have left; when it rejects, what the file holds is unknown. */
  async rollback(): Promise<void> {
    await this.#file.truncate(this.#size);
    await this.#file.datasync();
  }

  /** A shard's records in the order of their commits. */
  async *read(shard: number): AsyncGenerator<StateRecord> {
    for (const place of [...(this.#frames.get(shard) ?? [])]) {
      const frame = await this.#readFrame(place);
      if (frame === undefined) throw unreadable(this.#path, 'a committed frame cannot be read any more');
      yield* frame.state;
    }
  }

  async compactIfGrown(): Promise<void> {
    if (this.#compactAt === 0 ? this.#size > MAGIC.length : this.#size > this.#compactAt) await this.#compact();
    else if (this.#compactAt === 0) this.#planCompaction();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #planCompaction(): void {
    this.#compactAt = GROWTH * this.#size + this.#slackBytes;
  }

  #remember(frame: Frame, length: number): void {
    const places = this.#frames.get(frame.shard) ?? [];
    if (frame.state.length > 0) places.push({ at: this.#size, length });
    this.#frames.set(frame.shard, places);
    for (const [name, bytes] of frame.lengths) this.#lengths.set(name, bytes);
    this.#size += length;
  }

  async #load(): Promise<void> {
    const { size } = await this.#file.stat();
    if (size < MAGIC.length) await this.#begin();
    else await this.#checkMagic();
    let head = await this.#head(size);
    while (head !== undefined) {
      const frame = await this.#readFrame({ at: this.#size, length: head });
      if (frame === undefined) break;
      this.#remember(frame, head);
      head = await this.#head(size);
    }
    await this.#refuseDamage(size);
    await this.#file.truncate(this.#size);
  }

  /** What a crash cut off is the end of the file; whole frames behind it are commits that must not be lost (P1). */
  async #refuseDamage(size: number): Promise<void> {
    const left = Math.min(size - this.#size, SEARCHED_BYTES);
    if (left <= 0 || !holdsFrame(await readAt(this.#file, this.#size, left))) return;
    throw unreadable(this.#path, `it is damaged at byte ${this.#size}, and whole commits follow`);
  }

  /** Length of the frame at the end of what is known, if the file is long enough to hold it. */
  async #head(size: number): Promise<number | undefined> {
    if (this.#size + FRAME_HEAD > size) return undefined;
    const length = FRAME_HEAD + bodyLength(await readAt(this.#file, this.#size, FRAME_HEAD));
    return this.#size + length > size ? undefined : length;
  }

  async #readFrame({ at, length }: Place): Promise<Frame | undefined> {
    const bytes = await readAt(this.#file, at, length);
    return decodeFrame(bytes.subarray(0, FRAME_HEAD), bytes.subarray(FRAME_HEAD));
  }

  async #begin(): Promise<void> {
    await this.#file.truncate(0);
    await writeAll(this.#file, MAGIC, 0);
    await this.#file.datasync();
  }

  async #checkMagic(): Promise<void> {
    const start = await readAt(this.#file, 0, MAGIC.length);
    if (Buffer.compare(start, MAGIC) !== 0) throw unreadable(this.#path, 'it is no state file of this version');
  }

  /** Writes the live part beside the file and puts it in its place. */
  async #compact(): Promise<void> {
    const temporary = `${this.#path}.new`;
    const file = await open(temporary, 'w+');
    const next = new StateLog(this.#path, file, this.#slackBytes);
    try {
      await next.#begin();
      await next.#write({ shard: 0, state: [], lengths: this.#lengths });
      for (const shard of this.#frames.keys()) await next.#writeShard(shard, await this.#live(shard));
      await file.sync();
      await rename(temporary, this.#path);
      await syncFolder(dirname(this.#path));
    } catch (error) {
      await file.close();
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
    await this.#file.close();
    this.#file = file;
    this.#size = next.#size;
    this.#frames = next.#frames;
    this.#planCompaction();
  }

  async #live(shard: number): Promise<StateRecord[]> {
    const live = new Map<string, StateRecord>();
    for await (const record of this.read(shard)) {
      live.delete(record.key);
      if (record.value !== null) live.set(record.key, record);
    }
    return [...live.values()];
  }

  async #writeShard(shard: number, state: readonly StateRecord[]): Promise<void> {
    for (let at = 0; at < state.length; at += RECORDS_A_FRAME) {
      await this.#write({ shard, state: state.slice(at, at + RECORDS_A_FRAME), lengths: new Map() });
    }
  }

  async #write(frame: Frame): Promise<void> {
    const bytes = encodeFrame(frame);
    await writeAll(this.#file, bytes, this.#size);
    this.#remember(frame, bytes.length);
  }
}

function unreadable(path: string, why: string): WorkerError {
  const hint = 'Restore it from a copy, or remove it to begin anew: every row is then published once more.';
  return new WorkerError('config', 'local.state_unreadable', `${path}: ${why}`, { hint });
}
