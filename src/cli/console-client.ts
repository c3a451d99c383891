import { existsSync } from 'node:fs';
import { request } from 'undici';
import { serviceUrl } from '../config/address.ts';
import { WorkerError } from '../core/errors.ts';
import { type Invocation, type Option, type Terminal, text } from './command.ts';
import { CONFIG_OPTIONS, fileOf, readConfig } from './config-options.ts';

/** Options of every command that speaks to running workers. */
export const CONSOLE_OPTIONS: Readonly<Record<string, Option>> = {
  url: {
    type: 'string',
    value: 'URL',
    multiple: true,
    says: 'the console of a worker (default from the configuration); give it once for each worker',
    reads: serviceUrl,
  },
  ...CONFIG_OPTIONS,
};

/** The consoles that a command speaks to. */
export interface Consoles {
  readonly urls: readonly string[];
  get<T>(url: string, path: string): Promise<T>;
  post<T>(url: string, command: string, given: Readonly<Record<string, string>>): Promise<T>;
}

/**
 * With `--url` no configuration is needed: the token is then in CLOCKIFY_KAFKA_CONSOLE_TOKEN.
 *
 * @throws {WorkerError} config for a configuration or an address that is none
 */
export function consolesOf(call: Invocation, terminal: Terminal): Consoles {
  const given = urlsIn(call);
  const isAlone = given.length > 0 && text(call, 'config') === undefined && !existsSync(fileOf(call));
  const config = isAlone ? undefined : readConfig(call, terminal);
  const token = config === undefined ? terminal.env[TOKEN] || undefined : config.console.token;
  const urls = given.length > 0 || config === undefined ? given : [urlOf(config.console)];
  terminal.secrets.learn(token === undefined ? [] : [token]);
  const ask = async <T>(url: string, path: string, question: Question): Promise<T> => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const headers = { 'content-type': 'application/json', ...authorization };
    return answerOf<T>(url, await reach(`${url}${path}`, { ...question, headers }, terminal.signal));
  };
  return {
    urls,
    get: (url, path) => ask(url, path, { method: 'GET', withinMs: READ_WITHIN_MS }),
    // A resync answers when all of it is published.
    post: (url, name, args) =>
      ask(url, `/control/${name}`, { method: 'POST', body: JSON.stringify(args), withinMs: 0 }),
  };
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly body?: string;
  /** 0: as long as it takes. */
  readonly withinMs: number;
}

interface Reply {
  readonly status: number;
  readonly text: string;
}

const TOKEN = 'CLOCKIFY_KAFKA_CONSOLE_TOKEN';
const READ_WITHIN_MS = 10_000;

function urlsIn({ flags }: Invocation): readonly string[] {
  return [flags.url ?? []].flat().map((each) => String(each).replace(/\/+$/, ''));
}

/** Every interface is this machine too. */
function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  if (port === 0) {
    throw new WorkerError('config', 'cli.usage', 'console.port is 0: only the log of the worker knows its port', {
      hint: 'Give it with --url; the line is console.listening.',
    });
  }
  const name = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** No redirect is followed: the token is for this address. */
async function reach(
  url: string,
  { withinMs, ...question }: Question & { readonly headers: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<Reply> {
  const { origin } = new URL(url);
  try {
    const limits = { headersTimeout: withinMs, bodyTimeout: withinMs };
    const { statusCode, body } = await request(url, { ...question, ...limits, signal });
    return { status: statusCode, text: await body.text() };
  } catch (cause) {
    if (UNREACHED.has(String((cause as NodeJS.ErrnoException).code))) {
      throw new WorkerError('transient', 'console.unreachable', `no worker answers at ${origin}`, {
        cause,
        hint: 'Start it with clockify-kafka run, or say where it is with --url.',
      });
    }
    throw new WorkerError('transient', 'console.no_answer', `the worker at ${origin} went away before it answered`, {
      cause,
      hint: 'What was asked for may have been done, or a part of it: look at its status, and say it again.',
    });
  }
}

const UNREACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);

/** The console's answer to what only another command line can mend. */
const WRONG = 400;

function answerOf<T>(url: string, { status, text: said }: Reply): T {
  const value = parsed(said);
  if (status === 200 && value !== undefined) return value as T;
  const { code, message, hint } = (value as { error?: Partial<WorkerError> } | undefined)?.error ?? {};
  if (typeof code === 'string' && typeof message === 'string') {
    const kind = status === WRONG ? 'config' : 'transient';
    throw new WorkerError(kind, code, `${url}: ${message}`, typeof hint === 'string' ? { hint } : {});
  }
  throw new WorkerError('transient', 'console.not_one', `what answers at ${url} is no console (${status})`);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
