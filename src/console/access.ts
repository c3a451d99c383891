import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** What decides who may ask for what. */
export interface Asker {
  readonly headers: IncomingHttpHeaders;
  /** Address of the far end of the connection. */
  readonly address: string | undefined;
}

export interface AccessOptions {
  /** Where the console listens. */
  readonly host: string;
  readonly token: string | undefined;
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/**
 * A page in a browser of this machine may have a name of its own resolve to 127.0.0.1: where only this machine is
 * served, only its own names are.
 */
export function refuseReader({ headers }: Asker, { host }: AccessOptions): Refusal | undefined {
  if (!isLoopback(host) || isLoopback(hostOf(headers.host))) return undefined;
  return { status: 421, code: 'console.wrong_host', message: 'this address is served under the names of this machine' };
}

/**
 * Who may command: with a token, whoever carries it; without one, who asks from this machine, under its name, and is
 * neither a page in a browser nor somebody behind a proxy.
 */
export function refuseCommander(asker: Asker, options: AccessOptions): Refusal | undefined {
  const { headers, address } = asker;
  if (headers.origin !== undefined || isFromPage(headers['sec-fetch-site'])) {
    return { status: 403, code: 'console.from_page', message: 'no page in a browser may command' };
  }
  if (options.token !== undefined) return refuseToken(headers.authorization, options.token);
  const isProxied = ['x-forwarded-for', 'forwarded', 'via'].some((name) => headers[name] !== undefined);
  if (isLoopback(address) && isLoopback(hostOf(headers.host)) && !isProxied) return undefined;
  return {
    status: 403,
    code: 'console.not_local',
    message: 'without a token only this machine may command',
    hint: 'Set console.token, and send it as Authorization: Bearer.',
  };
}

function isFromPage(site: string | string[] | undefined): boolean {
  return site !== undefined && site !== 'none';
}

function refuseToken(given: string | undefined, token: string): Refusal | undefined {
  const [scheme = '', value = ''] = given?.split(' ', 2) ?? [];
  const isRight = timingSafeEqual(digest(value), digest(token));
  if (scheme.toLowerCase() === 'bearer' && isRight) return undefined;
  return {
    status: 401,
    code: 'console.unauthorized',
    message: 'the command carries no token, or not the right one',
    hint: 'Set console.token, or CLOCKIFY_KAFKA_CONSOLE_TOKEN, to what the worker has.',
  };
}

/** Of one length, so that the comparison takes as long whatever was given. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** The name in a Host header, without its port. */
function hostOf(header: string | undefined): string | undefined {
  return /^(\[[^\]]*\]|[^:]*)(?::\d{1,5})?$/.exec(header ?? '')?.[1];
}

function isLoopback(name: string | undefined): boolean {
  const plain = name?.replace(/^\[|\]$/g, '').toLowerCase();
  return plain !== undefined && /^(localhost|::1|(::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/.test(plain);
}
