/**
 * The pipeline without a broker: changes go to files or to stdout, state to a file beside them.
 *
 * In: transactions of shards, as for Kafka. Out: JSON lines, and the state of all shards. Keeps P1; files also keep P2
 * through any crash, stdout can repeat the lines of one transaction.
 */
import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { StateRecord } from '../core/state.ts';
import { lockState, type StateLock } from './state-lock.ts';
import { StateLog } from './state-log.ts';

export interface LocalRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

interface LocalTransaction {
  readonly records: readonly LocalRecord[];
  readonly state: readonly StateRecord[];
}

interface LocalWriter {
  commit(transaction: LocalTransaction): Promise<void>;
  close(): Promise<void>;
}

/** Sink and state reader in one: both stand on the same file. */
export interface LocalSink {
  fence(shard: number, signal: AbortSignal): Promise<LocalWriter>;
  restore(
    shard: number,
    onRecord: (record: StateRecord) => void,
    signal: AbortSignal,
  ): Promise<{ readonly records: number; readonly bytes: number }>;
  close(): Promise<void>;
}

/** Turns a record's bytes into what is printed as JSON. */
export type Describe = (record: LocalRecord) => unknown;

/** Where records go, before the state says that they went. */
export interface Output {
  /** Makes it what the committed lengths say. */
  open(lengths: ReadonlyMap<string, number>, log: StateLog): Promise<void>;
  /** @returns the new lengths of what was written to */
  append(records: readonly LocalRecord[], log: StateLog): Promise<ReadonlyMap<string, number>>;
  /** Takes back what was appended since the last commit. */
  rollback(lengths: ReadonlyMap<string, number>): Promise<void>;
  close(): Promise<void>;
}

export interface LocalSinkOptions {
  readonly stateFile: string;
  /** What the state file may grow by before it is compacted; 16 MiB unless told. */
  readonly slackBytes?: number | undefined;
}

/** @throws {WorkerError} config `local.state_locked`, `local.state_unreadable`, `local.data_short`, `sink.refused` */
export async function openLocalSink(options: LocalSinkOptions, output: Output): Promise<LocalSink> {
  const lock = await lockState(options.stateFile).catch((error: unknown) => cannotOpen(options.stateFile, error));
  try {
    const log = await openAll(options, output);
    return new FileBackedSink(options, output, lock, log);
  } catch (error) {
    await lock.release();
    return cannotOpen(options.stateFile, error);
  }
}

async function openAll({ stateFile, slackBytes }: LocalSinkOptions, output: Output): Promise<StateLog> {
  const log = await StateLog.open(stateFile, slackBytes);
  try {
    await output.open(log.lengths, log);
    return log;
  } catch (error) {
    await output.close();
    await log.close();
    throw error;
  }
}

class FileBackedSink implements LocalSink {
  readonly #options: LocalSinkOptions;
  readonly #output: Output;
  readonly #lock: StateLock;
  readonly #epochs = new Map<number, number>();
  #log: StateLog;
  /** True after a failure that could not be taken back: what the files hold is read again before the next fencing. */
  #inDoubt = false;
  #closed = false;
  /** One thing at a time, in the order of the calls: the files are shared by all shards. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: LocalSinkOptions, output: Output, lock: StateLock, log: StateLog) {
    this.#options = options;
    this.#output = output;
    this.#lock = lock;
    this.#log = log;
  }

  async fence(shard: number, signal: AbortSignal): Promise<LocalWriter> {
    signal.throwIfAborted();
    const epoch = (this.#epochs.get(shard) ?? 0) + 1;
    this.#epochs.set(shard, epoch);
    await this.#inTurn(() => this.#recover());
    signal.throwIfAborted();
    return {
      commit: (transaction) => this.#inTurn(() => this.#commit(shard, epoch, transaction)),
      close: async () => {
        if (this.#epochs.get(shard) === epoch) this.#epochs.set(shard, epoch + 1);
      },
    };
  }

  async restore(
    shard: number,
    onRecord: (record: StateRecord) => void,
    signal: AbortSignal,
  ): Promise<{ records: number; bytes: number }> {
    signal.throwIfAborted();
    return this.#inTurn(async () => {
      const stats = { records: 0, bytes: 0 };
      for await (const record of this.#log.read(shard)) {
        signal.throwIfAborted();
        stats.records += 1;
        stats.bytes += record.key.length + (record.value?.length ?? 0);
        onRecord(record);
      }
      return stats;
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#inTurn(async () => {
      await this.#output.close().catch(() => undefined);
      await this.#log.close().catch(() => undefined);
      await this.#lock.release();
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #recover(): Promise<void> {
    if (this.#closed) throw new WorkerError('transient', 'sink.unavailable', 'the sink is closed');
    if (!this.#inDoubt) return;
    try {
      await this.#output.close().catch(() => undefined);
      await this.#log.close().catch(() => undefined);
      this.#log = await openAll(this.#options, this.#output);
      this.#inDoubt = false;
    } catch (cause) {
      if (cause instanceof WorkerError) throw cause;
      throw new WorkerError('transient', 'sink.unavailable', 'the state file cannot be opened again', { cause });
    }
  }

  async #commit(shard: number, epoch: number, { records, state }: LocalTransaction): Promise<void> {
    if (this.#closed || this.#inDoubt) throw unknown(shard, undefined);
    if (this.#epochs.get(shard) !== epoch) {
      throw new WorkerError('transient', 'sink.fenced', `shard ${shard} has a newer writer`);
    }
    if (records.length === 0 && state.length === 0) return;
    try {
      const lengths = await this.#output.append(records, this.#log);
      await this.#log.append({ shard, state, lengths });
    } catch (error) {
      throw await this.#takeBack(shard, error);
    }
    // It is committed: that the file could not be made smaller is no failure of this transaction.
    await this.#log.compactIfGrown().catch(() => undefined);
  }

  async #takeBack(shard: number, error: unknown): Promise<WorkerError> {
    try {
      // The state first: it must never name lines that are gone.
      await this.#log.rollback();
      await this.#output.rollback(this.#log.lengths);
    } catch (cause) {
      this.#inDoubt = true;
      for (const [each, epoch] of this.#epochs) this.#epochs.set(each, epoch + 1);
      return unknown(shard, cause);
    }
    return failureOf(error, 'transient', 'sink.not_committed');
  }
}

function unknown(shard: number, cause: unknown): WorkerError {
  return new WorkerError('transient', 'sink.outcome_unknown', `the writer of shard ${shard} is spent`, { cause });
}

/** What will not get better by itself. A full disk may. */
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS', 'EFBIG', 'ENOTDIR', 'EISDIR', 'ENAMETOOLONG']);

/** What is no error of the system is one of ours. */
function failureOf(error: unknown, kind: 'transient' | 'config', code: string): WorkerError {
  const { code: errno, message } = error as NodeJS.ErrnoException;
  if (error instanceof WorkerError || errno === undefined) return toWorkerError(error);
  if (!REFUSED.has(errno)) return new WorkerError(kind, code, message, { cause: error });
  const hint = 'Check that this user may write there.';
  return new WorkerError('config', 'sink.refused', message, { cause: error, hint });
}

/** The system's own words do not say enough: making a folder on a read-only file system is "no such file". */
function cannotOpen(stateFile: string, error: unknown): never {
  const { code: errno, message } = error as NodeJS.ErrnoException;
  if (error instanceof WorkerError || errno === undefined) throw toWorkerError(error);
  const hint = 'Set file.directory to a folder where this user may write.';
  throw new WorkerError('config', 'sink.refused', `the state cannot be kept in ${stateFile}: ${message}`, {
    cause: error,
    hint,
  });
}
