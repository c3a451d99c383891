import { createSyncDecoder } from '../../src/avro/decode.ts';
import { createLocalRegistry } from '../../src/avro/local-registry.ts';
import { processClock } from '../../src/clockify/budgets.ts';
import { templates } from '../../src/clockify/templates/catalogue.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { createKafkaStateReader } from '../../src/kafka/state-reader.ts';
import { ensureTopics } from '../../src/kafka/topics.ts';
import { createKafkaSink, type KafkaSink } from '../../src/kafka/transactional-sink.ts';
import type { Membership, OutRecord } from '../../src/pipeline/ports.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { judges } from '../../src/worker/judges.ts';
import { stateTopicName, topicPlans } from '../../src/worker/sinks.ts';
import { assemble } from '../../src/worker/wire.ts';
import { runWorker } from '../../src/worker/worker.ts';
import { foldLog, type ResourceName, readLog, verifyLog, verifyTruth } from './in-process-log.ts';

/**
 * Whole workers in this process on a real Kafka, each with a client and a membership of its own: wired as the real one,
 * but for the registry, which they share in memory.
 */

const SOURCES: readonly ResourceName[] = ['workspaces', 'users', 'projects', 'time-entries'];

export interface KafkaWorkersOptions {
  readonly simulator: Simulator;
  /** Names the topics, the group and the transactional ids. */
  readonly app: string;
  readonly shards: number;
  /** Between two sweeps of a slice, in seconds. */
  readonly everySeconds: number;
}

export interface KafkaWorker {
  readonly events: readonly WorkerEvent[];
  /** The shards that it was given last. */
  readonly owned: readonly number[];
  /** Of each restore the shard, in order. */
  readonly opened: readonly number[];
  /** Resolves when it has left in order; the same again if it was called before. */
  stop(): Promise<void>;
}

export interface KafkaWorkers {
  readonly config: Config;
  readonly stateTopic: string;
  /** Topics of changes, each of one partition. */
  readonly topics: readonly string[];
  /** Makes the topics that are missing; a sink of the same application. */
  sink(client: KafkaClient): Promise<KafkaSink>;
  start(client: KafkaClient, membership: Membership): Promise<KafkaWorker>;
  /** Holds what a reader has seen in the topics against the world as it is: nothing is missing, twice or out of order. */
  verify(records: readonly OutRecord[]): void;
}

export function kafkaWorkers(options: KafkaWorkersOptions): KafkaWorkers {
  const config = configOf(options);
  const stateTopic = stateTopicName(config.app);
  const registry = createLocalRegistry();
  const sink = async (client: KafkaClient) => {
    const plans = topicPlans(config, stateTopic);
    const partitions = await ensureTopics(client, plans, { create: true, warn: () => undefined });
    const { transactionTimeoutMs } = config.kafka;
    return createKafkaSink(client, { app: config.app, stateTopic, partitions, transactionTimeoutMs });
  };
  return {
    config,
    stateTopic,
    topics: config.sources.map(({ topic }) => topic),
    sink,
    async start(client, membership) {
      const reader = createKafkaStateReader(client, { stateTopic });
      const own = await sink(client);
      return run(config, { sink: own, reader, membership, registry, close: () => own.close() });
    },
    verify(records) {
      const decode = createSyncDecoder(registry.schemaOf, { instants: 'ms' });
      for (const { name, topic } of config.sources) {
        const log = readLog(records, topic, decode);
        verifyLog(log);
        verifyTruth(name as ResourceName, options.simulator, foldLog(log));
      }
    },
  };
}

/** Longer than kafkajs tries to send, and shorter than a test waits. */
const TRANSACTION_TIMEOUT = '20s';

function configOf({ simulator, app, shards, everySeconds }: KafkaWorkersOptions): Config {
  const sources = SOURCES.map(
    (name) => `{ name: ${name}, template: ${name}, credential: own, every: ${everySeconds}s }`,
  );
  const text = [
    `app: ${app}`,
    `credentials: { own: { api_key: ${simulator.apiKey}, base_url: ${simulator.url}, rate: 500/s } }`,
    `sources: [${sources.join(', ')}]`,
    `kafka: { shards: ${shards}, transaction_timeout: ${TRANSACTION_TIMEOUT} }`,
    `topics: { prefix: ${app}, partitions: 1 }`,
    `discovery: { every: ${everySeconds}s }`,
  ].join('\n');
  return loadConfig({ file: 'in-process.yaml', env: {}, templates, judges, readFile: () => text });
}

function run(config: Config, target: Parameters<typeof assemble>[1]): KafkaWorker {
  const events: WorkerEvent[] = [];
  const report = (event: WorkerEvent) => void events.push(event);
  const ambient = { now: Date.now, monotonic: () => performance.now(), random: Math.random };
  const parts = assemble({ config, once: false, report }, target, { ambient, clock: processClock });
  const leaving = new AbortController();
  const ended = runWorker(parts, leaving.signal).then(() => undefined);
  ended.catch(() => undefined);
  return {
    events,
    get owned() {
      return events.findLast((event) => event.type === 'shards-assigned')?.shards ?? [];
    },
    get opened() {
      return events.flatMap((event) => (event.type === 'shard-opened' ? [event.shard] : []));
    },
    stop() {
      leaving.abort();
      return ended;
    },
  };
}
