import { type MonoTypeOperatorFunction, merge, Observable, retry, take, throwError, timer } from 'rxjs';
import { toWorkerError, type WorkerError } from '../core/errors.ts';
import type { Ambient } from './ports.ts';

export interface RetryPolicy {
  readonly attempts: number;
  readonly firstMs: number;
  readonly maxMs: number;
}

/** About two minutes in all: longer than a blip, shorter than an outage, which the next tick takes up again. */
export const PAGE_RETRY: RetryPolicy = { attempts: 8, firstMs: 500, maxMs: 30_000 };

/** Errors after which the shard must be taken anew: to try again with the same writer would be in vain. */
export function spendsWriter(error: WorkerError): boolean {
  return error.code === 'sink.outcome_unknown' || error.code === 'sink.fenced';
}

/** Errors that are the shard's affair and not the slice's: its writer is spent, or another took its place already. */
export function concernsShard(error: WorkerError): boolean {
  return spendsWriter(error) || error.code === 'shard.given_up';
}

/**
 * The one place where anything is tried again: transient errors, with full jitter, at least as late as the far side
 * asked. `onRetry` hears of each.
 */
export function retryTransient<T>(
  policy: RetryPolicy,
  ambient: Pick<Ambient, 'random'>,
  onRetry: (error: WorkerError, waitMs: number) => void,
): MonoTypeOperatorFunction<T> {
  return retry<T>({
    count: policy.attempts,
    resetOnSuccess: true,
    delay: (thrown, attempt) => {
      const error = toWorkerError(thrown);
      if (error.kind !== 'transient' || concernsShard(error)) return throwError(() => error);
      const waitMs = backoffMs(policy, attempt, ambient.random()) + (error.retryAfterMs ?? 0);
      onRetry(error, waitMs);
      return timer(waitMs);
    },
  });
}

/** Full jitter over an exponentially growing span. */
export function backoffMs(policy: Pick<RetryPolicy, 'firstMs' | 'maxMs'>, attempt: number, random: number): number {
  return Math.round(random * Math.min(policy.maxMs, policy.firstMs * 2 ** (attempt - 1)));
}

/** Fails as soon as the signal aborts, also in the middle of a wait, so that no timer outlives whoever waited. */
export function failOnAbort<T>(signal: AbortSignal): MonoTypeOperatorFunction<T> {
  const aborted$ = new Observable<never>((subscriber) => {
    const onAbort = () => subscriber.error(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    return () => signal.removeEventListener('abort', onAbort);
  });
  return (source$) => merge(aborted$, source$).pipe(take(1));
}

/** A Promise that is asked for on subscription, and told to stop when nobody waits for it any more. */
export function abortable<T>(work: (signal: AbortSignal) => Promise<T>): Observable<T> {
  return new Observable((subscriber) => {
    const controller = new AbortController();
    work(controller.signal).then(
      (value) => {
        subscriber.next(value);
        subscriber.complete();
      },
      (error: unknown) => subscriber.error(error),
    );
    return () => controller.abort();
  });
}
