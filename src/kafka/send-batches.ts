import type { Message } from './kafkajs-patches.ts';

export interface Addressed {
  readonly topic: string;
  readonly message: Message;
}

/** What one produce request carries. */
export type Batch = { readonly topic: string; readonly messages: Message[] }[];

/** kafkajs copies a list for each message of a partition: beyond 1,000 the square shows. */
const MAX_MESSAGES = 1_000;
/** Of one request. */
const MAX_BYTES = 900_000;
/** Of a record's own fields and its timestamp, at most. */
const OVERHEAD_BYTES = 36;
/** Of the head of a batch, which counts against a topic's limit. */
const BATCH_HEAD_BYTES = 61;

/**
 * Cuts messages into requests, grouped by topic; order is kept within a topic. What a request holds for one topic is
 * within that topic's limit, were all of it for one partition. A message too large for that goes alone.
 *
 * @param limitOf bytes that a topic takes in one batch
 */
export function* batches(
  messages: readonly Addressed[],
  limitOf: (topic: string) => number = () => MAX_BYTES,
): Generator<Batch> {
  let open = emptyRequest();
  for (const { topic, message } of messages) {
    const size = sizeOf(message);
    const ofTopic = open.bytes.get(topic) ?? BATCH_HEAD_BYTES;
    const isFull = open.count === MAX_MESSAGES || open.total + size > MAX_BYTES || ofTopic + size > limitOf(topic);
    if (open.count > 0 && isFull) {
      yield grouped(open.byTopic);
      open = emptyRequest();
    }
    const list = open.byTopic.get(topic);
    if (list === undefined) open.byTopic.set(topic, [message]);
    else list.push(message);
    open.count += 1;
    open.total += size;
    open.bytes.set(topic, (open.bytes.get(topic) ?? BATCH_HEAD_BYTES) + size);
  }
  if (open.count > 0) yield grouped(open.byTopic);
}

function emptyRequest() {
  return { byTopic: new Map<string, Message[]>(), bytes: new Map<string, number>(), count: 0, total: 0 };
}

function grouped(byTopic: ReadonlyMap<string, Message[]>): Batch {
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
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
