import { type FailureKind, WorkerError } from '../core/errors.ts';

/** Status and body of an answer that is not a success. `code` is Clockify's own number in the body, if it has one. */
export interface Refusal {
  readonly status: number;
  readonly code: number | undefined;
  readonly retryAfterMs: number | undefined;
}

interface Row {
  readonly kind: FailureKind;
  readonly code: string;
  readonly says: string;
  readonly hint?: string;
}

/**
 * What each status means for us. Clockify answers 400 for what is deleted or foreign, and 405 and 404 for paths that
 * are not there (observed 2026-05 to 2026-08); bodies are never quoted, they can echo what was sent.
 */
const BY_STATUS: Readonly<Record<number, Row>> = {
  400: {
    kind: 'config',
    code: 'clockify.bad_request',
    says: 'Clockify refused the request',
    hint: 'An id in the parameters may be deleted or belong to another workspace.',
  },
  401: {
    kind: 'config',
    code: 'clockify.unauthorized',
    says: 'Clockify does not know the API key',
    hint: 'Check api_key of the credential, and that its owner is still active.',
  },
  402: { kind: 'config', code: 'clockify.plan', says: "the workspace's plan does not include this" },
  403: {
    kind: 'config',
    code: 'clockify.forbidden',
    says: 'the API key has no right to this',
    hint: "Use a workspace administrator's key.",
  },
  404: {
    kind: 'config',
    code: 'clockify.not_found',
    says: 'Clockify has nothing at this path',
    hint: 'Check the path; an address in base_url of the credential ends in /api/v1.',
  },
  405: { kind: 'config', code: 'clockify.not_found', says: 'Clockify has no such call' },
  408: { kind: 'transient', code: 'clockify.timeout', says: 'Clockify waited too long for the request' },
  429: { kind: 'transient', code: 'clockify.rate_limited', says: 'Clockify asks for fewer requests' },
};

const SERVER_FAULT: Row = { kind: 'transient', code: 'clockify.server_error', says: 'Clockify failed' };
const REDIRECT: Row = {
  kind: 'config',
  code: 'clockify.redirected',
  says: 'Clockify sent a redirect, which is never followed',
  hint: 'base_url of the credential must name the final host.',
};
const OTHER: Row = {
  kind: 'config',
  code: 'clockify.unexpected_status',
  says: 'Clockify answered with an unexpected status',
};

export function errorOf(refusal: Refusal, path: string): WorkerError {
  const { status, code, retryAfterMs } = refusal;
  const row = BY_STATUS[status] ?? byRange(status);
  const number = code === undefined ? '' : `, code ${code}`;
  return new WorkerError(row.kind, row.code, `${row.says} (${status}${number} at ${path})`, {
    retryAfterMs,
    hint: row.hint,
  });
}

function byRange(status: number): Row {
  if (status >= 500) return SERVER_FAULT;
  return status >= 300 && status < 400 ? REDIRECT : OTHER;
}

/**
 * P4, the second witness: what an answer to a read by id proves. One row an answer; anything not named proves nothing.
 *
 * | answer | proves | source |
 * |---|---|---|
 * | 200 | alive | |
 * | 400, code 501 ("… doesn't belong to Workspace") | gone | observed 2026-05: deleted, never there, or of another workspace, and ours was there |
 * | 403, 401 | nothing: rights changed | observed |
 * | 404 | nothing: that is a wrong path, never a deleted entity | observed |
 * | 400 with another code | nothing: the request was bad | observed |
 */
export function provesGone(refusal: Refusal): boolean {
  return refusal.status === 400 && refusal.code === 501;
}

/** Milliseconds that a `Retry-After` asks for: seconds or an HTTP date. Whether Clockify sends it is not known. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds) && header.trim() !== '')
    return Math.min(MAX_RETRY_AFTER_MS, Math.max(0, seconds * 1000));
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.min(MAX_RETRY_AFTER_MS, Math.max(0, at - nowMs));
}

/** A header that asks for longer is a mistake, or a limit that a later tick will meet again. */
const MAX_RETRY_AFTER_MS = 3_600_000;
