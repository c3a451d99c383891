import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalRegistry } from '../avro/local-registry.ts';
import { createRegistry, type SchemaRegistry } from '../avro/registry.ts';
import type { Config } from '../config/config.ts';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { StateRecord } from '../core/state.ts';
import { createKafkaClient } from '../kafka/client.ts';
import { someBrokerListens } from '../kafka/reach.ts';
import { createKafkaStateReader } from '../kafka/state-reader.ts';
import { ensureTopics, stateTopic } from '../kafka/topics.ts';
import { bodyLength, decodeFrame, FRAME_HEAD } from '../local/frame.ts';
import { ShardState } from '../pipeline/shard-state.ts';
import type { Logger } from '../telemetry/logger.ts';
import { kafkaOptions, registryOptions } from './secure.ts';
import { stateTopicName } from './sinks.ts';

/** The real state and the real schemas, for reading only: no fence, no group, no lock, so that no worker notices. */
export interface RealState {
  read(shard: number, signal: AbortSignal): Promise<ShardState>;
  readonly registry: SchemaRegistry;
  /** Text of a schema that a codec was made with. */
  readonly schemaOf: (id: number) => string | undefined;
  /** What a person should know of the state as it was found. */
  readonly note: string | undefined;
}

/** @throws {WorkerError} transient `kafka.unavailable`, `state.*`; config `kafka.topic_unfit`, `local.state_unreadable` */
export function openRealState(config: Config, logger: Logger): Promise<RealState> {
  return config.sink === 'kafka' ? openKafkaState(config, logger) : openLocalState(config);
}

async function openKafkaState(config: Config, logger: Logger): Promise<RealState> {
  const { brokers, shards } = config.kafka;
  await someBrokerListens(kafkaOptions(config)).catch((cause: unknown) => {
    if (toWorkerError(cause).kind === 'config') throw cause;
    throw new WorkerError('transient', 'kafka.unavailable', `Kafka cannot be reached at ${brokers.join(', ')}`, {
      cause: toWorkerError(cause),
      hint: 'The state to compare with is in Kafka; with "--sink stdout" or "--sink file" it is in a file.',
    });
  });
  const kafka = createKafkaClient(kafkaOptions(config), logger);
  const topic = stateTopicName(config.app);
  const isThere = await ensureTopics(kafka, [stateTopic(topic, shards)], { create: false, warn: () => undefined }).then(
    () => true,
    (error: WorkerError) => {
      if (error.code !== 'kafka.topic_missing') throw error;
      return false;
    },
  );
  // Without a fence a crashed worker's transaction holds readers up until the broker ends it.
  const stallMs = config.kafka.transactionTimeoutMs + 15_000;
  const reader = createKafkaStateReader(kafka, { stateTopic: topic, stallMs });
  const read = async (shard: number, signal: AbortSignal) => {
    const state = new ShardState();
    if (isThere) await reader.restore(shard, (record) => state.apply(record), signal);
    return state;
  };
  const registry = createRegistry({ ...registryOptions(config), log: logger });
  const note = isThere ? undefined : `there is no state yet (topic ${topic}): everything is a first read`;
  return { read, note, ...lookedUp(registry, registry.register) };
}

async function openLocalState(config: Config): Promise<RealState> {
  const path = (kind: string) => join(config.file.directory, `${config.app}.${config.sink}.${kind}`);
  const bytes = await readFile(path('state')).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new WorkerError('config', 'local.state_unreadable', `${path('state')} cannot be read`, { cause: error });
  });
  const shards = new Map<number, StateRecord[]>();
  if (bytes !== undefined) readFrames(bytes, path('state'), shards);
  const read = async (shard: number) => {
    const state = new ShardState();
    for (const record of shards.get(shard) ?? []) state.apply(record);
    return state;
  };
  const note = bytes === undefined ? `there is no state yet (${path('state')}): everything is a first read` : undefined;
  return { read, note, ...lookedUp(createLocalRegistry({ file: path('schemas') })) };
}

const MAGIC = 'clockify-kafka state 1\n';

/** Every whole frame; what follows the last one was not committed when the file was read. */
function readFrames(bytes: Uint8Array, path: string, shards: Map<number, StateRecord[]>): void {
  if (Buffer.from(bytes.subarray(0, MAGIC.length)).toString() !== MAGIC) {
    throw new WorkerError('config', 'local.state_unreadable', `${path} is no state file of this version`);
  }
  let at = MAGIC.length;
  while (at + FRAME_HEAD <= bytes.length) {
    const head = bytes.subarray(at, at + FRAME_HEAD);
    const end = at + FRAME_HEAD + bodyLength(head);
    const frame = end > bytes.length ? undefined : decodeFrame(head, bytes.subarray(at + FRAME_HEAD, end));
    if (frame === undefined) return;
    shards.set(frame.shard, (shards.get(frame.shard) ?? []).concat(frame.state));
    at = end;
  }
}

/**
 * Nothing is registered: a schema that the registry does not have yet gets an id of this process alone. Without a way
 * to find one that is the id of every schema, as it is for the local sinks.
 */
function lookedUp(
  registry: SchemaRegistry,
  find?: SchemaRegistry['register'],
): Pick<RealState, 'registry' | 'schemaOf'> {
  const own = createLocalRegistry();
  const register: SchemaRegistry['register'] = async (subject, schema, options) => {
    const ownId = await own.register(subject, schema, options);
    const id = (await find?.(subject, schema, { ...options, autoRegister: false }).catch(unlessMissing)) ?? ownId;
    texts.set(id, schema);
    return id;
  };
  const texts = new Map<number, string>();
  return { registry: { ...registry, register }, schemaOf: (id) => texts.get(id) };
}

function unlessMissing(thrown: unknown): undefined {
  if (toWorkerError(thrown).code !== 'registry.not_registered') throw thrown;
}
