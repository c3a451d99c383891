import { join } from 'node:path';
import { openFileSink } from '../../src/local/file-sink.ts';
import { describe, linesOf, newFolder } from './local-place.ts';
import { testTransactionalSink } from './transactional-sink.ts';

testTransactionalSink(
  'file',
  async () => {
    const folder = newFolder();
    const dir = join(folder.path, 'data');
    const sink = await openFileSink({ stateFile: join(folder.path, 'state'), dir, describe });
    return {
      sink,
      reader: sink,
      rival: sink,
      shards: [0, 1],
      topics: ['a', 'b', 'c'],
      visible: (topic) => linesOf(dir, topic),
      async close() {
        await sink.close();
        await folder.remove();
      },
    };
  },
  { totalOrder: true },
);
