/**
 * Kafka: what is written, what is read back, and who owns what.
 *
 * In: records and state records of one shard at a time, as bytes. Out: the same, visible at once or not at all, and the
 * shards of this worker. Keeps P1 and P2 (transactions, fencing), P3 (one partition a key) and P8 (nothing is queued).
 */
import type { SecureContextOptions } from 'node:tls';
import {
  type KafkaClient,
  type KafkaConfig,
  type LogEntry,
  logLevel,
  logTextsOf,
  newKafka,
} from './kafkajs-patches.ts';
import { type SaslOptions, saslOf } from './sasl.ts';
import { openSocket } from './socket.ts';

/** How to reach the brokers. */
export interface KafkaOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly connectionTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** Asked for each connection; undefined: connections are in clear text. */
  readonly tls?: (() => SecureContextOptions) | undefined;
  /** Asked for each connection; always of one mechanism. */
  readonly sasl?: (() => SaslOptions) | undefined;
}

/** Where kafkajs's log lines go; the shape of a pino logger. */
export interface KafkaLogger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Small first steps: back-to-back transactions meet one short retry each (12 ms a transaction instead of 45). */
const RETRY = { initialRetryTime: 10, multiplier: 2, maxRetryTime: 2_000, retries: 11 };
const KEEP_ALIVE_MS = 60_000;

/** Connects nothing yet. */
export function createKafkaClient(options: KafkaOptions, logger: KafkaLogger): KafkaClient {
  return newKafka({
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectionTimeoutMs,
    requestTimeout: options.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: RETRY,
    logLevel: logLevel.INFO,
    logCreator: () => logTo(logger),
    socketFactory: socketOpener(options.tls),
    ...(options.sasl === undefined ? {} : { sasl: saslOf(options.sasl, options.connectionTimeoutMs) }),
  });
}

/** As kafkajs does it, and without Nagle's delay, which kafkajs never switches off. */
function socketOpener(tls: KafkaOptions['tls']): NonNullable<KafkaConfig['socketFactory']> {
  return ({ host, port, onConnect }) => {
    const socket = openSocket(host, port, tls, onConnect);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.setNoDelay(true);
    return socket;
  };
}

/** Met in healthy operation and retried by kafkajs, which logs them as errors all the same. */
const NORMAL = logTextsOf([
  'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS',
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'REBALANCE_IN_PROGRESS',
  'MEMBER_ID_REQUIRED',
]);

/** The same line is a warning once in so long: an outage brings it a hundred times. */
const REPEATED_MS = 60_000;
const LINES_KEPT = 200;

/**
 * kafkajs says error where it will still try again; what it gives up on is thrown and logged by whoever catches it.
 * So its errors are warnings here, its news and its repetitions are for debugging.
 *
 * @internal
 */
export function logTo(logger: KafkaLogger): (entry: LogEntry) => void {
  const saidAtMs = new Map<string, number>();
  const isNew = (line: string): boolean => {
    const now = performance.now();
    const known = now - (saidAtMs.get(line) ?? Number.NEGATIVE_INFINITY) < REPEATED_MS;
    if (known) return false;
    if (saidAtMs.size >= LINES_KEPT) saidAtMs.clear();
    saidAtMs.set(line, now);
    return true;
  };
  return ({ namespace, level, log }) => {
    const { message, timestamp: _, logger: __, stack: ___, ...details } = log;
    const line = `kafkajs ${namespace}: ${message}`;
    const normal = NORMAL.some((text) => message.includes(text) || String(details.error).includes(text));
    if (normal || level > logLevel.WARN || !isNew(line)) logger.debug(details, line);
    else logger.warn(details, line);
  };
}
