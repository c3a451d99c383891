import { hostname } from 'node:os';
import { defer, firstValueFrom, fromEvent, race, retry, switchMap, throwError, timer } from 'rxjs';
import { createRegistry, type SchemaRegistry } from '../avro/registry.ts';
import type { Config } from '../config/config.ts';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import { type Acl, neededAcls } from '../kafka/acls.ts';
import { brokerLimits } from '../kafka/broker-limits.ts';
import { createKafkaClient } from '../kafka/client.ts';
import type { KafkaClient } from '../kafka/kafkajs-patches.ts';
import { createGroupMembership } from '../kafka/membership.ts';
import { someBrokerListens } from '../kafka/reach.ts';
import { createKafkaStateReader } from '../kafka/state-reader.ts';
import { createStaticMembership, parseShards } from '../kafka/static-membership.ts';
import { deadLetterTopic, ensureTopics, entityTopic, stateTopic, type TopicPlan } from '../kafka/topics.ts';
import { createKafkaSink } from '../kafka/transactional-sink.ts';
import type { Membership, StateReader, TransactionalSink } from '../pipeline/ports.ts';
import { abortable, backoffMs } from '../pipeline/retry.ts';
import type { Logger } from '../telemetry/logger.ts';
import { openLocal } from './local-sinks.ts';
import { kafkaOptions, registryOptions } from './secure.ts';
import type { WireOptions } from './wire.ts';

/** Where changes go, where state comes back from, and who owns what. */
export interface Target {
  readonly sink: TransactionalSink;
  readonly reader: StateReader;
  readonly membership: Membership;
  readonly registry: SchemaRegistry;
  /** Bytes that one message of a topic may have; undefined: as many as it likes. */
  readonly messageBytes?: ReadonlyMap<string, number> | undefined;
  readonly close: () => Promise<void>;
}

/** Without one broker for so long at the start, the process ends and lets its supervisor decide. */
const REACH_WITHIN_MS = { always: 120_000, once: 10_000 };
const REACH = { firstMs: 500, maxMs: 10_000 };

export function openSink(options: WireOptions): Promise<Target> {
  return options.config.sink === 'kafka' ? openKafka(options) : openLocal(options);
}

async function openKafka({ config, access, logger, once, signal }: WireOptions): Promise<Target> {
  const kafka = createKafkaClient(kafkaOptions(config, access), logger.child({ component: 'kafka' }));
  const state = stateTopicName(config.app);
  const within = once ? REACH_WITHIN_MS.once : REACH_WITHIN_MS.always;
  const check = async () => {
    const partitions = await topicsOf(kafka, config, state, logger);
    return { partitions, limits: await brokerLimits(kafka, partitions.keys()) };
  };
  const { partitions, limits } = await reach(check, within, config, logger, signal);
  const sink = createKafkaSink(kafka, {
    app: config.app,
    stateTopic: state,
    partitions,
    limits,
    transactionTimeoutMs: config.kafka.transactionTimeoutMs,
  });
  return {
    sink,
    messageBytes: withinState(limits.messageBytes, state),
    reader: createKafkaStateReader(kafka, { stateTopic: state }),
    membership: membershipOf(kafka, config, state, logger),
    registry: createRegistry({ ...registryOptions(config, access), log: logger.child({ component: 'registry' }) }),
    close: () => sink.close(),
  };
}

/** What is published is kept in the state as well. */
function withinState(limits: ReadonlyMap<string, number>, state: string): ReadonlyMap<string, number> {
  const most = limits.get(state) ?? Number.POSITIVE_INFINITY;
  return new Map([...limits].map(([topic, limit]) => [topic, Math.min(limit, most)]));
}

export function stateTopicName(app: string): string {
  return `__clockify-kafka.${app}.state`;
}

export function groupIdOf(app: string): string {
  return `clockify-kafka.${app}`;
}

/** Every right that this configuration needs at the brokers. */
export function aclsOf(config: Config): readonly Acl[] {
  const state = stateTopicName(config.app);
  return neededAcls({
    topics: topicPlans(config, state),
    stateTopic: state,
    groupId: config.kafka.staticShards === undefined ? groupIdOf(config.app) : undefined,
    transactionalIdPrefix: `${config.app}-`,
    create: config.topics.create,
  });
}

function topicsOf(
  kafka: KafkaClient,
  config: Config,
  state: string,
  logger: Logger,
): Promise<ReadonlyMap<string, number>> {
  const { create } = config.topics;
  const warn = (message: string) => logger.warn({ event: 'topic.unfit' }, message);
  return ensureTopics(kafka, topicPlans(config, state), { create, warn });
}

/** Every topic that is written to. */
export function topicPlans(config: Config, state: string): readonly TopicPlan[] {
  const { partitions, replicationFactor, deadLetters, ...times } = config.topics;
  const names = new Set(config.sources.map(({ topic }) => topic));
  const ofChanges = {
    'min.compaction.lag.ms': String(times.compactionLagMs),
    'delete.retention.ms': String(times.deleteRetentionMs),
  };
  const ofLetters = { 'retention.ms': String(times.deadLettersRetentionMs) };
  return [
    ...[...names].map((name) => entityTopic(name, { partitions, replicationFactor, config: ofChanges })),
    deadLetterTopic(deadLetters, { replicationFactor, config: ofLetters }),
    stateTopic(state, config.kafka.shards, { replicationFactor }),
  ];
}

function membershipOf(kafka: KafkaClient, config: Config, state: string, logger: Logger): Membership {
  const { shards, staticShards, sessionTimeoutMs, workerName } = config.kafka;
  if (staticShards !== undefined) return createStaticMembership(parseShards(staticShards, shards));
  return createGroupMembership(kafka, {
    groupId: groupIdOf(config.app),
    stateTopic: state,
    shards,
    worker: workerName ?? hostname(),
    sessionTimeoutMs,
    heartbeatIntervalMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 3)),
    rebalanceTimeoutMs: Math.max(60_000, sessionTimeoutMs),
    onTrouble: (error) => logger.warn({ event: 'group.lost', code: error.code }, error.message),
  });
}

/** Tries until it works, the signal aborts, or too long has passed. */
function reach<T>(
  attempt: () => Promise<T>,
  withinMs: number,
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<T> {
  const untilMs = performance.now() + withinMs;
  const { kafka } = config;
  const tellAndWait = (thrown: unknown, count: number) => {
    const error = toWorkerError(thrown);
    if (error.kind !== 'transient') return throwError(() => error);
    if (signal.aborted || performance.now() > untilMs) return throwError(() => unreachable(kafka.brokers, error));
    logger.warn(
      { event: 'kafka.unavailable', brokers: kafka.brokers, code: error.code },
      `Kafka cannot be reached at ${kafka.brokers.join(', ')}; trying again`,
    );
    return timer(500 + backoffMs(REACH, count, Math.random()));
  };
  const answering = async (): Promise<T> => {
    await someBrokerListens(kafkaOptions(config));
    return attempt();
  };
  const stopped$ = fromEvent(signal, 'abort').pipe(
    switchMap(() => throwError(() => unreachable(kafka.brokers, undefined))),
  );
  return firstValueFrom(race(stopped$, defer(() => abortable(answering)).pipe(retry({ delay: tellAndWait }))));
}

function unreachable(brokers: readonly string[], cause: WorkerError | undefined): WorkerError {
  return new WorkerError('transient', 'kafka.unavailable', `Kafka cannot be reached at ${brokers.join(', ')}`, {
    cause,
    hint: 'Check kafka.brokers, that a broker listens there, and whether it wants kafka.tls or kafka.sasl_mechanism; "--sink stdout" needs none.',
  });
}
