/**
 * kafkajs with its defects cured: the only file that imports it, and the only one that knows its inside.
 *
 * Out: the parts of kafkajs that the other files use, and a few things that its public face does not give.
 * - A reader of a compacted topic stops for ever at a batch that the cleaner has emptied, because kafkajs takes its
 *   next position from the last record and not from the batch (tulios/kafkajs#1072; observed on Kafka 4.4.0, 2026-11-25).
 * - A connection with nothing to do runs a timer of 1 ms for ever (tulios/kafkajs#1751): 2.8 % of a core for two of them.
 * Written against 2.2.4; anything else is refused at once.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Kafkajs from 'kafkajs';

const VERSION = '2.2.4';
const DECODER = 'kafkajs/src/protocol/recordBatch/v0/decoder';
const DECODER_USER = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages';
const REQUEST_QUEUE = 'kafkajs/src/network/requestQueue';
const SOURCES: Readonly<Record<string, string>> = {
  [DECODER]: '38cae7fc865f9bc51941353e1f6e9419227a8799ba4efb437199393a4eb94819',
  [REQUEST_QUEUE]: 'b55986089c14f8f7bfc377922e2e65b3e4c1e7c7af2752d3b10a75dfe9e9260c',
};

const require = createRequire(import.meta.url);

interface DecodedRecord {
  readonly offset: string;
}

/** A record as kafkajs decodes it: offsets are decimal strings, keys and values are slices of the whole answer. */
export interface FetchedRecord extends DecodedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
}

interface DecodedBatch {
  readonly firstOffset: string;
  readonly lastOffsetDelta: number;
  readonly records: DecodedRecord[];
}

type BatchDecoder = (bytes: unknown) => Promise<DecodedBatch>;

interface RequestQueue {
  scheduleCheckPendingRequests(): void;
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}

/**
 * A batch that ends where it says: where the cleaner took its last records, a control record stands at its last offset.
 * kafkajs skips control records and moves its position past them.
 *
 * @internal
 */
export function endBatch<T extends DecodedBatch>(batch: T): T {
  const lastOffset = String(BigInt(batch.firstOffset) + BigInt(batch.lastOffsetDelta));
  if (batch.records.at(-1)?.offset === lastOffset) return batch;
  const { records, ...batchContext } = batch;
  const end = { offset: lastOffset, key: null, value: null, headers: {}, isControlRecord: true, batchContext };
  return { ...batch, records: [...records, end] };
}

function patchDecoder(): void {
  const decode = require(DECODER) as BatchDecoder;
  const cached = require.cache[require.resolve(DECODER)];
  if (cached === undefined) throw new Error(`kafkajs: ${DECODER} is not in the module cache`);
  cached.exports = (async (bytes) => endBatch(await decode(bytes))) satisfies BatchDecoder;
}

function patchIdleTimer(): void {
  const { prototype } = require(REQUEST_QUEUE) as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}

/** Without this the patches could silently do nothing. */
function checkSources(): void {
  const { version } = require('kafkajs/package.json') as { version: string };
  if (version !== VERSION) throw new Error(`kafkajs ${VERSION} is needed, ${version} is installed`);
  if (require.cache[require.resolve(DECODER_USER)] !== undefined) {
    throw new Error('kafkajs was loaded before its patches: import it from kafkajs-patches.ts only');
  }
  for (const [module, expected] of Object.entries(SOURCES)) {
    const actual = createHash('sha256')
      .update(readFileSync(require.resolve(module)))
      .digest('hex');
    if (actual !== expected) throw new Error(`${module} is not the file that the patches were written for`);
  }
}

checkSources();
patchDecoder();
patchIdleTimer();

const kafkajs = require('kafkajs') as typeof Kafkajs;

export type KafkaClient = Kafkajs.Kafka;
export type KafkaConfig = Kafkajs.KafkaConfig;
export type Admin = Kafkajs.Admin;
export type Producer = Kafkajs.Producer;
export type ProducerTransaction = Kafkajs.Transaction;
export type Message = Kafkajs.Message;
export type Consumer = Kafkajs.Consumer;
export type PartitionAssigner = Kafkajs.PartitionAssigner;
export type LogEntry = Kafkajs.LogEntry;

export const newKafka = (config: KafkaConfig): KafkaClient => new kafkajs.Kafka(config);
export const { AssignerProtocol, ConfigResourceTypes, logLevel } = kafkajs;

interface ProtocolErrors {
  readonly errorCodes: readonly { readonly type: string; readonly message: string }[];
}

/** The texts under which kafkajs logs these protocol errors: its log lines carry no code. */
export function logTextsOf(types: readonly string[]): string[] {
  const { errorCodes } = require('kafkajs/src/protocol/error') as ProtocolErrors;
  return errorCodes.filter(({ type }) => types.includes(type)).map(({ message }) => message);
}

interface ProduceBroker {
  produce(request: { readonly transactionalId?: string }): Promise<unknown>;
}

const produces = new Map<string, number>();
countProduces();

/**
 * How many produce requests were begun for a transactional id. A failed send that began none has left nothing at the
 * broker; after any other the producer's sequence numbers can no longer be trusted, for kafkajs takes them back.
 */
export function producesOf(transactionalId: string): number {
  return produces.get(transactionalId) ?? 0;
}

/** Forgets the count of a transactional id that is no longer used here. */
export function forgetProduces(transactionalId: string): void {
  produces.delete(transactionalId);
}

function countProduces(): void {
  const { prototype } = require('kafkajs/src/broker') as { prototype: ProduceBroker };
  const { produce } = prototype;
  if (typeof produce !== 'function') throw new Error('kafkajs: Broker.produce is not there');
  prototype.produce = function (request) {
    const id = request.transactionalId;
    if (id !== undefined) produces.set(id, producesOf(id) + 1);
    return produce.call(this, request);
  };
}

interface CoordinatorBroker {
  findGroupCoordinator(request: { readonly groupId: string }): Promise<unknown>;
}

const refusals = new Map<string, unknown>();
keepRefusals();

/**
 * Why there was no coordinator for a group or transactional id. kafkajs forgets what the brokers answered and says
 * `KafkaJSGroupCoordinatorNotFound`, also where the answer was that we may not ask (observed 2026-11-25).
 */
export function coordinatorFailure(id: string, error: unknown): unknown {
  const reason = refusals.get(id);
  refusals.delete(id);
  return error instanceof kafkajs.KafkaJSGroupCoordinatorNotFound ? (reason ?? error) : error;
}

function keepRefusals(): void {
  const { prototype } = require('kafkajs/src/broker') as { prototype: CoordinatorBroker };
  const { findGroupCoordinator } = prototype;
  if (typeof findGroupCoordinator !== 'function') throw new Error('kafkajs: Broker.findGroupCoordinator is not there');
  prototype.findGroupCoordinator = async function (request) {
    try {
      const answer = await findGroupCoordinator.call(this, request);
      refusals.delete(request.groupId);
      return answer;
    } catch (error) {
      refusals.set(request.groupId, error);
      throw error;
    }
  };
}

interface RawPartition {
  readonly highWatermark: string;
  readonly abortedTransactions: readonly { readonly producerId: string; readonly firstOffset: string }[] | null;
  readonly messages: readonly FetchedRecord[];
}

interface RawBroker {
  listOffsets(request: object): Promise<{ responses: readonly { partitions: readonly { offset: string }[] }[] }>;
  fetch(request: object): Promise<{ responses: readonly { partitions: readonly RawPartition[] }[] }>;
}

/** kafkajs's own view of the brokers, as far as reading one partition needs it. */
interface RawCluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadata(): Promise<void>;
  findLeaderForPartitions(topic: string, partitions: readonly number[]): Readonly<Record<string, number[]>>;
  findBroker(node: { readonly nodeId: string }): Promise<RawBroker>;
  removeBroker(address: { readonly host: string; readonly port: number }): void;
}

/** One partition, read by position and without a consumer group. Its methods reject with kafkajs's errors. */
export interface PartitionAccess {
  connect(): Promise<void>;
  /** After a failure: forgets a broker whose connection is gone, and learns who leads now. */
  refresh(error: unknown): Promise<void>;
  /** First offset that is kept, and the high watermark; kafkajs's own `fetchTopicOffsets` gives the last stable offset. */
  bounds(): Promise<{ readonly low: number; readonly high: number }>;
  fetch(position: number, maxBytes: number, maxWaitMs: number): Promise<RawPartition | undefined>;
  disconnect(): Promise<void>;
}

const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const LATEST = '-1';
const EARLIEST = '-2';

/** kafkajs reads through groups only; an assigner is handed what it stands on, and the group is never joined. */
function clusterOf(kafka: KafkaClient): RawCluster {
  const captured: { cluster?: RawCluster } = {};
  const capture: PartitionAssigner = ({ cluster }) => {
    captured.cluster = cluster as unknown as RawCluster;
    return {
      name: 'none',
      version: 0,
      assign: async () => [],
      protocol: () => ({ name: 'none', metadata: Buffer.of() }),
    };
  };
  kafka.consumer({ groupId: 'never-joined', partitionAssigners: [capture], allowAutoTopicCreation: false });
  const { cluster } = captured;
  if (typeof cluster?.findBroker !== 'function') throw new Error('kafkajs: an assigner is not handed the cluster');
  return cluster;
}

/** See {@link PartitionAccess}. */
export function accessPartition(kafka: KafkaClient, topic: string, partition: number): PartitionAccess {
  const cluster = clusterOf(kafka);
  let connecting: Promise<void> = Promise.resolve();
  const connect = (): Promise<void> => {
    connecting = cluster.connect();
    return connecting;
  };
  const leader = async (): Promise<RawBroker> => {
    const nodeId = Object.keys(cluster.findLeaderForPartitions(topic, [partition]))[0];
    return cluster.findBroker({ nodeId: nodeId ?? '-1' });
  };
  const offset = async (broker: RawBroker, timestamp: string): Promise<number> => {
    const topics = [{ topic, partitions: [{ partition, timestamp }] }];
    const { responses } = await broker.listOffsets({ isolationLevel: READ_UNCOMMITTED, topics });
    return Number(responses[0]?.partitions[0]?.offset);
  };
  return {
    async connect() {
      await connect();
      await cluster.addTargetTopic(topic);
    },
    async refresh(error) {
      const { host, port } = error as { host?: string; port?: number };
      if (host !== undefined && port !== undefined) cluster.removeBroker({ host, port });
      await connect();
      await cluster.refreshMetadata();
    },
    async bounds() {
      const broker = await leader();
      return { low: await offset(broker, EARLIEST), high: await offset(broker, LATEST) };
    },
    async fetch(position, maxBytes, maxWaitTime) {
      const broker = await leader();
      const partitions = [{ partition, fetchOffset: String(position), maxBytes }];
      const limits = { isolationLevel: READ_COMMITTED, maxWaitTime, minBytes: 1, maxBytes };
      const { responses } = await broker.fetch({ ...limits, topics: [{ topic, partitions }] });
      return responses[0]?.partitions[0];
    },
    async disconnect() {
      // A connection that is being made would stay open.
      await connecting.catch(() => undefined);
      await cluster.disconnect();
    },
  };
}
