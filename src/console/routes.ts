import type { IncomingMessage } from 'node:http';
import { toWorkerError, type WorkerError } from '../core/errors.ts';
import { type AccessOptions, type Refusal, refuseCommander, refuseReader } from './access.ts';
import { isRefusal, json, type Reply, readArguments, refused } from './requests.ts';

/** What the console serves; the worker fills it. */
export interface ConsolePort {
  version(): object;
  isStarted(): boolean;
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] };
  /** @param slices how many slices of each source; `samples`: whether it may hold values of answers */
  status(slices: number, samples: boolean): object;
  /** Metrics in the text format of Prometheus; undefined where there are none. */
  metrics(): Promise<{ readonly contentType: string; readonly text: string }> | undefined;
  /** What each command takes: all texts, `source` and `level` must be there. */
  readonly commands: Readonly<Record<string, readonly string[]>>;
  /** @throws {WorkerError} config where the command makes no sense, transient where the worker cannot now */
  command(name: string, given: Readonly<Record<string, string>>): Promise<object>;
}

const LONGEST_PATH = 2_048;
/** Slices of each source that are told unless asked for otherwise; and at most. */
const SLICES = 20;
const MOST_SLICES = 10_000;

export async function answer(request: IncomingMessage, port: ConsolePort, options: AccessOptions): Promise<Reply> {
  const { method = '', headers, socket } = request;
  const asker = { headers, address: socket.remoteAddress };
  const url = urlOf(request.url ?? '');
  if (url === undefined) return refused({ status: 414, code: 'console.bad_path', message: 'no path that is served' });
  const refusal = refuseReader(asker, options);
  if (refusal !== undefined) return refused(refusal);
  const name = commandIn(url, port);
  if (name === undefined) return show(method, url, port, refuseCommander(asker, options) === undefined);
  if (method !== 'POST') return notAllowed('POST');
  const denied = refuseCommander(asker, options);
  return denied === undefined ? obey(name, request, port) : refused(denied, CLOSE);
}

function commandIn({ pathname }: URL, { commands }: ConsolePort): string | undefined {
  const name = pathname.startsWith(CONTROL) ? pathname.slice(CONTROL.length) : '';
  return Object.hasOwn(commands, name) ? name : undefined;
}

/** @param isTrusted who asks could command, too: values of answers are for nobody else */
async function show(method: string, url: URL, port: ConsolePort, isTrusted: boolean): Promise<Reply> {
  const page = Object.hasOwn(PAGES, url.pathname) ? PAGES[url.pathname] : undefined;
  if (page === undefined) return refused(notFound(port), CLOSE);
  return method === 'GET' || method === 'HEAD' ? page(port, url, isTrusted) : notAllowed('GET, HEAD');
}

/** What may follow on this connection is not read. */
const CLOSE = { connection: 'close' };

const CONTROL = '/control/';

function urlOf(path: string): URL | undefined {
  if (!path.startsWith('/') || path.length > LONGEST_PATH) return undefined;
  return URL.parse(`http://console${path}`) ?? undefined;
}

function notFound({ commands }: ConsolePort): Refusal {
  const paths = [...Object.keys(PAGES), ...Object.keys(commands).map((name) => `POST ${CONTROL}${name}`)];
  return { status: 404, code: 'console.not_found', message: 'nothing is served here', hint: paths.join(', ') };
}

function notAllowed(allow: string): Reply {
  return refused({ status: 405, code: 'console.method', message: `this takes ${allow}` }, { allow, ...CLOSE });
}

type Page = (port: ConsolePort, url: URL, isTrusted: boolean) => Reply | Promise<Reply>;

const PAGES: Readonly<Record<string, Page>> = {
  '/livez': () => json(200, { live: true }),
  '/startupz': (port) => json(port.isStarted() ? 200 : 503, { started: port.isStarted() }),
  '/readyz': (port) => {
    const readiness = port.readiness();
    return json(readiness.ready ? 200 : 503, readiness);
  },
  '/version': (port) => json(200, port.version()),
  '/status': (port, url, isTrusted) => {
    const slices = url.searchParams.get('slices') ?? String(SLICES);
    if (/^\d{1,5}$/.test(slices) && Number(slices) <= MOST_SLICES)
      return json(200, port.status(Number(slices), isTrusted));
    return refused({ status: 400, code: 'console.bad_query', message: `slices is a number up to ${MOST_SLICES}` });
  },
  '/metrics': async (port) => {
    const metrics = await port.metrics();
    if (metrics !== undefined) return { status: 200, type: metrics.contentType, text: metrics.text };
    return refused({ status: 404, code: 'console.no_metrics', message: 'this worker has no metrics' });
  },
};

async function obey(name: string, request: IncomingMessage, port: ConsolePort): Promise<Reply> {
  const given = await readArguments(request);
  if (isRefusal(given)) return refused(given, CLOSE);
  const taken = port.commands[name] ?? [];
  const surplus = Object.keys(given).find((key) => !taken.includes(key));
  const missing = taken.find((key) => ALWAYS_GIVEN.includes(key) && given[key] === undefined);
  if (surplus !== undefined || missing !== undefined) {
    const hint = `It takes ${taken.join(', ')}.`;
    const message = missing === undefined ? `${name} does not take all of this` : `${name} needs ${missing}`;
    return refused({ status: 400, code: 'console.bad_command', message, hint });
  }
  try {
    return json(200, await port.command(name, given));
  } catch (thrown) {
    return refused(refusalOf(toWorkerError(thrown)));
  }
}

const ALWAYS_GIVEN = ['source', 'level'];

function refusalOf({ kind, code, message, hint }: WorkerError): Refusal {
  const status = kind === 'config' ? 400 : kind === 'transient' ? 503 : 500;
  return { status, code, message, hint };
}
