import type { Answer } from '../worker/control.ts';
import { type Command, EXIT, type Invocation, type Terminal, text, usageError } from './command.ts';
import { CONSOLE_OPTIONS, type Consoles, consolesOf } from './console-client.ts';
import * as takes from './option-formats.ts';
import { JSON_OPTION } from './try-options.ts';

const WORKSPACE = {
  workspace: { type: 'string', value: 'ID', says: 'of this workspace only', reads: takes.id },
} as const;

export const pause = commandOf({
  name: 'pause',
  summary: 'Lets the running worker poll a source no more, until it is resumed or started anew',
  examples: [
    'clockify-kafka pause projects',
    'clockify-kafka pause projects --url http://w1:8090 --url http://w2:8090',
  ],
  tell: (said) => `${said.source} is paused: ${slices(said)}`,
});

export const resume = commandOf({
  name: 'resume',
  summary: 'Lets the running worker poll a paused source again',
  examples: ['clockify-kafka resume projects'],
  tell: (said) => `${said.source} is polled again: ${slices(said)}`,
});

export const poll = commandOf({
  name: 'poll',
  summary: 'Polls a source now, within its request budget',
  examples: ['clockify-kafka poll projects', 'clockify-kafka poll time-entries --workspace 64a687e29ae1f428e7ebe303'],
  options: WORKSPACE,
  tell: (said) => `${said.source} is polled: ${slices(said)}`,
});

export const resync = commandOf({
  name: 'resync',
  summary: 'Publishes the rows of a source once more, as r, without a request to Clockify',
  examples: [
    'clockify-kafka resync projects',
    'clockify-kafka resync time-entries --from 2026-01-01 --to 2026-02-01    # those that began in January, UTC',
  ],
  options: {
    ...WORKSPACE,
    from: {
      type: 'string',
      value: 'TIME',
      says: 'those that start then or later; a date, or an instant with its zone',
      reads: takes.instant,
    },
    to: { type: 'string', value: 'TIME', says: 'those that start earlier', reads: takes.instant },
  },
  tell: (said) => `${said.source}: ${String(said.published)} rows were published once more`,
});

export const confirmDeletes = commandOf({
  name: 'confirm-deletes',
  summary: 'Agrees to the deletes that the guard holds back: those, and none that come later',
  examples: ['clockify-kafka status users', 'clockify-kafka confirm-deletes users'],
  tell: (said) =>
    said.confirmed === 0
      ? `${said.source}: nothing is held back`
      : `${said.source}: up to ${String(said.confirmed)} deletes are confirmed, in ${slices(said)}; each still needs to read as gone`,
});

type Said = Answer & { readonly published?: number; readonly confirmed?: number };

interface Spoken extends Pick<Command, 'name' | 'summary' | 'examples'> {
  readonly options?: Command['options'];
  readonly tell: (said: Said) => string;
}

function commandOf({ name, summary, examples, options = {}, tell }: Spoken): Command {
  const flags = Object.keys(options);
  const usage = [`${name} SOURCE`, ...flags.map((each) => `[--${each} ${options[each]?.value}]`), '[--url URL]...'];
  const command: Command = {
    name,
    summary,
    usage: usage.join(' '),
    examples,
    options: { ...options, ...JSON_OPTION, ...CONSOLE_OPTIONS },
    run: async (call, terminal) => {
      const source = call.positionals[0];
      if (source === undefined) throw usageError(command, `${name} needs the name of a source`);
      const given = flags.flatMap((flag) => (text(call, flag) === undefined ? [] : [[flag, text(call, flag) ?? '']]));
      const said = await sayToAll(consolesOf(call, terminal), name, { source, ...Object.fromEntries(given) });
      return report(said, tell, call, terminal);
    },
  };
  return command;
}

/** One after the other; the first that refuses ends it, and says so. */
async function sayToAll({ urls, post }: Consoles, name: string, given: Readonly<Record<string, string>>) {
  const all: (Said & { readonly url: string })[] = [];
  for (const url of urls) all.push({ url, ...(await post<Said>(url, name, given)) });
  return all;
}

/** A workspace that no worker that was spoken to polls is half a command: that is said, and is a failure. */
async function report(
  all: readonly (Said & { readonly url: string })[],
  tell: (said: Said) => string,
  { flags }: Invocation,
  { out, err }: Terminal,
): Promise<number> {
  for (const said of all) {
    await out(flags.json === true ? JSON.stringify(said) : `${all.length > 1 ? `${said.url}: ` : ''}${tell(said)}`);
  }
  const missed = missedBy(all);
  if (missed.length === 0) return EXIT.ok;
  err(`clockify-kafka: another worker polls ${missed.join(', ')} and was not told [control.elsewhere]`);
  err('  Say it to every worker: --url URL for each of them.');
  return EXIT.failure;
}

/** Of as many workers as were spoken to, those that each of them says are elsewhere. */
function missedBy(all: readonly Said[]): readonly string[] {
  const [first, ...others] = all;
  return (first?.elsewhere ?? []).filter((workspace) => others.every(({ elsewhere }) => elsewhere.includes(workspace)));
}

function slices({ slices: count }: Said): string {
  return count === 1 ? '1 slice' : `${count} slices`;
}
