/**
 * The parts of a send, one for each broker that leads some of its partitions, end together: from the look for the
 * coordinator to the last answer.
 *
 * When one of them fails, kafkajs tries the send again at once: whoever has not answered yet is sent the same records
 * under new numbers, and has them twice (observed 2026-11-27).
 */
class SendParts {
  #open = 0;
  #allEnded = Promise.withResolvers<void>();

  /** To be called for all parts before the first of them ends. */
  open(): void {
    this.#open += 1;
  }

  /** @returns a promise that is kept when the other parts have ended too */
  end(): Promise<void> {
    const { promise, resolve } = this.#allEnded;
    this.#open -= 1;
    if (this.#open === 0) {
      resolve();
      this.#allEnded = Promise.withResolvers<void>();
    }
    return promise;
  }
}

/** As much of kafkajs's transactions of one producer as tells where the parts of a send begin and end. */
export interface BrokerLocks {
  acquireBrokerLock(broker: object): Promise<void>;
  releaseBrokerLock(broker: object): void | Promise<void>;
}

/** A send takes the locks of all brokers that it is for at once, and gives each back before it tells how that part ended. */
export function endTogether(locks: BrokerLocks): void {
  const parts = new SendParts();
  const { acquireBrokerLock, releaseBrokerLock } = locks;
  locks.acquireBrokerLock = async (broker) => {
    parts.open();
    try {
      await acquireBrokerLock.call(locks, broker);
    } catch (error) {
      await parts.end();
      throw error;
    }
  };
  locks.releaseBrokerLock = async (broker) => {
    const ended = parts.end();
    releaseBrokerLock.call(locks, broker);
    await ended;
  };
}
