import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { Priority } from '../core/rate.ts';
import { Turns } from '../core/turns.ts';
import { createOutageGate } from './outage-gate.ts';
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
   * state that its own commit will follow. Who waits goes by priority, as requests do, or what was asked for first would be
   * committed last.
   */
  exclusive<T>(work: () => Promise<T>, priority?: Priority): Promise<T>;
  /** Resolves when it is worth asking for a page: not while the far side takes nothing. @throws the signal's reason */
  writable(signal: AbortSignal): Promise<void>;
  /** Commits, and only then changes the memory. To be called within `exclusive`. Errors as `ShardWriter.commit`. */
  commit(transaction: Transaction): Promise<void>;
  /** Resolves when nothing runs any more; what is asked for later is refused with `shard.given_up`. */
  close(): Promise<void>;
}

export function openShard(number: number, state: ShardState, writer: ShardWriter, mayCommit: () => void): Shard {
  const turns = new Turns<() => Promise<void>>();
  let working: Promise<void> | undefined;
  let closed = false;

  const workOff = async (): Promise<void> => {
    await undefined;
    for (let turn = turns.next(); turn !== undefined; turn = turns.next()) await turn();
    working = undefined;
  };

  const exclusive = <T>(work: () => Promise<T>, priority: Priority = 'list'): Promise<T> =>
    new Promise((resolve, reject) => {
      const begin = async () => {
        if (closed) throw new WorkerError('transient', 'shard.given_up', `shard ${number} was given up`);
        return work();
      };
      turns.add(priority, () => begin().then(resolve, reject));
      working ??= workOff();
    });

  const commit = async (transaction: Transaction): Promise<void> => {
    if (transaction.records.length === 0 && transaction.state.length === 0) return;
    await taken(transaction);
    for (const record of transaction.state) state.apply(record);
  };

  const taken = async (transaction: Transaction): Promise<void> => {
    try {
      mayCommit();
      await writer.commit(transaction);
      gate.worked();
    } catch (error) {
      if (toWorkerError(error).code === 'sink.not_committed') gate.failed();
      throw error;
    }
  };

  const attempt = (): Promise<void> =>
    exclusive(async () => {
      mayCommit();
      await writer.commit(NOTHING);
    }, 'reconcile');
  const gate = createOutageGate(attempt);

  const close = async (): Promise<void> => {
    closed = true;
    gate.close();
    await working;
    await writer.close();
  };

  return { number, state, slots: createSlots(), exclusive, writable: gate.pass, commit, close };
}

/** Takes away what is not there: a transaction that means nothing, to see whether one is taken. */
const NOTHING: Transaction = { records: [], state: [{ key: JSON.stringify(['?']), value: null }] };
