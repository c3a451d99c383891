import { WorkerError } from '../core/errors.ts';
import { partitionFor } from '../core/murmur2.ts';
import type { StateRecord } from '../core/state.ts';
import { orAborted } from './aborting.ts';
import { type BrokerLimits, DEFAULT_MESSAGE_BYTES } from './broker-limits.ts';
import { classify, kafkaError, messageOf } from './kafka-failure.ts';
import {
  coordinatorFailure,
  forgetRequests,
  type KafkaClient,
  type Message,
  type Producer,
  type ProducerTransaction,
  requestsOf,
} from './kafkajs-patches.ts';
import { type Batch, batches } from './send-batches.ts';

/** One record for a topic. A null value is a tombstone. */
interface SinkRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
}

interface SinkTransaction {
  readonly records: readonly SinkRecord[];
  readonly state: readonly StateRecord[];
}

interface KafkaShardWriter {
  commit(transaction: SinkTransaction): Promise<void>;
  close(): Promise<void>;
}

export interface KafkaSink {
  fence(shard: number, signal: AbortSignal): Promise<KafkaShardWriter>;
  close(): Promise<void>;
}

export interface KafkaSinkOptions {
  /** Of the application: the transactional id of a shard is `<app>-<shard>`. */
  readonly app: string;
  readonly stateTopic: string;
  /** Of every topic that is written to, as `ensureTopics` gives them. */
  readonly partitions: ReadonlyMap<string, number>;
  /** How much the brokers take at once; their defaults unless told. */
  readonly limits?: BrokerLimits | undefined;
  /** How long a transaction may stay open before the broker aborts it; 60 s unless told. */
  readonly transactionTimeoutMs?: number | undefined;
}

/** One transactional producer a shard. */
export function createKafkaSink(kafka: KafkaClient, options: KafkaSinkOptions): KafkaSink {
  const writers = new Set<ShardProducer>();
  return {
    async fence(shard, signal) {
      signal.throwIfAborted();
      const writer = new ShardProducer(kafka, options, shard, () => writers.delete(writer));
      writers.add(writer);
      const fencing = writer.fence(signal);
      try {
        await orAborted(fencing, signal);
        return writer;
      } catch (error) {
        // Not before it is over, or a connection that is being made would stay open.
        fencing.then(() => writer.discard()).catch(() => writer.discard());
        signal.throwIfAborted();
        throw kafkaError(
          'sink',
          `shard ${shard} could not be fenced`,
          coordinatorFailure(`${options.app}-${shard}`, error),
        );
      }
    },
    async close() {
      await Promise.all([...writers].map((writer) => writer.close()));
    },
  };
}

/** The right to write for one shard, until the first failure that leaves its producer in doubt. */
class ShardProducer implements KafkaShardWriter {
  readonly #shard: number;
  readonly #options: KafkaSinkOptions;
  readonly #id: string;
  readonly #producer: Producer;
  readonly #onGone: () => void;
  /** Why nothing can be committed any more. */
  #spent: WorkerError | undefined;

  constructor(kafka: KafkaClient, options: KafkaSinkOptions, shard: number, onGone: () => void) {
    this.#shard = shard;
    this.#options = options;
    this.#onGone = onGone;
    this.#id = `${options.app}-${shard}`;
    this.#producer = kafka.producer({
      transactionalId: this.#id,
      transactionTimeout: options.transactionTimeoutMs ?? 60_000,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
    });
  }

  /** kafkajs asks for a producer id in the first transaction only; an empty one is ended without a request. */
  async fence(signal: AbortSignal): Promise<void> {
    await this.#producer.connect();
    signal.throwIfAborted();
    const transaction = await this.#producer.transaction();
    await transaction.abort();
  }

  async commit({ records, state }: SinkTransaction): Promise<void> {
    if (this.#spent !== undefined) throw this.#spent;
    const { stateTopic, partitions, limits } = this.#options;
    const messages = [
      ...records.map((record) => ({ topic: record.topic, message: toMessage(record, partitions) })),
      ...state.map((record) => ({ topic: stateTopic, message: toStateMessage(record, this.#shard) })),
    ];
    if (messages.length === 0) return;
    const ofTopic = (topic: string) => limits?.messageBytes.get(topic) ?? DEFAULT_MESSAGE_BYTES;
    await this.#send(batches(messages, { ofTopic, requestBytes: limits?.requestBytes ?? Number.POSITIVE_INFINITY }));
  }

  async close(): Promise<void> {
    this.#end(new WorkerError('transient', 'sink.outcome_unknown', `the writer of shard ${this.#shard} is closed`));
    await this.#producer.disconnect().catch(() => undefined);
  }

  /** Gives the producer up without waiting for it: its last request may be answered never. */
  discard(): void {
    this.#end(new WorkerError('transient', 'sink.outcome_unknown', `the writer of shard ${this.#shard} is given up`));
    this.#producer.disconnect().catch(() => undefined);
  }

  #end(reason: WorkerError): void {
    this.#spent ??= reason;
    forgetRequests(this.#id);
    this.#onGone();
  }

  async #send(parts: Iterable<Batch>): Promise<void> {
    const { begun } = requestsOf(this.#id);
    const transaction = await this.#producer.transaction().catch((error: unknown) => {
      throw this.#fail('sink.outcome_unknown', error);
    });
    try {
      for (const part of parts) await this.#sendPart(transaction, part);
    } catch (error) {
      throw await this.#takeBack(transaction, error, requestsOf(this.#id).begun === begun);
    }
    try {
      await transaction.commit();
    } catch (error) {
      // Neither the class nor `retriable` of the error tells whether it was committed (observed 2026-11-25).
      throw this.#fail(classify(error) === 'fenced' ? 'sink.fenced' : 'sink.outcome_unknown', error);
    }
  }

  /** A send that kafkajs calls done may have left records out, or sent them twice, where a leader has moved (P1, P2). */
  async #sendPart(transaction: ProducerTransaction, topicMessages: Batch): Promise<void> {
    const requests = requestsOf(this.#id);
    requests.forgetTaken();
    await transaction.sendBatch({ acks: -1, topicMessages });
    if (requests.isTakenOnce(topicMessages)) return;
    const message = 'the brokers did not take each partition’s records once: a leader has moved';
    throw new WorkerError('transient', 'sink.outcome_unknown', message);
  }

  /**
   * Aborts after a failed send, so that readers need not wait for the broker's time-out.
   *
   * The writer stays good only where no produce request was begun. kafkajs takes sequence numbers back after a failure;
   * if the broker has used them, it would take the next transaction's records for repetitions and drop them in silence.
   */
  async #takeBack(transaction: ProducerTransaction, error: unknown, nothingSent: boolean): Promise<WorkerError> {
    const failure = classify(error);
    if (failure === 'fenced') return this.#fail('sink.fenced', error);
    const aborted = await transaction.abort().then(
      () => true,
      () => false,
    );
    const good = aborted && nothingSent && failure !== 'lost';
    if (failure === 'refused') {
      const hint = 'Check the rights of this user at the brokers, and max.message.bytes of the topic.';
      const refused = new WorkerError('config', 'sink.refused', messageOf(error), { cause: error, hint });
      if (!good) this.discard();
      return refused;
    }
    if (!good) return this.#fail('sink.outcome_unknown', error);
    return new WorkerError('transient', 'sink.not_committed', messageOf(error), { cause: error });
  }

  #fail(code: 'sink.fenced' | 'sink.outcome_unknown', cause: unknown): WorkerError {
    const failure = new WorkerError('transient', code, `shard ${this.#shard}: ${messageOf(cause)}`, { cause });
    this.#spent = failure;
    this.discard();
    return failure;
  }
}

function toMessage(record: SinkRecord, partitions: ReadonlyMap<string, number>): Message {
  const count = partitions.get(record.topic);
  if (count === undefined) {
    throw new WorkerError('config', 'sink.refused', `the topic ${record.topic} was not prepared`, {
      hint: 'Every topic that is written to must be checked or made at the start.',
    });
  }
  return {
    key: record.key === null ? null : asBuffer(record.key),
    value: record.value === null ? null : asBuffer(record.value),
    headers: { ...record.headers },
    timestamp: String(record.timestampMs),
    partition: record.key === null ? 0 : partitionFor(record.key, count),
  };
}

function toStateMessage({ key, value }: StateRecord, shard: number): Message {
  return { key: Buffer.from(key), value: value === null ? null : asBuffer(value), partition: shard };
}

/** The same memory: kafkajs takes a plain Uint8Array for text. */
function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
