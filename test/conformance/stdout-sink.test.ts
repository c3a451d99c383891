import { join } from 'node:path';
import { openStdoutSink } from '../../src/local/stdout-sink.ts';
import { describe, newFolder, parseLine } from './local-place.ts';
import { testTransactionalSink } from './transactional-sink.ts';

testTransactionalSink(
  'stdout',
  async () => {
    const folder = newFolder();
    const lines: string[] = [];
    const write = (line: string) => void lines.push(line);
    const sink = await openStdoutSink({ stateFile: join(folder.path, 'state'), describe, write });
    return {
      sink,
      reader: sink,
      rival: sink,
      shards: [0, 1],
      topics: ['a', 'b', 'c'],
      visible: async (topic) => lines.map(parseLine).filter((record) => record.topic === topic),
      async close() {
        await sink.close();
        await folder.remove();
      },
    };
  },
  { totalOrder: true },
);
