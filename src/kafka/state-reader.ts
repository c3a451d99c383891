import { setImmediate as nextTurn } from 'node:timers/promises';
import { WorkerError } from '../core/errors.ts';
import type { StateRecord } from '../core/state.ts';
import { orAborted, pause } from './aborting.ts';
import { committedRecords } from './committed-records.ts';
import { classify, kafkaError, protocolType } from './kafka-failure.ts';
import type { FetchedRecord, KafkaClient } from './kafkajs-patches.ts';
import { accessPartition, type PartitionAccess } from './partition-access.ts';

export interface KafkaStateReaderOptions {
  readonly stateTopic: string;
  /** At most this much in one answer; 256 KiB unless told. Twice as much is in memory for each partition that is read. */
  readonly fetchBytes?: number | undefined;
  /** Without progress for so long a restore is given up; 30 s unless told. */
  readonly stallMs?: number | undefined;
}

export interface KafkaStateReader {
  /** A record's value is a slice of a whole answer: copy what is kept. */
  restore(
    shard: number,
    onRecord: (record: StateRecord) => void,
    signal: AbortSignal,
  ): Promise<{ readonly records: number; readonly bytes: number }>;
}

/** kafkajs decodes an answer in one go: a larger one would hold the event loop for too long. */
const FETCH_BYTES = 256 * 1024;
/** So many partitions are read at a time, however many are asked for (P8). */
const AT_A_TIME = 2;
/** Between two turns of the event loop records are taken for so long. */
const TURN_MS = 10;
const STALL_MS = 30_000;
const FETCH_WAIT_MS = 500;
const RETRY_MS = 200;

/**
 * Reads one partition of the state topic from its first offset to the high watermark of the moment.
 *
 * After fencing the only writer nothing is open below that mark, so all of it becomes readable.
 *
 * @throws {WorkerError} transient `state.unavailable`, `state.stalled`; config `state.refused`, `state.topic_missing`
 */
export function createKafkaStateReader(kafka: KafkaClient, options: KafkaStateReaderOptions): KafkaStateReader {
  const { stateTopic, fetchBytes = FETCH_BYTES, stallMs = STALL_MS } = options;
  const places = createPlaces(AT_A_TIME);
  return {
    async restore(shard, onRecord, signal) {
      signal.throwIfAborted();
      const leave = await places.enter(signal);
      const partition = accessPartition(kafka, stateTopic, shard);
      try {
        const refused = new Map<string, WorkerError>();
        const read = { stateTopic, shard, fetchBytes, stallMs, onRecord, refused, signal };
        return await readToEnd(partition, read);
      } finally {
        leave();
        partition.disconnect().catch(() => undefined);
      }
    },
  };
}

interface Read {
  readonly stateTopic: string;
  readonly shard: number;
  readonly fetchBytes: number;
  readonly stallMs: number;
  readonly onRecord: (record: StateRecord) => void;
  readonly refused: Map<string, WorkerError>;
  readonly signal: AbortSignal;
}

async function readToEnd(partition: PartitionAccess, read: Read): Promise<{ records: number; bytes: number }> {
  await patiently(partition, read, () => partition.connect());
  const { low, high } = await patiently(partition, read, () => partition.bounds());
  const fetchFrom = (position: number) =>
    patiently(partition, read, () => partition.fetch(position, read.fetchBytes, FETCH_WAIT_MS));
  const stats = { records: 0, bytes: 0 };
  let position = low;
  let movedAtMs = performance.now();
  let answer = position < high ? fetchFrom(position) : undefined;
  while (answer !== undefined) {
    const fetched = await answer;
    const messages = fetched?.messages ?? [];
    const next = Math.max(position, positionAfter(messages));
    if (next > position) movedAtMs = performance.now();
    else if (performance.now() - movedAtMs > read.stallMs) throw stalled(read, position, high);
    // The next answer is on its way while this one is read: one ahead, never more (P8).
    answer = next < high ? fetchFrom(next) : undefined;
    answer?.catch(() => undefined);
    await deliver(committedRecords(messages, fetched?.abortedTransactions ?? []), position, high, read, stats);
    position = next;
  }
  for (const error of read.refused.values()) throw error;
  return stats;
}

function positionAfter(messages: readonly FetchedRecord[]): number {
  const last = messages.at(-1);
  return last === undefined ? -1 : Number(last.offset) + 1;
}

/** An answer begins with the batch that holds the position, hence with records from before it. */
async function deliver(
  committed: Iterable<FetchedRecord>,
  position: number,
  high: number,
  read: Read,
  stats: { records: number; bytes: number },
): Promise<void> {
  let turnEndsAt = performance.now() + TURN_MS;
  for (const { offset, key, value } of committed) {
    const at = Number(offset);
    if (at < position || at >= high || key === null) continue;
    stats.records += 1;
    stats.bytes += key.length + (value?.length ?? 0);
    apply(read, offset, { key: key.toString(), value });
    if (performance.now() < turnEndsAt) continue;
    await nextTurn();
    read.signal.throwIfAborted();
    turnEndsAt = performance.now() + TURN_MS;
  }
  await nextTurn();
}

/** What is refused counts only where nothing later comes under its key: it is named then by where it lies. */
function apply({ onRecord, stateTopic, shard, refused }: Read, offset: string, record: StateRecord): void {
  try {
    onRecord(record);
    if (refused.size > 0) refused.delete(record.key);
  } catch (thrown) {
    if (!(thrown instanceof WorkerError)) throw thrown;
    const { kind, code, message, hint, cause } = thrown;
    const where = `${stateTopic}, partition ${shard}, offset ${offset}`;
    refused.set(record.key, new WorkerError(kind, code, `${message} (${where})`, { cause, hint }));
  }
}

/** Who enters waits until fewer than so many are inside, and must leave. */
function createPlaces(count: number): { enter(signal: AbortSignal): Promise<() => void> } {
  let free = count;
  const waiting = new Set<() => void>();
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) free += 1;
    else next();
  };
  return {
    async enter(signal) {
      if (free > 0) free -= 1;
      else await inLine(waiting, signal);
      return leave;
    },
  };
}

function inLine(waiting: Set<() => void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void): void => {
      waiting.delete(enter);
      signal.removeEventListener('abort', giveUp);
      settle();
    };
    const enter = () => done(resolve);
    const giveUp = () => done(() => reject(signal.reason));
    waiting.add(enter);
    signal.addEventListener('abort', giveUp, { once: true });
  });
}

/** Tries again, with what is known of the cluster renewed, until it works or too long has passed. */
async function patiently<T>(partition: PartitionAccess, read: Read, attempt: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + read.stallMs;
  for (;;) {
    try {
      return await orAborted(attempt(), read.signal);
    } catch (error) {
      read.signal.throwIfAborted();
      if (classify(error) === 'refused' || performance.now() > untilMs) throw givenUp(read, error);
      await pause(RETRY_MS, read.signal);
      await orAborted(partition.refresh(error), read.signal).catch(() => undefined);
      read.signal.throwIfAborted();
    }
  }
}

function givenUp({ stateTopic, shard }: Read, cause: unknown): WorkerError {
  if (protocolType(cause) !== 'UNKNOWN_TOPIC_OR_PARTITION') {
    return kafkaError('state', `the state of shard ${shard} could not be read`, cause);
  }
  const message = `the state topic ${stateTopic} has no partition ${shard}`;
  const hint = 'The topic must exist with one partition a shard before the worker starts.';
  return new WorkerError('config', 'state.topic_missing', message, { cause, hint });
}

function stalled({ shard, stallMs }: Read, position: number, high: number): WorkerError {
  const message = `reading the state of shard ${shard} stands at ${position} of ${high} for ${stallMs} ms`;
  const hint =
    'It is tried again. Where it goes on for long, a transaction hangs in this topic: kafka-transactions.sh find-hanging.';
  return new WorkerError('transient', 'state.stalled', message, { hint });
}
