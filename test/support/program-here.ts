import { program } from '../../src/cli/program.ts';

/** What a command has said, line by line. */
export interface Said {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** Runs the program in this process, off a terminal and without an environment. */
export async function runHere(...args: readonly string[]): Promise<Said> {
  const [out, err]: [string[], string[]] = [[], []];
  const code = await program(args, {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    env: {},
    signal: new AbortController().signal,
  });
  return { code, out, err };
}
