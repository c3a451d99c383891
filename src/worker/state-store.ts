import type { Config } from '../config/config.ts';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { StateItem } from '../core/state.ts';
import { decodeState } from '../core/state-codec.ts';
import { createKafkaClient } from '../kafka/client.ts';
import { groupMembers } from '../kafka/group-members.ts';
import { someBrokerListens } from '../kafka/reach.ts';
import { createKafkaStateReader } from '../kafka/state-reader.ts';
import { ensureTopics, stateTopic } from '../kafka/topics.ts';
import { createKafkaSink } from '../kafka/transactional-sink.ts';
import type { StateReader, TransactionalSink } from '../pipeline/ports.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openLocal } from './local-sinks.ts';
import { kafkaOptions } from './secure.ts';
import { groupIdOf, stateTopicName } from './sinks.ts';

/** The state as it lies there, for a person who looks at it or drops a part of it. */
export interface StateStore {
  readonly where: string;
  readonly shards: number;
  /** Workers of the group; those with fixed shards are not seen. */
  readonly members: number;
  /** The last record of each key of a shard that was not removed. */
  read(shard: number, signal: AbortSignal): Promise<readonly StoredRecord[]>;
  /** Removes keys, in transactions of the shard's own writer: whoever else has the shard is fenced. */
  drop(shard: number, keys: readonly string[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface StoredRecord {
  readonly key: string;
  /** What it says, or why that cannot be read. */
  readonly item: StateItem | WorkerError;
  /** Named by the key, also of a record that cannot be read. */
  readonly source: string | undefined;
  readonly bytes: number;
}

export interface StoreOptions {
  readonly config: Config;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** @throws {WorkerError} transient `kafka.unavailable`; config `kafka.topic_missing` where there is no state yet, `local.state_locked` */
export async function openStateStore(options: StoreOptions): Promise<StateStore> {
  return options.config.sink === 'kafka' ? openKafkaStore(options) : openLocalStore(options);
}

async function openKafkaStore({ config, logger }: StoreOptions): Promise<StateStore> {
  await someBrokerListens(kafkaOptions(config));
  const kafka = createKafkaClient(kafkaOptions(config), logger);
  const { shards, transactionTimeoutMs } = config.kafka;
  const topic = stateTopicName(config.app);
  const partitions = await ensureTopics(kafka, [stateTopic(topic, shards)], { create: false, warn: () => undefined });
  const members = await groupMembers(kafka, groupIdOf(config.app));
  const sink = createKafkaSink(kafka, { app: config.app, stateTopic: topic, partitions, transactionTimeoutMs });
  // Without a fence a crashed worker's transaction holds readers up until the broker ends it.
  const reader = createKafkaStateReader(kafka, { stateTopic: topic, stallMs: transactionTimeoutMs + 15_000 });
  return storeOf({ where: `topic ${topic}`, shards, members }, sink, reader, () => sink.close());
}

async function openLocalStore({ config, logger, signal }: StoreOptions): Promise<StateStore> {
  const { sink, reader, close } = await openLocal({ config, logger, signal, once: true, out: () => undefined });
  const where = `${config.file.directory}/${config.app}.${config.sink}.state`;
  return storeOf({ where, shards: config.kafka.shards, members: 0 }, sink, reader, close);
}

/** Keys removed in one transaction. */
const CHUNK = 5_000;

function storeOf(
  about: Pick<StateStore, 'where' | 'shards' | 'members'>,
  sink: TransactionalSink,
  reader: StateReader,
  close: () => Promise<void>,
): StateStore {
  return {
    ...about,
    async read(shard, signal) {
      const values = new Map<string, Uint8Array>();
      const take = (key: string, value: Uint8Array | null) =>
        void (value === null ? values.delete(key) : values.set(key, new Uint8Array(value)));
      await reader.restore(shard, ({ key, value }) => take(key, value), signal);
      return [...values].map(([key, value]) => storedRecord(key, value));
    },
    async drop(shard, keys, signal) {
      const writer = await sink.fence(shard, signal);
      for (let from = 0; from < keys.length; from += CHUNK) {
        const state = keys.slice(from, from + CHUNK).map((key) => ({ key, value: null }));
        await writer.commit({ records: [], state });
      }
      await writer.close();
    },
    close,
  };
}

function storedRecord(key: string, value: Uint8Array): StoredRecord {
  return { key, item: itemOf(key, value), source: sourceOf(key), bytes: key.length + value.length };
}

function itemOf(key: string, value: Uint8Array): StoredRecord['item'] {
  try {
    return decodeState(key, value);
  } catch (thrown) {
    return toWorkerError(thrown);
  }
}

/** Kinds of keys whose second part is the source. */
const OF_SOURCES = ['e', 'c', 'x', 'd'];

function sourceOf(key: string): string | undefined {
  try {
    const [kind, source] = JSON.parse(key) as unknown[];
    return OF_SOURCES.includes(String(kind)) && typeof source === 'string' ? source : undefined;
  } catch {
    return undefined;
  }
}

/** Written by another version, or by none. */
export function damageOf({ item }: StoredRecord): WorkerError | undefined {
  return item instanceof WorkerError ? item : undefined;
}
