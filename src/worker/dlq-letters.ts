import type { Config } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { WorkerError } from '../core/errors.ts';
import { shardFor } from '../core/murmur2.ts';
import type { KafkaClient } from '../kafka/kafkajs-patches.ts';
import { type TailedRecord, tailTopic } from '../kafka/topic-tail.ts';
import type { Params } from '../pipeline/ports.ts';
import { parametersOf } from './try-source.ts';

/** One record of the dead letter topic. */
export interface DeadLetterRecord {
  /** `<partition>:<offset>`: by which commands name it. */
  readonly ref: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestampMs: number;
  readonly source: string;
  readonly slice: string;
  readonly code: string;
  readonly message: string;
  /** Key of the entity as JSON, or the hash of the item where the key is the fault. */
  readonly id: string;
  readonly hash: string;
  readonly attempt: number;
  /** By which rules it was masked. */
  readonly mask: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** The raw item as JSON text. */
  readonly text: string;
}

export interface LetterFilter {
  readonly source?: string | undefined;
  readonly code?: string | undefined;
  /** Epoch ms. */
  readonly sinceMs?: number | undefined;
  readonly ref?: string | undefined;
}

/**
 * The dead letters of this deployment that pass a filter, one after the other as they lie in the topic.
 *
 * @throws {WorkerError} as `tailTopic`
 */
export async function readLetters(
  kafka: KafkaClient,
  config: Config,
  filter: LetterFilter,
  onLetter: (letter: DeadLetterRecord) => void | Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const options = { topic: config.topics.deadLetters, fromBeginning: true, untilEnd: true };
  const take = async (record: TailedRecord) => {
    const letter = record.headers[APP] === config.app ? letterOf(record) : undefined;
    if (letter !== undefined && passes(letter, filter)) await onLetter(letter);
  };
  await tailTopic(kafka, options, take, signal);
}

/** The slice's name is its source and its parameters, and `~rhythm` where it had one. */
export function paramsOf({ slice, source }: DeadLetterRecord, configured: SourceConfig): Params {
  const values = slice.slice(source.length + 1).split('/');
  const bound = values.filter((value) => value !== '' && !value.startsWith('~'));
  const names = parametersOf(configured);
  return Object.fromEntries(bound.slice(0, names.length).map((value, at) => [names[at] ?? '', value]));
}

/** Where the state of its entity is. */
export function shardOf(letter: DeadLetterRecord, { sources, kafka }: Config): number {
  const configured = sources.find(({ name }) => name === letter.source);
  const { workspace } = configured === undefined ? {} : paramsOf(letter, configured);
  return shardFor(workspace ?? configured?.credential ?? '', kafka.shards);
}

/** Kafka Connect's name for whoever wrote it. */
const APP = '__connect.errors.connector.name';

function passes(letter: DeadLetterRecord, { source, code, sinceMs, ref }: LetterFilter): boolean {
  if (source !== undefined && letter.source !== source) return false;
  if (code !== undefined && letter.code !== code) return false;
  if (ref !== undefined && letter.ref !== ref) return false;
  return sinceMs === undefined || letter.timestampMs >= sinceMs;
}

/** Undefined for what is no letter of ours. */
function letterOf({ partition, offset, timestampMs, key, value, headers }: TailedRecord): DeadLetterRecord | undefined {
  const { 'clockify.source': source, 'clockify.slice': slice, 'clockify.content_hash': hash } = headers;
  if (key === null || value === null || source === undefined || slice === undefined || hash === undefined) {
    return undefined;
  }
  return {
    ref: `${partition}:${offset}`,
    partition,
    offset,
    timestampMs,
    source,
    slice,
    code: headers['__connect.errors.exception.class.name'] ?? '',
    message: headers['__connect.errors.exception.message'] ?? '',
    id: key.toString(),
    hash,
    attempt: Number(headers['clockify.attempt'] ?? '1') || 1,
    mask: headers['clockify.mask'],
    headers,
    text: value.toString(),
  };
}

/** @throws {WorkerError} config `dlq.no_topic`: other sinks have no dead letter topic */
export function refuseWithoutKafka({ sink }: Config): void {
  if (sink === 'kafka') return;
  throw new WorkerError('config', 'dlq.no_topic', `the sink ${sink} has no dead letter topic`, {
    hint: 'Its dead letters stand between its changes, with the topic of the dead letters.',
  });
}
