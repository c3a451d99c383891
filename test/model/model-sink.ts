import type { ShardWriter, StateReader, TransactionalSink } from '../../src/pipeline/ports.ts';
import type { Random } from '../../src/simulator/random.ts';
import type { MemorySink } from '../support/memory-sink.ts';

const LONGEST_MS = 20;

/**
 * The sink in memory as one process sees it: every call takes time before and after it takes effect. In a process that
 * has died by then the timer never comes, so that it dies before the commit, or between the commit and its answer.
 */
export function slowly(sink: MemorySink, random: Random): TransactionalSink & StateReader {
  const way = () => new Promise<void>((resolve) => setTimeout(resolve, random.integer(1, LONGEST_MS)));
  return {
    async fence(shard, signal): Promise<ShardWriter> {
      await way();
      const writer = await sink.fence(shard, signal);
      await way();
      return {
        async commit(transaction) {
          await way();
          try {
            await writer.commit(transaction);
          } finally {
            await way();
          }
        },
        close: () => writer.close(),
      };
    },
    async restore(shard, onRecord, signal) {
      await way();
      const stats = await sink.restore(shard, onRecord, signal);
      await way();
      return stats;
    },
    close: async () => {},
  };
}
