interface PooledBroker {
  isConnected(): boolean;
}

export type Ask<Answer> = (asked: { readonly nodeId: string; readonly broker: PooledBroker }) => Promise<Answer>;

/** As much of kafkajs's pool of brokers as it takes to ask any of them. */
export interface BrokerPool {
  readonly brokers: Readonly<Record<string, PooledBroker>>;
  /** Connects where there is no connection. */
  findBroker(of: { readonly nodeId: string }): Promise<PooledBroker>;
  withBroker<Answer>(ask: Ask<Answer>): Promise<Answer | null>;
}

/**
 * Asks one broker after the other until one answers: those with a connection first, and among equals by chance.
 *
 * kafkajs gives up where the first one that it picks cannot be reached, though others can: with one of two brokers down
 * every second look for a coordinator failed, and after a few of them the transaction (observed 2026-11-27).
 *
 * @returns null where some were reached, and none gave an answer
 * @throws why none was reached
 */
export async function askAny<Answer>(pool: BrokerPool, ask: Ask<Answer>): Promise<Answer | null> {
  const absences: unknown[] = [];
  const nodeIds = inOrder(pool.brokers);
  for (const nodeId of nodeIds) {
    const broker = await pool.findBroker({ nodeId }).catch((error: unknown) => void absences.push(error));
    if (broker === undefined) continue;
    try {
      return await ask({ nodeId, broker });
    } catch {
      // The next one may know. Who asks keeps the reason.
    }
  }
  if (absences.length === nodeIds.length) throw absences[0];
  return null;
}

function inOrder(brokers: BrokerPool['brokers']): string[] {
  const ranks = Object.entries(brokers).map(([nodeId, broker]) => {
    return { nodeId, rank: (broker.isConnected() ? 0 : 1) + Math.random() };
  });
  return ranks.sort((a, b) => a.rank - b.rank).map(({ nodeId }) => nodeId);
}
