interface OfPartition {
  readonly partition?: number;
}

interface Requested {
  readonly topic: string;
  readonly partitions: readonly OfPartition[];
}

interface Wanted {
  readonly topic: string;
  readonly messages: readonly OfPartition[];
}

/**
 * What a producer has asked of the brokers, each of which leads some of the partitions that one send is for.
 *
 * Where a partition has moved to a broker that has answered already, kafkajs sends its records to nobody, and nothing
 * says so (tulios/kafkajs#1303; observed 2026-11-27). So what was taken is counted.
 */
export class ProducerRequests {
  /**
   * Produce requests that were begun. A failed send that began none has left nothing at the broker; after any other the
   * producer's sequence numbers can no longer be trusted, for kafkajs takes them back.
   */
  begun = 0;
  readonly #taken = new Map<string, number>();

  /** Sends records to one broker. */
  async produce<T>(topics: readonly Requested[], send: () => Promise<T>): Promise<T> {
    this.begun += 1;
    const answer = await send();
    for (const { topic, partitions } of topics) {
      for (const { partition } of partitions) this.#count(nameOf(topic, partition));
    }
    return answer;
  }

  /** To be called before each send. */
  forgetTaken(): void {
    this.#taken.clear();
  }

  /** Whether the brokers took records for each of the partitions that messages are for, each once. */
  isTakenOnce(topics: readonly Wanted[]): boolean {
    const wanted = new Set<string>();
    for (const { topic, messages } of topics) {
      for (const { partition } of messages) wanted.add(nameOf(topic, partition));
    }
    const counts = [...this.#taken];
    return counts.length === wanted.size && counts.every(([name, count]) => count === 1 && wanted.has(name));
  }

  #count(name: string): void {
    this.#taken.set(name, (this.#taken.get(name) ?? 0) + 1);
  }
}

const nameOf = (topic: string, partition: number | undefined): string => `${partition} ${topic}`;
