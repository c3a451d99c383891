import { WorkerError } from '../core/errors.ts';
import type { ShardWriter, Transaction } from './ports.ts';
import type { ShardState } from './shard-state.ts';
import { createSlots, type Slots } from './slots.ts';

/** A shard that this worker holds: its state, its writer, and the order in which its slices may use them. */
export interface Shard {
  readonly number: number;
  readonly state: ShardState;
  /** Where the pages of its slices wait for their turn. */
  readonly slots: Slots;
  /**
   * Runs one piece of work at a time. Diffing and committing must be one piece: a change is worked out against the
   * state that its own commit will follow.
   */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
  /** Commits, and only then changes the memory. To be called within `exclusive`. Errors as `ShardWriter.commit`. */
  commit(transaction: Transaction): Promise<void>;
  /** Resolves when nothing runs any more; what is asked for later is refused with `shard.given_up`. */
  close(): Promise<void>;
}

export function openShard(number: number, state: ShardState, writer: ShardWriter, mayCommit: () => void): Shard {
  let tail: Promise<unknown> = Promise.resolve();
  let closed = false;

  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = tail.then(() => {
      if (closed) throw new WorkerError('transient', 'shard.given_up', `shard ${number} was given up`);
      return work();
    });
    tail = turn.catch(() => undefined);
    return turn;
  };

  const commit = async (transaction: Transaction): Promise<void> => {
    if (transaction.records.length === 0 && transaction.state.length === 0) return;
    mayCommit();
    await writer.commit(transaction);
    for (const record of transaction.state) state.apply(record);
  };

  const close = async (): Promise<void> => {
    closed = true;
    await tail;
    await writer.close();
  };

  return { number, state, slots: createSlots(), exclusive, commit, close };
}
