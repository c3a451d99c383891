import { WorkerError } from '../core/errors.ts';
import { orAborted, pause } from './aborting.ts';
import { committedRecords } from './committed-records.ts';
import { kafkaError, protocolType } from './kafka-failure.ts';
import type { FetchedRecord, KafkaClient } from './kafkajs-patches.ts';
import { accessPartition, type PartitionAccess } from './partition-access.ts';

/** One committed record, as it lies in its partition. Key, value and headers are slices: copy what is kept. */
export interface TailedRecord extends Pick<FetchedRecord, 'key' | 'value'> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface TailOptions {
  readonly topic: string;
  readonly fromBeginning: boolean;
  /** Ends at what is there when it begins, instead of waiting for more. */
  readonly untilEnd: boolean;
}

const FETCH_BYTES = 4 * 1024 * 1024;
const FETCH_WAIT_MS = 500;
const RETRY_MS = 500;

/**
 * Reads a topic as a `read_committed` reader sees it, without a group: each partition in its own order, records of
 * different partitions as they come. `onRecord` may be awaited, and nothing is fetched meanwhile (P8).
 *
 * @throws {WorkerError} config `tail.topic_missing`, `tail.refused`; transient `tail.unavailable`
 */
export async function tailTopic(
  kafka: KafkaClient,
  options: TailOptions,
  onRecord: (record: TailedRecord) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const partitions = await partitionCount(kafka, options.topic);
  let turn: Promise<void> = Promise.resolve();
  const inTurn = (records: readonly TailedRecord[]): Promise<void> => {
    turn = turn.then(async () => {
      for (const record of records) await onRecord(record);
    });
    return turn;
  };
  // The first partition that fails ends all: whoever reads again would get the others twice.
  const failing = new AbortController();
  const either = AbortSignal.any([signal, failing.signal]);
  const tails = Array.from({ length: partitions }, (_, partition) =>
    tailPartition(kafka, options, partition, inTurn, either).catch((error: unknown) => {
      failing.abort();
      throw error;
    }),
  );
  const ends = await Promise.allSettled(tails);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

async function partitionCount(kafka: KafkaClient, topic: string): Promise<number> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.length ?? 0;
  } catch (error) {
    if (protocolType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') {
      throw new WorkerError('config', 'tail.topic_missing', `there is no topic ${topic}`, {
        hint: 'Check its name; the worker makes its topics at its first start.',
      });
    }
    throw kafkaError('tail', `the topic ${topic} cannot be read`, error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function tailPartition(
  kafka: KafkaClient,
  { topic, fromBeginning, untilEnd }: TailOptions,
  partition: number,
  deliver: (records: readonly TailedRecord[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const access = accessPartition(kafka, topic, partition);
  try {
    await orAborted(access.connect(), signal);
    const { low, high } = await orAborted(access.bounds(), signal);
    let position = fromBeginning ? low : high;
    while (!(signal.aborted || (untilEnd && position >= high))) {
      const { records, next } = await fetchPatiently(access, position, signal);
      await deliver(
        records.filter(({ offset }) => Number(offset) >= position).map((record) => tailed(topic, partition, record)),
      );
      position = Math.max(position, next);
    }
  } catch (error) {
    if (!signal.aborted) throw kafkaError('tail', `partition ${partition} of ${topic} cannot be read`, error);
  } finally {
    access.disconnect().catch(() => undefined);
  }
}

async function fetchPatiently(access: PartitionAccess, position: number, signal: AbortSignal) {
  try {
    const fetched = await orAborted(access.fetch(position, FETCH_BYTES, FETCH_WAIT_MS), signal);
    const messages = fetched?.messages ?? [];
    const last = messages.at(-1);
    const next = last === undefined ? position : Number(last.offset) + 1;
    return { records: committedRecords(messages, fetched?.abortedTransactions ?? []), next };
  } catch (error) {
    signal.throwIfAborted();
    await pause(RETRY_MS, signal);
    await access.refresh(error).catch(() => undefined);
    return { records: [], next: position };
  }
}

function tailed(topic: string, partition: number, record: FetchedRecord): TailedRecord {
  const { key, value, offset } = record;
  const { timestamp, headers } = record as FetchedRecord & {
    readonly timestamp: string;
    readonly headers: Readonly<Record<string, Buffer>>;
  };
  const texts = Object.entries(headers).map(([name, bytes]) => [name, bytes.toString()]);
  return {
    topic,
    partition,
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key,
    value,
    headers: Object.fromEntries(texts),
  };
}
