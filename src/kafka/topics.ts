import { WorkerError } from '../core/errors.ts';
import { kafkaError, messageOf, protocolType } from './kafka-failure.ts';
import { type Admin, ConfigResourceTypes, type KafkaClient } from './kafkajs-patches.ts';

/** A topic that must be there. */
export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  /** -1 or undefined: the broker's default. */
  readonly replicationFactor?: number | undefined;
  /** Used where it is made; of these only `cleanup.policy` is checked where it is there. */
  readonly config: Readonly<Record<string, string>>;
  /** True where another number of partitions would put what is written in the wrong place. */
  readonly exactPartitions: boolean;
}

export interface TopicOptions {
  readonly partitions?: number | undefined;
  readonly replicationFactor?: number | undefined;
  /** Over the defaults. */
  readonly config?: Readonly<Record<string, string>> | undefined;
}

const HOUR_MS = 3_600_000;
const WEEK_MS = 7 * 24 * HOUR_MS;
const MONTH_MS = 30 * 24 * HOUR_MS;

/** Changes of one resource: compacted, but an hour of every version and a week of every delete is kept for readers. */
export function entityTopic(name: string, options: TopicOptions = {}): TopicPlan {
  const config = {
    'cleanup.policy': 'compact',
    'min.compaction.lag.ms': String(HOUR_MS),
    'delete.retention.ms': String(WEEK_MS),
  };
  return plan(name, options.partitions ?? 3, false, options, config);
}

/** What could not be published: a month, in order. */
export function deadLetterTopic(name: string, options: TopicOptions = {}): TopicPlan {
  const config = { 'cleanup.policy': 'delete', 'retention.ms': String(MONTH_MS) };
  return plan(name, options.partitions ?? 1, false, options, config);
}

/** State, one shard a partition; small segments, so that the cleaner keeps a restore short. */
export function stateTopic(name: string, shards: number, options: Omit<TopicOptions, 'partitions'> = {}): TopicPlan {
  const config = {
    'cleanup.policy': 'compact',
    'segment.ms': String(HOUR_MS),
    'segment.bytes': String(64 * 1024 * 1024),
    'min.cleanable.dirty.ratio': '0.2',
    'delete.retention.ms': String(WEEK_MS),
  };
  return plan(name, shards, true, options, config);
}

/**
 * Makes what is missing and checks what is there; never alters a topic.
 *
 * @param create false: a missing topic is a `kafka.topic_missing`
 * @param warn told of a topic that will do but is not what it should be
 * @returns the number of partitions of each topic
 * @throws {WorkerError} config `kafka.topic_missing`, `kafka.topic_unfit`, `kafka.refused`; transient `kafka.unavailable`
 */
export async function ensureTopics(
  kafka: KafkaClient,
  plans: readonly TopicPlan[],
  { create, warn }: { readonly create: boolean; readonly warn: (message: string) => void },
): Promise<ReadonlyMap<string, number>> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const counts = new Map<string, number>();
    for (const each of plans) counts.set(each.name, await ensureTopic(admin, each, create, warn));
    return counts;
  } catch (error) {
    throw error instanceof WorkerError ? error : kafkaError('kafka', 'the topics could not be checked', error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

function plan(
  name: string,
  partitions: number,
  exactPartitions: boolean,
  options: TopicOptions,
  defaults: Readonly<Record<string, string>>,
): TopicPlan {
  const config = { ...defaults, ...options.config };
  return { name, partitions, exactPartitions, replicationFactor: options.replicationFactor, config };
}

async function ensureTopic(
  admin: Admin,
  planned: TopicPlan,
  create: boolean,
  warn: (message: string) => void,
): Promise<number> {
  const there = await partitionsOf(admin, planned.name);
  if (there === undefined && !create) throw missing(planned);
  const partitions = there ?? (await createTopic(admin, planned));
  checkPartitions(planned, partitions);
  await onceHeardOf(() => checkCleanup(admin, planned, warn));
  return partitions;
}

export async function partitionsOf(admin: Admin, topic: string): Promise<number | undefined> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const count = topics[0]?.partitions.length ?? 0;
    return count === 0 ? undefined : count;
  } catch (error) {
    if (protocolType(error) === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined;
    throw error;
  }
}

const HEARD_OF_WITHIN_MS = 15_000;
const ASKED_AGAIN_AFTER_MS = 50;
const UNHEARD_OF = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION']);

/**
 * The controller tells the brokers of a new topic in its own time: until then each of them says that there is none, and a
 * little later still that it does not lead it (observed 2026-11-27).
 */
async function onceHeardOf<T>(ask: () => Promise<T>): Promise<T> {
  const untilMs = performance.now() + HEARD_OF_WITHIN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!UNHEARD_OF.has(protocolType(error) ?? '') || performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, ASKED_AGAIN_AFTER_MS));
  }
}

/**
 * Makes the topic, and waits until its leaders know that they are.
 *
 * @returns the number of its partitions, which is another than planned where somebody else was faster
 */
export async function createTopic(admin: Admin, planned: TopicPlan): Promise<number> {
  const configEntries = Object.entries(planned.config).map(([name, value]) => ({ name, value }));
  const { name: topic, partitions: numPartitions, replicationFactor = -1 } = planned;
  try {
    const topics = [{ topic, numPartitions, replicationFactor, configEntries }];
    // Its own wait for leaders fails where they are not heard of yet.
    await admin.createTopics({ topics, timeout: 30_000, waitForLeaders: false });
  } catch (cause) {
    const type = protocolType(cause);
    if (type !== 'INVALID_REPLICATION_FACTOR' && type !== 'INVALID_CONFIG') throw cause;
    throw new WorkerError('config', 'kafka.topic_unfit', `${topic} could not be made: ${messageOf(cause)}`, {
      cause,
      hint: 'Set a replication factor and topic settings that these brokers take, or make the topic beforehand.',
    });
  }
  const offsets = await onceHeardOf(() => admin.fetchTopicOffsets(topic));
  return offsets.length;
}

function missing(planned: TopicPlan): WorkerError {
  const settings = Object.entries(planned.config).map(([name, value]) => ` --config ${name}=${value}`);
  const command = `kafka-topics.sh --create --topic ${planned.name} --partitions ${planned.partitions}${settings.join('')}`;
  return new WorkerError('config', 'kafka.topic_missing', `there is no topic ${planned.name}`, {
    hint: `Make it (${command}), or let the worker make topics.`,
  });
}

function checkPartitions({ name, partitions, exactPartitions }: TopicPlan, actual: number): void {
  if (!exactPartitions || actual === partitions) return;
  const message = `${name} has ${actual} partitions, ${partitions} are configured`;
  throw new WorkerError('config', 'kafka.topic_unfit', message, {
    hint: `Configure ${actual} shards; the number of a state topic’s partitions can never change.`,
  });
}

/** State that is deleted by age is lost state; a topic of changes that is not compacted still carries every change. */
async function checkCleanup(admin: Admin, planned: TopicPlan, warn: (message: string) => void): Promise<void> {
  const { name, exactPartitions } = planned;
  const wanted = planned.config['cleanup.policy'] ?? 'compact';
  const actual = await cleanupPolicy(admin, name);
  if (actual === undefined || actual === wanted) return;
  if (!exactPartitions && actual.split(',').includes(wanted)) return;
  const message = `${name} has cleanup.policy=${actual}, it should be ${wanted}`;
  if (!exactPartitions) {
    warn(message);
    return;
  }
  const hint = `kafka-configs.sh --alter --entity-type topics --entity-name ${name} --add-config cleanup.policy=${wanted}`;
  throw new WorkerError('config', 'kafka.topic_unfit', message, { hint });
}

/** Undefined where we may not ask. */
async function cleanupPolicy(admin: Admin, name: string): Promise<string | undefined> {
  const resource = { type: ConfigResourceTypes.TOPIC, name, configNames: ['cleanup.policy'] };
  try {
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    return resources[0]?.configEntries[0]?.configValue;
  } catch (error) {
    if (protocolType(error) === 'TOPIC_AUTHORIZATION_FAILED') return undefined;
    throw error;
  }
}
