import { WorkerError } from '../core/errors.ts';
import { orAborted, pause } from './aborting.ts';
import { type Heartbeats, heartbeats } from './heartbeats.ts';
import { kafkaError } from './kafka-failure.ts';
import { type Consumer, coordinatorFailure, type KafkaClient } from './kafkajs-patches.ts';
import { stickyAssigner } from './sticky-assigner.ts';

export interface ShardMembership {
  run(onShards: (shards: ReadonlySet<number>) => void, signal: AbortSignal): Promise<void>;
  mayCommit(): boolean;
  nextHeartbeat(signal: AbortSignal): Promise<void>;
}

export interface GroupMembershipOptions {
  readonly groupId: string;
  readonly stateTopic: string;
  readonly shards: number;
  /** Stable across restarts (a host or pod name): a worker that comes back gets its shards back. */
  readonly worker: string;
  readonly sessionTimeoutMs?: number | undefined;
  readonly heartbeatIntervalMs?: number | undefined;
  readonly rebalanceTimeoutMs?: number | undefined;
  /** Told when the group was lost and is joined again. */
  readonly onTrouble?: ((error: WorkerError) => void) | undefined;
}

interface Timing {
  readonly sessionTimeout: number;
  readonly heartbeatInterval: number;
  readonly rebalanceTimeout: number;
}

/** Longest sleep of a consumer that fetches nothing: heartbeats are sent between its sleeps. */
const MAX_SLEEP_MS = 500;
const REJOIN_MS = { first: 500, most: 5_000 };
/** A join that is under way cannot be broken off; then leaving goes on behind our back. */
const LEAVE_WITHIN_MS = 10_000;

/**
 * Shares the shards among the workers: one consumer group over the state topic, of which nothing is ever fetched.
 *
 * @throws {WorkerError} config `membership.bad_timing`
 */
export function createGroupMembership(kafka: KafkaClient, options: GroupMembershipOptions): ShardMembership {
  const timing: Timing = {
    sessionTimeout: options.sessionTimeoutMs ?? 30_000,
    heartbeatInterval: options.heartbeatIntervalMs ?? 3_000,
    rebalanceTimeout: options.rebalanceTimeoutMs ?? 60_000,
  };
  checkTiming(timing);
  const signs = heartbeats(timing.sessionTimeout);
  const owned: Ownership = { shards: new Set(), generation: 0 };
  return {
    async run(onShards, signal) {
      let delayMs = REJOIN_MS.first;
      while (!signal.aborted) {
        const beganMs = performance.now();
        const failure = await takePart(kafka, { options, timing, signs, owned, onShards, signal });
        signs.left();
        if (failure === undefined) return;
        if (failure.kind !== 'transient') throw failure;
        options.onTrouble?.(failure);
        if (performance.now() - beganMs > REJOIN_MS.most) delayMs = REJOIN_MS.first;
        await pause(delayMs, signal);
        delayMs = Math.min(delayMs * 2, REJOIN_MS.most);
      }
    },
    mayCommit: () => signs.fresh(),
    nextHeartbeat: (signal) => signs.next(signal),
  };
}

function checkTiming({ sessionTimeout, heartbeatInterval, rebalanceTimeout }: Timing): void {
  if (heartbeatInterval > 0 && heartbeatInterval * 2 <= sessionTimeout && rebalanceTimeout >= sessionTimeout) return;
  const message = `heartbeat ${heartbeatInterval} ms, session ${sessionTimeout} ms, rebalance ${rebalanceTimeout} ms`;
  throw new WorkerError('config', 'membership.bad_timing', message, {
    hint: 'A session must last at least two heartbeats, and a rebalance at least one session.',
  });
}

interface Ownership {
  shards: Set<number>;
  generation: number;
}

interface Part {
  readonly options: GroupMembershipOptions;
  readonly timing: Timing;
  readonly signs: Heartbeats;
  readonly owned: Ownership;
  readonly onShards: (shards: ReadonlySet<number>) => void;
  readonly signal: AbortSignal;
}

/**
 * One consumer's life. kafkajs's own restart after a crash cannot be stopped while it joins, so each life has its own.
 *
 * @returns undefined once the signal aborts, else why it ended
 */
async function takePart(kafka: KafkaClient, part: Part): Promise<WorkerError | undefined> {
  const { options, timing, owned, signal } = part;
  const { groupId, stateTopic: topic, shards, worker } = options;
  const self = () => ({ worker, shards: [...owned.shards], generation: owned.generation });
  const consumer = kafka.consumer({
    groupId,
    partitionAssigners: [stickyAssigner({ topic, shards, self })],
    ...timing,
    maxWaitTimeInMs: Math.min(MAX_SLEEP_MS, timing.heartbeatInterval),
    allowAutoTopicCreation: false,
    retry: { retries: 50, maxRetryTime: 2_000, restartOnFailure: async () => false },
  });
  const { promise: ended, resolve: end } = Promise.withResolvers<WorkerError | undefined>();
  const onAbort = () => end(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  listen(consumer, part, (error) => end(error));
  const joining = join(consumer, topic, signal).catch((error: unknown) => end(lost(groupId, error)));
  const failure = await ended;
  signal.removeEventListener('abort', onAbort);
  const gone = joining.then(() => consumer.disconnect()).catch(() => undefined);
  const left = new AbortController();
  await Promise.race([gone, pause(LEAVE_WITHIN_MS, left.signal)]);
  left.abort();
  return failure;
}

/** Nobody waits for a member that has not asked to join yet: an attempt to connect is only forgotten. */
async function join(consumer: Consumer, topic: string, signal: AbortSignal): Promise<void> {
  await orAborted(consumer.connect(), signal);
  // biome-ignore lint/plugin: kafkajs's word for choosing topics, not RxJS's.
  await orAborted(consumer.subscribe({ topics: [topic] }), signal);
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
}

/** GROUP_JOIN alone says what is owned: REBALANCING does not come where the member had been expelled. */
function listen(consumer: Consumer, { options, signs, owned, onShards, signal }: Part, end: (e: WorkerError) => void) {
  const { GROUP_JOIN, HEARTBEAT, REBALANCING, CRASH } = consumer.events;
  consumer.on(GROUP_JOIN, ({ payload }) => {
    consumer.pause([{ topic: options.stateTopic }]);
    if (signal.aborted) return;
    owned.shards = new Set(payload.memberAssignment[options.stateTopic] ?? []);
    signs.joined();
    onShards(new Set(owned.shards));
  });
  consumer.on(HEARTBEAT, ({ payload }) => {
    owned.generation = payload.groupGenerationId;
    signs.beat();
  });
  consumer.on(REBALANCING, () => signs.left());
  consumer.on(CRASH, ({ payload }) => {
    signs.left();
    end(lost(options.groupId, payload.error));
  });
}

function lost(groupId: string, error: unknown): WorkerError {
  return kafkaError('membership', 'the group of workers was lost', coordinatorFailure(groupId, error));
}
