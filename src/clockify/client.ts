import { Agent, type Dispatcher, request } from 'undici';
import type { Priority, Rate } from '../core/rate.ts';
import { retryAfterMs } from './answers.ts';
import type { Turn } from './budget.ts';
import { type Budgets, createBudgets, processClock } from './budgets.ts';
import { createEchoFilter } from './echo.ts';
import { assertAllowed } from './hosts.ts';
import { networkError } from './network-error.ts';
import { type Answer, answerOf, headerOf, type Reply, readReply } from './reply.ts';

/**
 * HTTP to Clockify, for one credential. In: a path and a query. Out: the bytes of a success, or what a refusal said.
 * Promises kept here: P6 (every request, retries and reads of witnesses included, takes a turn of its owner's bucket)
 * and P7 (the key goes to listed hosts only, redirects are not followed, no text of an answer gets into an error, and no
 * answer holds the key).
 */
export interface ClientOptions {
  /** Of the credential. */
  readonly name: string;
  /** Asked for each request where it may be replaced meanwhile. */
  readonly apiKey: string | (() => string);
  readonly baseUrl: string;
  readonly reportsUrl: string;
  readonly allowedOrigins: readonly string[];
  readonly rate: Rate;
  /** Of the reports host; its requests count for their workspace too. */
  readonly reportsRate: Rate;
  /** Shared by all clients of the process; left out, this one has its own. */
  readonly budgets?: Budgets | undefined;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly connections: number;
  readonly now: () => number;
  /** Told each request that was sent, when it has ended. */
  readonly onExchange?: ((exchange: Exchange) => void) | undefined;
  /** What carries the requests; left out, connections of this client's own, with the limits named here. */
  readonly dispatcher?: Dispatcher | undefined;
}

export interface Call {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Whose budget pays: a workspace id, or empty for calls without a workspace. */
  readonly owner: string;
  /** `list` unless told. */
  readonly priority?: Priority | undefined;
}

/** A request whose whole URL the configuration or an answer gives. */
export interface Sending {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  /** Names in lower case. The key is not among them: it is added here, and cannot be replaced. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** As in `Call`. */
  readonly owner: string;
  readonly priority?: Priority | undefined;
  /** What errors call the request: parts of the URL may stem from an answer, so it is not quoted. */
  readonly label: string;
}

/** A request as it is counted. */
export interface Exchange {
  readonly label: string;
  readonly method: Sending['method'];
  readonly host: 'api' | 'reports';
  /** For its turn. */
  readonly waitedMs: number;
  readonly tookMs: number;
  /** Undefined: no answer came. */
  readonly status: number | undefined;
}

export interface Sender {
  /** Errors as `Client.get`. */
  send(sending: Sending, signal: AbortSignal): Promise<Reply>;
}

export interface Client {
  /** @throws {WorkerError} transient `clockify.unreachable`, `clockify.timeout`, `clockify.cut_off`; config `clockify.host_refused`, `clockify.answer_too_large` */
  get(call: Call, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

/** The same client for what is less or more urgent: each of its requests takes its turn as that. */
export function withPriority(client: Client & Sender, priority: Priority): Client & Sender {
  return {
    get: (call, signal) => client.get({ ...call, priority }, signal),
    send: (sending, signal) => client.send({ ...sending, priority }, signal),
    close: () => client.close(),
  };
}

export function createClient(options: ClientOptions): Client & Sender {
  const dispatcher = options.dispatcher ?? agentOf(options);
  const takeTurns = turnsOf(options);

  const get = async (call: Call, signal: AbortSignal): Promise<Answer> => {
    const { path: label, owner, priority } = call;
    const url = urlOf(options.baseUrl, call);
    return answerOf(await send({ method: 'GET', url, headers: {}, body: undefined, owner, priority, label }, signal));
  };

  const send = async (sending: Sending, signal: AbortSignal): Promise<Reply> => {
    assertAllowed(sending.url, options.allowedOrigins);
    const askedAtMs = performance.now();
    const turns = await takeTurns(sending, signal);
    const sentAtMs = performance.now();
    const tell = (status: number | undefined) => tellExchange(options, sending, status, askedAtMs, sentAtMs);
    try {
      const reply = await exchange(sending, turns, signal);
      tell(reply.status);
      return reply;
    } catch (thrown) {
      if (!signal.aborted) tell(undefined);
      throw thrown;
    } finally {
      // An answer has ended it already.
      for (const turn of turns) turn.end(true);
    }
  };

  const { apiKey } = options;
  const keyNow = (): string => (typeof apiKey === 'string' ? apiKey : apiKey());
  const withoutKey = createEchoFilter();
  const exchange = async (sending: Sending, turns: readonly Turn[], signal: AbortSignal): Promise<Reply> => {
    const { method, url, headers, body, label } = sending;
    const deadline = AbortSignal.timeout(options.requestTimeoutMs);
    const key = keyNow();
    try {
      const response = await request(url, {
        dispatcher,
        method,
        headers: { ...DEFAULT_HEADERS, ...headers, ...FIXED_HEADERS, 'x-api-key': key },
        body: body ?? null,
        signal: AbortSignal.any([signal, deadline]),
      });
      endTurns(turns, response, options.now());
      const reply = await readReply(response, options.now);
      return { ...reply, body: withoutKey(reply.body, key) };
    } catch (thrown) {
      signal.throwIfAborted();
      throw networkError(thrown, label, deadline.aborted);
    }
  };

  return { get, send, close: () => dispatcher.destroy() };
}

function tellExchange(
  { onExchange, reportsUrl }: ClientOptions,
  { label, method, url }: Sending,
  status: number | undefined,
  askedAtMs: number,
  sentAtMs: number,
): void {
  const host = isReports(url, reportsUrl) ? 'reports' : 'api';
  const [waitedMs, tookMs] = [sentAtMs - askedAtMs, performance.now() - sentAtMs];
  onExchange?.({ label, method, host, waitedMs, tookMs, status });
}

function isReports(url: URL, reportsUrl: string): boolean {
  return url.href.startsWith(`${reportsUrl}/`);
}

function agentOf(options: ClientOptions): Dispatcher {
  return new Agent({
    allowH2: false,
    connections: options.connections,
    connect: { timeout: options.connectTimeoutMs },
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
    maxResponseSize: options.maxBodyBytes,
  });
}

/** A request of the reports host first waits for that, so that it keeps nobody else of its workspace waiting. */
function turnsOf(options: ClientOptions): (sending: Sending, signal: AbortSignal) => Promise<readonly Turn[]> {
  const { name, baseUrl, reportsUrl, rate, reportsRate, requestTimeoutMs } = options;
  const budgets = options.budgets ?? createBudgets({ clock: processClock, isShared: false, requestTimeoutMs });
  const { origin } = new URL(baseUrl);
  const bucketOf = (workspace: string) =>
    workspace === ''
      ? budgets.bucketOf({ name: `credential/${name}`, placedBy: name }, rate)
      : budgets.bucketOf({ name: `workspace/${origin}/${workspace}`, placedBy: workspace }, rate);
  const reports = () =>
    budgets.bucketOf({ name: `reports/${new URL(reportsUrl).origin}`, placedBy: name }, reportsRate);
  return async ({ url, owner, priority }, signal) => {
    const first = isReports(url, reportsUrl) ? await reports().take(signal, priority) : undefined;
    try {
      const turn = await bucketOf(owner).take(signal, priority);
      return first === undefined ? [turn] : [first, turn];
    } catch (thrown) {
      first?.end();
      throw thrown;
    }
  };
}

/** It has arrived, for it is answered, whether or not the answer will be whole. */
function endTurns(turns: readonly Turn[], response: Dispatcher.ResponseData, nowMs: number): void {
  for (const turn of turns) {
    if (response.statusCode === 429) turn.refused(retryAfterMs(headerOf(response, 'retry-after') || undefined, nowMs));
    turn.end();
  }
}

export function urlOf(baseUrl: string, { path, query }: Call): URL {
  const url = new URL(baseUrl.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

/** Nothing is decompressed here: a small answer could become a huge one. */
const FIXED_HEADERS = { 'accept-encoding': 'identity' };
const DEFAULT_HEADERS = { accept: 'application/json', 'user-agent': 'clockify-kafka' };
