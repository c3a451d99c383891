import { parseArgs } from 'node:util';

interface Arguments {
  /** Undefined: until it is stopped. */
  readonly forMs: number | undefined;
  readonly report: string | undefined;
  readonly all: boolean;
}

const USAGE = 'Usage: npm run demo -- [--all] [--for 60s] [--report FILE]';

/** Ends the process with 2 for what it cannot read. */
export function readArguments(): Arguments {
  try {
    const { values } = parseArgs({
      options: { for: { type: 'string' }, report: { type: 'string' }, all: { type: 'boolean' } },
    });
    const match = /^(\d+)(s|m)$/.exec(values.for ?? '0s');
    if (match === null) throw new Error(`--for takes a time such as 60s or 2m, not "${values.for}"`);
    const ms = Number(match[1]) * (match[2] === 's' ? 1_000 : 60_000);
    return { forMs: values.for === undefined ? undefined : ms, report: values.report, all: values.all === true };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}
