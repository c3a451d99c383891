import { parseArgs } from 'node:util';

interface Arguments {
  /** Undefined: until it is stopped. */
  readonly forMs: number | undefined;
  readonly report: string | undefined;
  readonly programme: 'four' | 'all' | 'hour';
}

const USAGE = 'Usage: npm run demo -- [--all | --hour] [--for 60s] [--report FILE]';

const OPTIONS = {
  for: { type: 'string' },
  report: { type: 'string' },
  all: { type: 'boolean' },
  hour: { type: 'boolean' },
} as const;
/** An hour at thirty times its speed. */
const HOUR_MS = 120_000;

/** Ends the process with 2 for what it cannot read. */
export function readArguments(): Arguments {
  try {
    const { values } = parseArgs({ options: OPTIONS });
    if (values.all === true && values.hour === true) throw new Error('--all and --hour are two programmes');
    const forMs = values.for === undefined ? undefined : msOf(values.for);
    if (values.hour === true) return { forMs: forMs ?? HOUR_MS, report: values.report, programme: 'hour' };
    return { forMs, report: values.report, programme: values.all === true ? 'all' : 'four' };
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${USAGE}\n`);
    process.exit(2);
  }
}

function msOf(text: string): number {
  const match = /^(\d+)(s|m)$/.exec(text);
  if (match === null) throw new Error(`--for takes a time such as 60s or 2m, not "${text}"`);
  return Number(match[1]) * (match[2] === 's' ? 1_000 : 60_000);
}
