import type { Message } from './kafkajs-patches.ts';

export interface Addressed {
  readonly topic: string;
  readonly message: Message;
}

/** What one produce request carries. */
export type Batch = { readonly topic: string; readonly messages: Message[] }[];

/** kafkajs copies a list for each message of a partition: beyond 1,000 the square shows. */
const MAX_MESSAGES = 1_000;
/** Of one request, whatever the brokers take. */
const MAX_BYTES = 900_000;
/** Of a record's own fields and its timestamp, at most. */
const OVERHEAD_BYTES = 36;
/** Of the head of a batch, which counts against a topic's limit. */
const BATCH_HEAD_BYTES = 61;
/** Of a batch in its request: its head, its partition and its length. */
const PARTITION_BYTES = BATCH_HEAD_BYTES + 8;
/** Of the lengths of a topic's name and of its list of partitions. */
const TOPIC_BYTES = 6;

/** How large things may be, in bytes. */
interface Limits {
  /** Of a topic's batch in one request. */
  readonly ofTopic: (topic: string) => number;
  /** Of all batches of one request, with their heads. */
  readonly requestBytes: number;
}

const NO_LIMITS: Limits = { ofTopic: () => MAX_BYTES, requestBytes: MAX_BYTES };

/**
 * Cuts messages into requests, grouped by topic; order is kept within a topic. What a request holds for one topic is
 * within that topic's limit, were all of it for one partition, and all that it holds is within the brokers', were each
 * message for a partition of its own. A message too large for that goes alone.
 */
export function* batches(messages: readonly Addressed[], limits: Limits = NO_LIMITS): Generator<Batch> {
  let open = emptyRequest();
  for (const { topic, message } of messages) {
    const size = sizeOf(message);
    if (open.count > 0 && isFullFor(topic, size, open, limits)) {
      yield grouped(open);
      open = emptyRequest();
    }
    add(open, topic, message, size);
  }
  if (open.count > 0) yield grouped(open);
}

interface OpenRequest {
  readonly byTopic: Map<string, { readonly messages: Message[]; bytes: number }>;
  count: number;
  bytes: number;
}

function emptyRequest(): OpenRequest {
  return { byTopic: new Map(), count: 0, bytes: 0 };
}

function isFullFor(topic: string, size: number, { byTopic, count, bytes }: OpenRequest, limits: Limits): boolean {
  const ofTopic = byTopic.get(topic);
  const more = size + PARTITION_BYTES + (ofTopic === undefined ? headOf(topic) : 0);
  if (count === MAX_MESSAGES || bytes + more > Math.min(MAX_BYTES, limits.requestBytes)) return true;
  return (ofTopic?.bytes ?? BATCH_HEAD_BYTES) + size > limits.ofTopic(topic);
}

function add(open: OpenRequest, topic: string, message: Message, size: number): void {
  let ofTopic = open.byTopic.get(topic);
  if (ofTopic === undefined) {
    ofTopic = { messages: [], bytes: BATCH_HEAD_BYTES };
    open.byTopic.set(topic, ofTopic);
    open.bytes += headOf(topic);
  }
  ofTopic.messages.push(message);
  ofTopic.bytes += size;
  open.count += 1;
  open.bytes += size + PARTITION_BYTES;
}

const headOf = (topic: string): number => topic.length + TOPIC_BYTES;

function grouped({ byTopic }: OpenRequest): Batch {
  return [...byTopic].map(([topic, { messages }]) => ({ topic, messages }));
}

/** Of two lengths before a header's name and its text. */
const HEADER_BYTES = 6;

function sizeOf({ key, value, headers }: Message): number {
  let size = OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers ?? {})) {
    size += name.length + Buffer.byteLength(String(text)) + HEADER_BYTES;
  }
  return size;
}
