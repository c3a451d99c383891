/** Commits numbers, one a transaction, from where the state ends; prints each once it is committed. Run by crash.test.ts. */
import { join } from 'node:path';
import { WorkerError } from '../../../src/core/errors.ts';
import { openFileSink } from '../../../src/local/file-sink.ts';
import { describe } from '../../conformance/local-place.ts';
import { recordOf, restored } from '../../conformance/transactional-sink.ts';

const folder = process.argv[2] ?? '';
const sink = await openFileSink({
  stateFile: join(folder, 'state'),
  dir: join(folder, 'data'),
  describe,
  slackBytes: 2_000,
});
const writer = await sink.fence(0, new AbortController().signal);
let next = Number((await restored(sink, 0)).get('last') ?? -1) + 1;
for (;;) {
  try {
    const value = Buffer.from(String(next));
    await writer.commit({ records: [recordOf('a', 'k', String(next))], state: [{ key: 'last', value }] });
  } catch (error) {
    process.stdout.write(`${error instanceof WorkerError ? error.code : error}\n`);
    process.exit(1);
  }
  process.stdout.write(`${next}\n`);
  next += 1;
}
