/**
 * kafkajs with its defects cured: the only file that imports it, and the only one that knows its inside.
 *
 * Out: the parts of kafkajs that the other files use, and a few things that its public face does not give.
 * - A reader of a compacted topic stops for ever at a batch that the cleaner has emptied, because kafkajs takes its
 *   next position from the last record and not from the batch (tulios/kafkajs#1072; observed on Kafka 4.4.0, 2026-11-25).
 * - A send to several brokers of which one fails is tried again while the others are still asked: they get their records
 *   twice (observed 2026-11-27).
 * - It asks brokers by chance, and gives up where the first one cannot be reached (observed 2026-11-27).
 * - A connection with nothing to do runs a timer of 1 ms for ever (tulios/kafkajs#1751): 2.8 % of a core for two of them.
 * - It measures by the wall clock: put back by an hour, a member sends no heartbeat for that hour, and a request without
 *   an answer does not end before (observed 2026-11-27).
 * Written against 2.2.4; anything else is refused at once.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Kafkajs from 'kafkajs';
import { type Ask, askAny, type BrokerPool } from './broker-pool.ts';
import { patchHeartbeat, patchRequestTimeouts, type TimedMember, type TimedQueue } from './kafkajs-clock.ts';
import { ProducerRequests } from './producer-requests.ts';
import { type BrokerLocks, endTogether } from './send-parts.ts';

const VERSION = '2.2.4';
const DECODER = 'kafkajs/src/protocol/recordBatch/v0/decoder';
const DECODER_USER = 'kafkajs/src/protocol/requests/fetch/v4/decodeMessages';
const REQUEST_QUEUE = 'kafkajs/src/network/requestQueue';
const BROKER_POOL = 'kafkajs/src/cluster/brokerPool';
const CONSUMER_GROUP = 'kafkajs/src/consumer/consumerGroup';
const TRANSACTIONS = 'kafkajs/src/producer/eosManager/index';
const SENDS = 'kafkajs/src/producer/sendMessages';
const SOURCES: Readonly<Record<string, string>> = {
  [DECODER]: '38cae7fc865f9bc51941353e1f6e9419227a8799ba4efb437199393a4eb94819',
  [CONSUMER_GROUP]: 'f3e461738585a8dc6574c647123a18afc732f81cdee4f9f7bb62e4aa1dffbfbb',
  [BROKER_POOL]: '9994863e891ac2ab243f27f941ef87893889f53d64aa580353fafbb8d11614c6',
  [TRANSACTIONS]: 'a74ae029d7aa786b8616b77f922d30a81bec2833878769dbfa6b4a9dab66db22',
  [SENDS]: '8a120e6993955e040a13014cccebd79b8d41e7355d6eda1065fa83fea2fbbcdb',
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
type NewTransactions = (options: { readonly transactional: boolean }) => BrokerLocks;

interface RequestQueue extends TimedQueue {
  scheduleCheckPendingRequests(): void;
  readonly pending: readonly unknown[];
  throttledUntil: number;
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
  replace<BatchDecoder>(DECODER, (decode) => async (bytes) => endBatch(await decode(bytes)));
}

/** Of a module that exports one function, for those that are loaded later. */
function replace<F>(module: string, by: (exported: F) => F): void {
  const exported = require(module) as F;
  const cached = require.cache[require.resolve(module)];
  if (cached === undefined) throw new Error(`kafkajs: ${module} is not in the module cache`);
  cached.exports = by(exported);
}

function patchIdleTimer(): void {
  const { prototype } = require(REQUEST_QUEUE) as { prototype: RequestQueue };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
}

function patchTransactions(): void {
  replace<NewTransactions>(TRANSACTIONS, (create) => (options) => {
    const transactions = create(options);
    if (options.transactional) endTogether(transactions);
    return transactions;
  });
}

function patchBrokerPool(): void {
  const { prototype } = require(BROKER_POOL) as { prototype: BrokerPool };
  const { withBroker } = prototype;
  prototype.withBroker = function <Answer>(this: BrokerPool, ask: Ask<Answer>) {
    if (Object.keys(this.brokers).length > 0) return askAny(this, ask);
    return withBroker.call(this, ask) as Promise<Answer | null>;
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
patchBrokerPool();
patchTransactions();
patchRequestTimeouts((require(REQUEST_QUEUE) as { prototype: TimedQueue }).prototype);
patchHeartbeat((require(CONSUMER_GROUP) as { prototype: TimedMember }).prototype);

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

type Authenticate = Extract<
  KafkaConfig['sasl'],
  { readonly authenticationProvider: unknown }
>['authenticationProvider'];

const AUTHENTICATORS = {
  plain: 'plain',
  'scram-sha-256': 'scram256',
  'scram-sha-512': 'scram512',
  oauthbearer: 'oauthBearer',
} as const;

/** kafkajs's own way to be let in, by what it takes for its secret: on its public face it takes that once for all. */
export function authenticatorOf(mechanism: keyof typeof AUTHENTICATORS): (secret: object) => Authenticate {
  return require(`kafkajs/src/broker/saslAuthenticator/${AUTHENTICATORS[mechanism]}`);
}

/** As if the broker could not be reached: the connection is given up, and tried again later. */
export function newConnectionError(message: string, broker: string): Error {
  return new kafkajs.KafkaJSConnectionError(message, { broker });
}

interface ProtocolErrors {
  readonly errorCodes: readonly { readonly type: string; readonly message: string }[];
}

/** The texts under which kafkajs logs these protocol errors: its log lines carry no code. */
export function logTextsOf(types: readonly string[]): string[] {
  const { errorCodes } = require('kafkajs/src/protocol/error') as ProtocolErrors;
  return errorCodes.filter(({ type }) => types.includes(type)).map(({ message }) => message);
}

interface ProduceRequest {
  readonly transactionalId?: string;
  readonly topicData: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number }[];
  }[];
}

interface ProducerBroker {
  produce(request: ProduceRequest): Promise<unknown>;
}

const requests = new Map<string, ProducerRequests>();
countRecords();

/** What was asked of the brokers for a transactional id. */
export function requestsOf(transactionalId: string): ProducerRequests {
  const known = requests.get(transactionalId) ?? new ProducerRequests();
  requests.set(transactionalId, known);
  return known;
}

/** Forgets a transactional id that is no longer used here. */
export function forgetRequests(transactionalId: string): void {
  requests.delete(transactionalId);
}

function countRecords(): void {
  const { prototype } = require('kafkajs/src/broker') as { prototype: ProducerBroker };
  const { produce } = prototype;
  if (typeof produce !== 'function') throw new Error('kafkajs: Broker.produce is not there');
  prototype.produce = function (request) {
    const send = () => produce.call(this, request);
    if (request.transactionalId === undefined) return send();
    return requestsOf(request.transactionalId).produce(request.topicData, send);
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
