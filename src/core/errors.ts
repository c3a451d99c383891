/**
 * The errors of the worker, told apart by what must be done about them.
 *
 * - `transient`: the same thing again after `retryAfterMs` or a backoff.
 * - `record`: this item goes to the dead letters, the page goes on.
 * - `config`: this source or slice stops and says so, others go on.
 * - `fatal`: everything drains, the process ends with 1.
 */
export type FailureKind = 'transient' | 'record' | 'config' | 'fatal';

export interface ErrorDetails {
  readonly cause?: unknown;
  /** Milliseconds to wait before a retry, when the far side said so. */
  readonly retryAfterMs?: number | undefined;
  /** What a person can do about it, one sentence. */
  readonly hint?: string | undefined;
}

export class WorkerError extends Error {
  override readonly name: string = 'WorkerError';
  readonly kind: FailureKind;
  /** Stable and dotted (`clockify.rate_limited`): a metric label, a log field, a heading in the runbook. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;
  readonly hint: string | undefined;

  constructor(kind: FailureKind, code: string, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = details.retryAfterMs;
    this.hint = details.hint;
  }
}

/** Any thrown value as a WorkerError; what is not one already is a fault of our own, hence `fatal`. */
export function toWorkerError(thrown: unknown): WorkerError {
  if (thrown instanceof WorkerError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new WorkerError('fatal', 'internal.unexpected', message, { cause: thrown });
}
