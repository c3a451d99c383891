import { WorkerError } from '../core/errors.ts';

/** What went wrong at Kafka, told apart by what must be done; by type and class, never by message text. */
export type KafkaFailure = 'fenced' | 'refused' | 'lost' | 'other';

/** A newer producer has our id. Code 90 (PRODUCER_FENCED) is unknown to kafkajs, hence the second one. */
const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'KAFKAJS_UNKNOWN_ERROR_CODE']);

/** The broker no longer knows the producer, or knows it otherwise: only a new one can go on. */
const LOST = new Set([
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
]);

const REFUSED = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TRANSACTION_TIMEOUT',
  'INVALID_RECORD',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_GROUP_ID',
  'INCONSISTENT_GROUP_PROTOCOL',
  'POLICY_VIOLATION',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_SASL_MECHANISM',
  'SECURITY_DISABLED',
]);

const REFUSED_CLASSES = new Set(['KafkaJSSASLAuthenticationError', 'KafkaJSServerDoesNotSupportApiKey']);

/** The protocol type of an error (`INVALID_PRODUCER_EPOCH`), through kafkajs's wrappers. */
export function protocolType(error: unknown): string | undefined {
  for (const each of chainOf(error)) if (typeof each.type === 'string') return each.type;
  return undefined;
}

export function classify(error: unknown): KafkaFailure {
  const isOurs = (each: ErrorLike) => each instanceof WorkerError && each.kind === 'config';
  if (chainOf(error).some((each) => isOurs(each) || REFUSED_CLASSES.has(each.name ?? ''))) return 'refused';
  const type = protocolType(error) ?? '';
  if (FENCED.has(type)) return 'fenced';
  if (LOST.has(type)) return 'lost';
  return REFUSED.has(type) ? 'refused' : 'other';
}

/** A failure outside a transaction: `<scope>.refused` where trying again cannot help, else `<scope>.unavailable`. */
export function kafkaError(scope: string, doing: string, cause: unknown): WorkerError {
  const message = `${doing}: ${messageOf(cause)}`;
  if (classify(cause) !== 'refused') return new WorkerError('transient', `${scope}.unavailable`, message, { cause });
  const hint = 'Check the rights of this user at the brokers, and the brokers’ limits.';
  return new WorkerError('config', `${scope}.refused`, message, { cause, hint });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

interface ErrorLike {
  readonly name?: string;
  readonly type?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** The error, then its causes; of an aggregate, its parts. */
function chainOf(error: unknown): ErrorLike[] {
  const chain: ErrorLike[] = [];
  const queue: unknown[] = [error];
  while (queue.length > 0 && chain.length < 20) {
    const next = queue.shift();
    if (typeof next !== 'object' || next === null) continue;
    const like = next as ErrorLike;
    chain.push(like);
    queue.push(like.cause, ...(Array.isArray(like.errors) ? like.errors : []));
  }
  return chain;
}
