import { ok } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { EXIT } from '../../src/cli/command.ts';
import { program } from '../../src/cli/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-line-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = [
  ...['run', 'init', 'lint', 'check', 'plan', 'sample', 'suggest', 'diff', 'dlq', 'schema', 'topics', 'tail'],
  ...['help', '--version', '--help', 'nothing'],
];
const FLAGS = [
  '--config',
  '-c',
  '--json',
  '--once',
  '--sink',
  '--shards',
  '--workspace',
  '--since',
  '--choose',
  '--key',
];

const WORD = fc.oneof(
  fc.constantFrom(...FLAGS, ...FLAGS.map((flag) => `${flag}=`), '-', '--', '---', '', '0', '-1', '{', '$', '__proto__'),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 8 }),
);

test('whatever stands on the command line, it ends with a known code, says why, and shows no stack', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...COMMANDS), fc.array(WORD, { maxLength: 5 }), async (command, words) => {
      const told: string[] = [];
      const line = (text: string) => void told.push(text);
      const file = join(folder, 'missing.yaml');
      // What a command would write or wait for is not what is asked here.
      const config = words.some((word) => /^(?:-c|--config)/.test(word)) || command === 'init' ? [] : ['-c', file];
      const args = command === 'init' ? ['init', '--region', 'nowhere', ...words] : [command, ...words, ...config];
      const code = await program(args, { out: line, err: line, env: {}, signal: AbortSignal.abort() });
      ok((Object.values(EXIT) as number[]).includes(code), `${code}`);
      ok(code === EXIT.ok || told.join('').trim() !== '', 'a failure says something');
      ok(!told.some((text) => /\n\s+at .*\(/.test(text)), told.join('\n'));
    }),
    { numRuns: 400 },
  );
});
