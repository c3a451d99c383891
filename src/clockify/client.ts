import { Agent, type Dispatcher, errors, request } from 'undici';
import { WorkerError } from '../core/errors.ts';
import type { Priority, Rate } from '../core/rate.ts';
import { type Refusal, retryAfterMs } from './answers.ts';
import type { Turn } from './budget.ts';
import { type Budgets, createBudgets, processClock } from './budgets.ts';
import { createEchoFilter } from './echo.ts';
import { assertAllowed } from './hosts.ts';

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

export type Answer =
  | {
      readonly ok: true;
      readonly body: Uint8Array;
      readonly lastPage: boolean | undefined;
      readonly receivedAtMs: number;
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly receivedAtMs: number };

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

export interface Reply {
  readonly status: number;
  /** Names in lower case; of several of one name the first, but every `link`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
  /** Undefined for a status from 200 to 299. */
  readonly refusal: Refusal | undefined;
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
      const reply = await read(response, options.now);
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

async function read(response: Dispatcher.ResponseData, now: () => number): Promise<Reply> {
  const body = new Uint8Array(await response.body.arrayBuffer());
  const receivedAtMs = now();
  const { statusCode: status } = response;
  const headers = Object.fromEntries(Object.keys(response.headers).map((name) => [name, headerOf(response, name)]));
  const wait = retryAfterMs(headers['retry-after'], receivedAtMs);
  const refusal = status >= 200 && status < 300 ? undefined : { status, code: codeOf(body), retryAfterMs: wait };
  return { status, headers, body, receivedAtMs, refusal };
}

export function answerOf({ status, headers, body, receivedAtMs, refusal }: Reply): Answer {
  if (status === 200) return { ok: true, body, lastPage: lastPageOf(headers['last-page']), receivedAtMs };
  return { ok: false, receivedAtMs, refusal: refusal ?? { status, code: undefined, retryAfterMs: undefined } };
}

function lastPageOf(header: string | undefined): boolean | undefined {
  const said = header?.toLowerCase();
  return said === 'true' || said === 'false' ? said === 'true' : undefined;
}

function headerOf(response: Dispatcher.ResponseData, name: string): string {
  const value = response.headers[name];
  if (!Array.isArray(value)) return value ?? '';
  return name === 'link' ? value.join(', ') : (value[0] ?? '');
}

/** Clockify's own number: `{"message", "code"}` on both hosts (observed); some refusals have no body. */
function codeOf(body: Uint8Array): number | undefined {
  try {
    const { code } = JSON.parse(new TextDecoder().decode(body)) as { code?: unknown };
    return typeof code === 'number' ? code : undefined;
  } catch {
    return undefined;
  }
}

function networkError(thrown: unknown, path: string, timedOut: boolean): WorkerError {
  if (thrown instanceof WorkerError) return thrown;
  const cause = { cause: withoutAnswer(thrown) };
  if (thrown instanceof errors.ResponseExceededMaxSizeError) {
    return new WorkerError(
      'config',
      'clockify.answer_too_large',
      `the answer is larger than http.max_body allows (${path})`,
      {
        ...cause,
        hint: 'Lower page_size of the source, or raise http.max_body.',
      },
    );
  }
  if (timedOut || isTimeout(thrown))
    return new WorkerError('transient', 'clockify.timeout', `no answer in time (${path})`, cause);
  if (isCutOff(thrown))
    return new WorkerError('transient', 'clockify.cut_off', `the answer broke off (${path})`, cause);
  return new WorkerError('transient', 'clockify.unreachable', `Clockify cannot be reached (${path})`, cause);
}

/** What is not HTTP is quoted by undici's own error (P7). */
function withoutAnswer(thrown: unknown): unknown {
  return thrown instanceof errors.HTTPParserError ? new Error(`not HTTP (${thrown.code})`) : thrown;
}

function isTimeout(thrown: unknown): boolean {
  return (
    thrown instanceof errors.HeadersTimeoutError ||
    thrown instanceof errors.BodyTimeoutError ||
    thrown instanceof errors.ConnectTimeoutError
  );
}

function isCutOff(thrown: unknown): boolean {
  return (
    thrown instanceof errors.SocketError ||
    (thrown instanceof Error && 'code' in thrown && thrown.code === 'ECONNRESET')
  );
}
