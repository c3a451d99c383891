import { Agent, type Dispatcher, errors, request } from 'undici';
import { WorkerError } from '../core/errors.ts';
import { type Refusal, retryAfterMs } from './answers.ts';
import { type Bucket, createBuckets } from './budget.ts';
import { assertAllowed } from './hosts.ts';

/**
 * HTTP to Clockify, for one credential. In: a path and a query. Out: the bytes of a success, or what a refusal said.
 * Promises kept here: P6 (every request, retries and reads of witnesses included, takes a token of its owner's bucket)
 * and P7 (the key goes to listed hosts only, redirects are not followed, no text of an answer gets into an error).
 */
export interface ClientOptions {
  readonly apiKey: string;
  readonly baseUrl: string;
  readonly allowedOrigins: readonly string[];
  readonly requestsPerSecond: number;
  readonly burst: number;
  readonly connectTimeoutMs: number;
  readonly headersTimeoutMs: number;
  readonly bodyTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly maxBodyBytes: number;
  readonly connections: number;
  readonly now: () => number;
}

export interface Call {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  /** Whose budget pays: a workspace id, or empty for calls without a workspace. */
  readonly owner: string;
}

export type Answer =
  | {
      readonly ok: true;
      readonly body: Uint8Array;
      readonly lastPage: boolean | undefined;
      readonly receivedAtMs: number;
    }
  | { readonly ok: false; readonly refusal: Refusal; readonly receivedAtMs: number };

export interface Client {
  /** @throws {WorkerError} transient `clockify.unreachable`, `clockify.timeout`, `clockify.cut_off`; config `clockify.host_refused`, `clockify.answer_too_large` */
  get(call: Call, signal: AbortSignal): Promise<Answer>;
  close(): Promise<void>;
}

export function createClient(options: ClientOptions): Client {
  const agent = new Agent({
    allowH2: false,
    connections: options.connections,
    connect: { timeout: options.connectTimeoutMs },
    headersTimeout: options.headersTimeoutMs,
    bodyTimeout: options.bodyTimeoutMs,
    maxResponseSize: options.maxBodyBytes,
  });
  const bucketOf = createBuckets({ perSecond: options.requestsPerSecond, burst: options.burst }, options.now);

  const get = async (call: Call, signal: AbortSignal): Promise<Answer> => {
    const url = urlOf(options.baseUrl, call);
    assertAllowed(url, options.allowedOrigins);
    const bucket = bucketOf(call.owner);
    await bucket.take(signal);
    return send(url, call, bucket, signal);
  };

  const send = async (url: URL, call: Call, bucket: Bucket, signal: AbortSignal): Promise<Answer> => {
    const deadline = AbortSignal.timeout(options.requestTimeoutMs);
    try {
      const response = await request(url, {
        dispatcher: agent,
        method: 'GET',
        headers: { 'x-api-key': options.apiKey, accept: 'application/json', 'user-agent': 'clockify-kafka' },
        signal: AbortSignal.any([signal, deadline]),
      });
      const answer = await read(response, options.now);
      if (!answer.ok && answer.refusal.status === 429)
        bucket.holdFor(answer.refusal.retryAfterMs ?? RATE_LIMIT_PAUSE_MS);
      return answer;
    } catch (thrown) {
      signal.throwIfAborted();
      throw networkError(thrown, call.path, deadline.aborted);
    }
  };

  return { get, close: () => agent.destroy() };
}

/** A 429 without `Retry-After` says nothing of when; the whole bucket waits so long. */
const RATE_LIMIT_PAUSE_MS = 1_000;

function urlOf(baseUrl: string, { path, query }: Call): URL {
  const url = new URL(baseUrl.replace(/\/+$/, '') + path);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}

async function read(response: Dispatcher.ResponseData, now: () => number): Promise<Answer> {
  const body = new Uint8Array(await response.body.arrayBuffer());
  const receivedAtMs = now();
  if (response.statusCode === 200) return { ok: true, body, lastPage: lastPageOf(response), receivedAtMs };
  const retryAfter = retryAfterMs(headerOf(response, 'retry-after'), receivedAtMs);
  return {
    ok: false,
    receivedAtMs,
    refusal: { status: response.statusCode, code: codeOf(body), retryAfterMs: retryAfter },
  };
}

function lastPageOf(response: Dispatcher.ResponseData): boolean | undefined {
  const header = headerOf(response, 'last-page')?.toLowerCase();
  return header === 'true' || header === 'false' ? header === 'true' : undefined;
}

function headerOf(response: Dispatcher.ResponseData, name: string): string | undefined {
  const value = response.headers[name];
  return Array.isArray(value) ? value[0] : value;
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
