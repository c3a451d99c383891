import { createMemorySink } from '../support/memory-sink.ts';
import { testTransactionalSink } from './transactional-sink.ts';

testTransactionalSink(
  'memory',
  async () => {
    const sink = createMemorySink();
    return {
      sink,
      reader: sink,
      rival: sink,
      shards: [0, 1],
      topics: ['a', 'b', 'c'],
      visible: async (topic) => sink.committed.filter((record) => record.topic === topic),
      close: async () => undefined,
    };
  },
  { totalOrder: true },
);
