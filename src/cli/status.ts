import type { WorkerStatus } from '../worker/status.ts';
import { type Command, EXIT, type Invocation, type Terminal, usageError } from './command.ts';
import { CONSOLE_OPTIONS, type Consoles, consolesOf } from './console-client.ts';
import { driftData, driftText } from './drift-text.ts';
import { coloured, plain, statusText } from './status-text.ts';
import { JSON_OPTION } from './try-options.ts';

export const status: Command = {
  name: 'status',
  summary: 'Shows what the running worker does: sources, progress, deletes that wait for a person, budgets',
  usage: 'status [SOURCE] [--drift] [--once] [--json] [--url URL]...',
  examples: [
    'clockify-kafka status                                     # on a terminal: a table that refreshes',
    'clockify-kafka status --json | jq .sources[].state        # one line for each worker',
    'clockify-kafka status --drift                             # fields that are new, missing, or of another type',
    'clockify-kafka status --url http://w1:8090 --url http://w2:8090',
  ],
  options: {
    drift: { type: 'boolean', says: 'how answers differ from what is taken of them, once, each with a sample' },
    once: { type: 'boolean', says: 'show it once, though this is a terminal' },
    ...JSON_OPTION,
    ...CONSOLE_OPTIONS,
  },
  run: async (call, terminal) => {
    const consoles = consolesOf(call, terminal);
    const isTable = call.flags.json !== true && (terminal.isScreen === true || call.flags.once === true);
    const isLive = isTable && terminal.isScreen === true && call.flags.once !== true && call.flags.drift !== true;
    if (isLive) return watch(consoles, call, terminal);
    for (const each of await readAll(consoles, call)) {
      await terminal.out(isTable ? shownOf(each, call, terminal).join('\n') : JSON.stringify(dataOf(each, call)));
    }
    return EXIT.ok;
  },
};

type Seen = WorkerStatus & { readonly url: string };

async function readAll({ urls, get }: Consoles, { positionals: [source] }: Invocation): Promise<readonly Seen[]> {
  const all: Seen[] = [];
  for (const url of urls) {
    const seen = await get<WorkerStatus>(url, '/status');
    const sources = seen.sources.filter((each) => source === undefined || each.source === source);
    if (source !== undefined && sources.length === 0) {
      const names = seen.sources.map((each) => each.source).join(', ');
      throw usageError(status, `there is no source ${source}; there are ${names}`);
    }
    all.push({ ...seen, url, sources });
  }
  return all;
}

function dataOf(seen: Seen, { flags }: Invocation): object {
  return flags.drift === true ? driftData(seen.url, seen) : seen;
}

function shownOf({ url, ...seen }: Seen, { flags }: Invocation, { env, isScreen }: Terminal): readonly string[] {
  const paint = isScreen !== true || (env.NO_COLOR ?? '') !== '' ? plain : coloured;
  return flags.drift === true ? driftText(url, seen, paint) : statusText(url, seen, paint);
}

const REFRESH_MS = 1_000;
/** To the top left, and from there on nothing is left of what stood below. */
const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const CLEAR_ALL = '\u001b[2J';

/** Until it is stopped, or no worker answers any more. */
async function watch(consoles: Consoles, call: Invocation, terminal: Terminal): Promise<number> {
  let isFirst = true;
  while (!terminal.signal.aborted) {
    const all = await readAll(consoles, call).catch((error: unknown) => {
      if (!terminal.signal.aborted) throw error;
    });
    if (all === undefined) break;
    const lines = all.flatMap((each) => [...shownOf(each, call, terminal), '']);
    const screen = lines.map((line) => `${line}${CLEAR_LINE}`).join('\n');
    await terminal.out(`${isFirst ? CLEAR_ALL : ''}${HOME}${screen}${CLEAR_BELOW}`);
    isFirst = false;
    await rest(terminal.signal);
  }
  return EXIT.ok;
}

function rest(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, REFRESH_MS);
    signal.addEventListener('abort', done, { once: true });
  });
}
