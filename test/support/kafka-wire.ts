/** Kafka's wire, as far as changing what passes needs it: requests as kafkajs writes them, and answers to them. */

export const METADATA = 3;
const PRODUCE = 0;
const INIT_PRODUCER_ID = 22;
const ADD_PARTITIONS_TO_TXN = 24;
const END_TXN = 26;

/** Where a request's own fields begin: behind its length, key, version, number and the name of the client. */
const bodyAt = (request: Buffer): number => 14 + Math.max(0, request.readInt16BE(12));

/** Reads on from a place in a frame. */
function cursor(frame: Buffer, from: number) {
  let at = from;
  const take = (bytes: number): number => {
    at += bytes;
    return at - bytes;
  };
  const int16 = () => frame.readInt16BE(take(2));
  const int32 = () => frame.readInt32BE(take(4));
  const text = () => {
    const bytes = Math.max(0, int16());
    return frame.toString('utf8', take(bytes), at);
  };
  const list = <T>(one: () => T): T[] => Array.from({ length: int32() }, one);
  return {
    int16,
    int32,
    text,
    list,
    skip: (bytes: number) => void take(bytes),
    get at() {
      return at;
    },
  };
}

const int16 = (value: number) => Buffer.from([(value >> 8) & 255, value & 255]);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
const text = (value: string) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
const list = <T>(all: readonly T[], one: (each: T) => Buffer) => Buffer.concat([int32(all.length), ...all.map(one)]);
const framed = (...parts: Buffer[]) => {
  const body = Buffer.concat(parts);
  return Buffer.concat([int32(body.length), body]);
};

interface OfTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** What a produce request, or one that adds partitions to a transaction, is about. */
function topicsOf(request: Buffer): readonly OfTopic[] {
  const read = cursor(request, bodyAt(request));
  read.text();
  const isProduce = request.readInt16BE(4) === PRODUCE;
  read.skip(isProduce ? 6 : 10);
  const partition = () => {
    const number = read.int32();
    if (isProduce) read.skip(read.int32());
    return number;
  };
  return read.list(() => ({ topic: read.text(), partitions: read.list(partition) }));
}

/** The answer that refuses a request with an error code, for each of its partitions. */
export function refusal(request: Buffer, code: number): Buffer {
  const [number, throttle] = [request.subarray(8, 12), int32(0)];
  switch (request.readInt16BE(4)) {
    case INIT_PRODUCER_ID:
      return framed(number, throttle, int16(code), Buffer.alloc(8, 255), int16(-1));
    case END_TXN:
      return framed(number, throttle, int16(code));
    case ADD_PARTITIONS_TO_TXN:
      return framed(number, throttle, refusedTopics(request, code, 0));
    case PRODUCE:
      return framed(number, refusedTopics(request, code, request.readInt16BE(6) < 5 ? 16 : 24), throttle);
    default:
      throw new Error(`no refusal is known for requests of kind ${request.readInt16BE(4)}`);
  }
}

function refusedTopics(request: Buffer, code: number, spare: number): Buffer {
  const partition = (each: number) => Buffer.concat([int32(each), int16(code), Buffer.alloc(spare, 255)]);
  return list(topicsOf(request), ({ topic, partitions }) => Buffer.concat([text(topic), list(partitions, partition)]));
}

export interface Node {
  readonly id: number;
  readonly port: number;
}

interface Seen {
  /** Where the error code of a topic stands. */
  readonly topic?: (codeAt: number) => void;
  readonly partition?: (topic: string, partition: number, leaderAt: number) => void;
}

/** Goes through an answer about the cluster (versions 5 and 6). */
function seeTopics(answer: Buffer, seen: Seen): { readonly behindNodes: number } {
  const read = cursor(answer, 12);
  read.list(() => [read.skip(4), read.text(), read.skip(4), read.text()]);
  const behindNodes = read.at;
  read.text();
  read.skip(4);
  read.list(() => {
    seen.topic?.(read.at);
    read.skip(2);
    const topic = read.text();
    read.skip(1);
    read.list(() => {
      read.skip(2);
      seen.partition?.(topic, read.int32(), read.at);
      read.skip(4);
      for (let lists = 0; lists < 3; lists++) read.list(read.int32);
    });
  });
  return { behindNodes };
}

/** An answer about the cluster, with these brokers on this machine, and each partition's leader as told. */
export function withNodes(
  answer: Buffer,
  nodes: readonly Node[],
  leaderOf: (topic: string, partition: number) => number,
) {
  const copy = Buffer.from(answer);
  const { behindNodes } = seeTopics(answer, {
    partition: (topic, partition, leaderAt) => void copy.writeInt32BE(leaderOf(topic, partition), leaderAt),
  });
  const node = ({ id, port }: Node) => Buffer.concat([int32(id), text('127.0.0.1'), int32(port), int16(-1)]);
  return framed(copy.subarray(4, 12), list(nodes, node), copy.subarray(behindNodes));
}

/** An answer about the cluster that has this error for each of its topics. */
export function withTopicError(answer: Buffer, code: number): Buffer {
  const copy = Buffer.from(answer);
  seeTopics(answer, { topic: (codeAt) => void copy.writeInt16BE(code, codeAt) });
  return copy;
}

/** An answer about the settings of one resource, with this error. */
export function withSettingsError(answer: Buffer, code: number): Buffer {
  const copy = Buffer.from(answer);
  copy.writeInt16BE(code, 16);
  return copy;
}
