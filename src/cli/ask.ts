import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline/promises';
import { WorkerError } from '../core/errors.ts';
import type { Ask } from './command.ts';

/** Asks on the terminal; undefined where there is none, so that nobody waits for an answer that cannot come. */
export function terminalAsk(signal: AbortSignal): Ask | undefined {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
  let asked: Asked | undefined;
  return (question) => {
    asked ??= open(signal);
    return asked.next(question);
  };
}

interface Asked {
  next(question: string): Promise<string>;
}

/** One reader for all questions: what was typed ahead is the answer to the next one. The end of input is all defaults. */
function open(signal: AbortSignal): Asked {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const typed: string[] = [];
  let isOver = false;
  lines.on('line', (line) => typed.push(line));
  lines.once('close', () => {
    isOver = true;
  });
  // In raw mode a Ctrl-C is a key; the program hears of it as of any other.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  return {
    async next(question) {
      process.stderr.write(question);
      while (typed.length === 0 && !isOver) await somethingHappens(lines, signal);
      return typed.shift() ?? '';
    },
  };
}

async function somethingHappens(lines: Interface, signal: AbortSignal): Promise<void> {
  try {
    await Promise.race([once(lines, 'line', { signal }), once(lines, 'close', { signal })]);
  } catch (cause) {
    lines.close();
    throw new WorkerError('config', 'cli.aborted', 'stopped; nothing was written', { cause });
  }
}
