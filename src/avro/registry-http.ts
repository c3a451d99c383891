import type { SecureContextOptions } from 'node:tls';
import { Agent, buildConnector, type Dispatcher, request } from 'undici';
import { WorkerError } from '../core/errors.ts';
import { createScrubber } from '../core/scrubber.ts';
import { isTlsFault } from '../core/tls-fault.ts';

/** Calls of Confluent's registry API that the library does not make, and the error table of all of them. */

export type RegistryAuth =
  | { readonly username: string; readonly password: string }
  /** Sent as a bearer token. */
  | { readonly token: string };

export interface RegistryHttpOptions {
  /** With the path under which the API lies (Apicurio: `/apis/ccompat/v7`). */
  readonly url: string;
  /** Asked for each request. */
  readonly auth?: (() => RegistryAuth | undefined) | undefined;
  readonly timeoutMs: number;
  /** Asked for each connection. */
  readonly tls?: (() => SecureContextOptions) | undefined;
}

/** Fields of answers that we read; none of them is sure to be there. */
interface AnswerBody {
  readonly id?: unknown;
  readonly schema?: unknown;
  readonly version?: unknown;
  readonly error_code?: unknown;
  readonly message?: unknown;
  readonly compatibilityLevel?: unknown;
  readonly is_compatible?: unknown;
  readonly reason?: unknown;
  readonly messages?: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: AnswerBody;
}

export type RegistryCall = (
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body: object | undefined,
  signal: AbortSignal | undefined,
) => Promise<Answer>;

const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json';

/**
 * @returns a call that answers with 200, or a 404 or 409 that the registry itself gave; anything else it throws
 */
export function createRegistryCall({ url, auth, timeoutMs, tls }: RegistryHttpOptions): RegistryCall {
  const base = url.replace(/\/+$/, '');
  const through = tls === undefined ? {} : { dispatcher: dispatcherWith(tls) };
  const scrub = createScrubber();
  return async (method, path, body, signal) => {
    const deadline = AbortSignal.timeout(timeoutMs);
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    const given = auth?.();
    scrub.learn(secretsIn(given));
    try {
      const payload = body === undefined ? null : JSON.stringify(body);
      const answer = await request(base + path, {
        method,
        headers: { accept: MEDIA_TYPE, 'content-type': MEDIA_TYPE, ...authHeaders(given) },
        body: payload,
        signal: either,
        ...through,
      });
      return readAnswer(answer.statusCode, await answer.body.text(), scrub);
    } catch (thrown) {
      signal?.throwIfAborted();
      throw thrown instanceof WorkerError ? thrown : connectionError(thrown);
    }
  };
}

export function authHeaders(auth: RegistryAuth | undefined): Readonly<Record<string, string>> {
  if (auth === undefined) return {};
  if ('token' in auth) return { authorization: `Bearer ${auth.token}` };
  return { authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}` };
}

/** A registry may echo them, and of what is cut to be quoted nobody could take them out later (P7). */
function secretsIn(auth: RegistryAuth | undefined): readonly string[] {
  if (auth === undefined) return [];
  return 'token' in auth ? [auth.token] : [auth.password];
}

function dispatcherWith(tls: () => SecureContextOptions): Dispatcher {
  return new Agent({ connect: (options, callback) => buildConnector({ ...tls() })(options, callback) });
}

/** What a status means. 404 is here only where it has no meaning for the caller. */
export function statusError(status: number, message: string, cause?: unknown): WorkerError {
  if (status >= 500 || status === 429 || status === 408) return unavailable(`it answers ${status}: ${message}`, cause);
  if (status === 401 || status === 403) {
    return new WorkerError('config', 'registry.refused', `the schema registry refuses: ${status} ${message}`, {
      cause,
      hint: 'Check registry.username and password, or registry.token, and that this user may read and write subjects and their compatibility level.',
    });
  }
  if (status === 409) return incompatible(message, cause);
  if (status === 422) {
    return new WorkerError('config', 'registry.invalid_schema', `the registry takes no such schema: ${message}`, {
      cause,
    });
  }
  return unexpected(`${status} ${message}`, cause);
}

export function incompatible(reason: string, cause?: unknown): WorkerError {
  return new WorkerError(
    'config',
    'registry.incompatible',
    `the schema is not compatible with its subject: ${reason}`,
    {
      cause,
      hint: 'Fields may only be added or removed, and only such that have a default; or use another topic.',
    },
  );
}

export function unavailable(why: string, cause?: unknown): WorkerError {
  return new WorkerError('transient', 'registry.unavailable', `the schema registry is away: ${why}`, { cause });
}

function connectionError(thrown: unknown): WorkerError {
  if (!isTlsFault(thrown)) return unavailable('it does not answer', thrown);
  return new WorkerError('config', 'registry.tls_refused', `no TLS connection with the registry: ${thrown.message}`, {
    cause: thrown,
    hint: 'Check registry.tls_ca, and the name of the host in registry.url.',
  });
}

export function unknownSchema(id: number, cause?: unknown): WorkerError {
  return new WorkerError('config', 'registry.unknown_schema', `the registry has no schema ${id}`, { cause });
}

export function unexpected(what: string, cause?: unknown): WorkerError {
  return new WorkerError('config', 'registry.unexpected_answer', `the schema registry answers: ${what}`, {
    cause,
    hint: 'Is registry.url that of a schema registry, with its path (Apicurio: /apis/ccompat/v7)?',
  });
}

function readAnswer(status: number, text: string, scrub: (text: string) => string): Answer {
  const body = parseObject(text);
  const message = typeof body?.message === 'string' ? body.message : scrub(text).slice(0, 200);
  if ((status === 404 || status === 409) && typeof body?.error_code === 'number') return { status, body };
  if (status !== 200) throw statusError(status, message);
  if (body === undefined) throw unexpected('200 with something that is no JSON object');
  return { status, body };
}

function parseObject(text: string): AnswerBody | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
