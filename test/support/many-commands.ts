/** Commands one after the other in one process, for a start costs more than most of them: argv is a JSON list of lists. */
import { program } from '../../src/cli/program.ts';
import type { Ended } from './program.ts';

/** What one of them said, apart from its log, which goes to stderr itself. */
export interface Said extends Ended {
  readonly words: readonly string[];
}

const LIMIT_MS = 20_000;

for (const words of JSON.parse(process.argv[2] ?? '[]') as string[][]) {
  const said: Record<'out' | 'err', string[]> = { out: [], err: [] };
  const code = await program(words, {
    out: (line) => void said.out.push(line),
    err: (line) => void said.err.push(line),
    env: process.env,
    signal: AbortSignal.timeout(LIMIT_MS),
  });
  const one: Said = { words, code, out: said.out.join('\n'), err: said.err.join('\n') };
  process.stdout.write(`${JSON.stringify(one)}\n`);
}
process.exit(0);
