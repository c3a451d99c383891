import type { Message } from './kafkajs-patches.ts';

export interface Addressed {
  readonly topic: string;
  readonly message: Message;
}

/** What one produce request carries. */
export type Batch = { readonly topic: string; readonly messages: Message[] }[];

/** kafkajs copies a list for each message of a partition: beyond 1,000 the square shows. */
const MAX_MESSAGES = 1_000;
/** Below the broker's default `message.max.bytes` of 1 MiB, were all of it for one partition. */
const MAX_BYTES = 900_000;
/** Of a record's own fields and its timestamp. */
const OVERHEAD_BYTES = 24;

/** Cuts messages into requests, grouped by topic; order is kept within a topic. A message too large for one goes alone. */
export function* batches(messages: readonly Addressed[]): Generator<Batch> {
  let current = new Map<string, Message[]>();
  let count = 0;
  let bytes = 0;
  for (const { topic, message } of messages) {
    const size = sizeOf(message);
    if (count > 0 && (count === MAX_MESSAGES || bytes + size > MAX_BYTES)) {
      yield grouped(current);
      current = new Map();
      count = 0;
      bytes = 0;
    }
    const list = current.get(topic);
    if (list === undefined) current.set(topic, [message]);
    else list.push(message);
    count += 1;
    bytes += size;
  }
  if (count > 0) yield grouped(current);
}

function grouped(byTopic: ReadonlyMap<string, Message[]>): Batch {
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}

function sizeOf({ key, value, headers }: Message): number {
  let size = OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const [name, text] of Object.entries(headers ?? {})) size += name.length + String(text).length + 2;
  return size;
}
