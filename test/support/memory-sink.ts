import { WorkerError } from '../../src/core/errors.ts';
import type { StateRecord } from '../../src/core/state.ts';
import type {
  OutRecord,
  RestoreStats,
  ShardWriter,
  StateReader,
  Transaction,
  TransactionalSink,
} from '../../src/pipeline/ports.ts';

/** A failure to come: what the next commit throws, and whether it took effect all the same. */
type CommitFailure = 'not_committed' | 'fenced' | 'refused' | 'unknown_committed' | 'unknown_lost';

/** A sink and its state in memory, in place of Kafka; what was committed is there to look at. */
export interface MemorySink extends TransactionalSink, StateReader {
  /** Every committed record, in the order of commits. */
  readonly committed: readonly OutRecord[];
  /** As they were committed, one entry a transaction. */
  readonly transactions: readonly Transaction[];
  /** The log of a shard's state, not compacted. */
  stateLog(shard: number): readonly StateRecord[];
  /** The next commits fail so, one each, on whatever shard they come. */
  failNext(...failures: CommitFailure[]): void;
  /** How often each shard was fenced. */
  fences(shard: number): number;
}

export function createMemorySink(): MemorySink {
  const transactions: Transaction[] = [];
  const committed: OutRecord[] = [];
  const logs = new Map<number, StateRecord[]>();
  const epochs = new Map<number, number>();
  const failures: CommitFailure[] = [];
  const logOf = (shard: number): StateRecord[] => {
    const log = logs.get(shard) ?? [];
    logs.set(shard, log);
    return log;
  };
  const append = (shard: number, { records, state }: Transaction): void => {
    const copy = { records: records.map(copyRecord), state: state.map(copyState) };
    transactions.push(copy);
    committed.push(...copy.records);
    logOf(shard).push(...copy.state);
  };
  return {
    committed,
    transactions,
    stateLog: logOf,
    failNext: (...next) => void failures.push(...next),
    fences: (shard) => epochs.get(shard) ?? 0,
    async fence(shard, signal): Promise<ShardWriter> {
      signal.throwIfAborted();
      const epoch = (epochs.get(shard) ?? 0) + 1;
      epochs.set(shard, epoch);
      let spent: WorkerError | undefined;
      return {
        async commit(transaction) {
          await Promise.resolve();
          if (spent !== undefined) throw spent;
          const failure = epochs.get(shard) === epoch ? failures.shift() : 'fenced';
          if (failure === undefined || failure === 'unknown_committed') append(shard, transaction);
          if (failure === undefined) return;
          const error = errorOf(failure);
          if (failure === 'fenced' || failure.startsWith('unknown')) spent = error;
          throw error;
        },
        async close() {
          spent ??= errorOf('unknown_lost');
        },
      };
    },
    async restore(shard, onRecord, signal): Promise<RestoreStats> {
      signal.throwIfAborted();
      const log = [...logOf(shard)];
      for (const record of log) onRecord(copyState(record));
      const bytes = log.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0);
      return { records: log.length, bytes };
    },
    async close() {},
  };
}

function errorOf(failure: CommitFailure): WorkerError {
  if (failure === 'refused') return new WorkerError('config', 'sink.refused', 'refused on purpose');
  const code = failure.startsWith('unknown') ? 'outcome_unknown' : failure;
  return new WorkerError('transient', `sink.${code}`, `${failure} on purpose`);
}

function copyRecord(record: OutRecord): OutRecord {
  return {
    ...record,
    key: record.key === null ? null : Uint8Array.from(record.key),
    value: record.value === null ? null : Uint8Array.from(record.value),
    headers: { ...record.headers },
  };
}

function copyState({ key, value }: StateRecord): StateRecord {
  return { key, value: value === null ? null : Uint8Array.from(value) };
}
