import { catchError, defer, EMPTY, type Observable, ReplaySubject, repeat, share, tap, throwError, timer } from 'rxjs';
import { toWorkerError, type WorkerError } from '../core/errors.ts';
import type { Ambient, Params } from '../pipeline/ports.ts';
import { abortable, PAGE_RETRY, retryTransient } from '../pipeline/retry.ts';
import { pauseMs } from '../pipeline/timetable.ts';

/** Reads every value of a parameter, given those before it. Errors as `Endpoint.page`. */
export type ListValues = (parameter: string, params: Params, signal: AbortSignal) => Promise<ReadonlySet<string>>;

export interface DiscoveryOptions {
  readonly everyMs: number;
  readonly ambient: Ambient;
  readonly once: boolean;
  readonly onFound: (parameter: string, count: number) => void;
  readonly onFailure: (parameter: string, error: WorkerError) => void;
}

/** A refusal of the very first list of all may be a mishap once; so often in a row it is a wrong credential. */
const REFUSALS = 3;
const REFUSAL_PAUSE_MS = 1_000;

/**
 * What `all` stands for, kept up to date: one reading of a list for all that want it, at each interval. A failed reading
 * changes nothing, so that nobody's slices stop for it. It is thrown with `once`, and where the very first list of all
 * is refused: then the credential is wrong.
 */
export function createDiscovery(
  list: ListValues,
  options: DiscoveryOptions,
): (parameter: string, params: Params) => Observable<ReadonlySet<string>> {
  const known = new Map<string, Observable<ReadonlySet<string>>>();
  return (parameter, params) => {
    const name = JSON.stringify([parameter, params]);
    const values$ = known.get(name) ?? readings(list, parameter, params, options);
    known.set(name, values$);
    return values$;
  };
}

function readings(
  list: ListValues,
  parameter: string,
  params: Params,
  options: DiscoveryOptions,
): Observable<ReadonlySet<string>> {
  const { ambient, everyMs, once } = options;
  const isTop = Object.keys(params).length === 0;
  let failures = 0;
  let known = false;
  const fail = (thrown: unknown) => {
    const error = toWorkerError(thrown);
    failures += 1;
    const isMistake = error.kind === 'config' && isTop && !known && failures >= REFUSALS;
    if (error.kind === 'fatal' || isMistake || once) return throwError(() => error);
    options.onFailure(parameter, error);
    return EMPTY;
  };
  const reading$ = defer(() => abortable((signal) => list(parameter, params, signal))).pipe(
    retryTransient(PAGE_RETRY, ambient, (error) => options.onFailure(parameter, error)),
    tap((values) => {
      failures = 0;
      known = true;
      options.onFound(parameter, values.size);
    }),
    catchError(fail),
  );
  if (once) return reading$.pipe(share({ connector: () => new ReplaySubject(1), resetOnComplete: false }));
  const pause = () => timer(known || !isTop ? pauseMs(everyMs, failures) : REFUSAL_PAUSE_MS);
  return reading$.pipe(repeat({ delay: pause }), share({ connector: () => new ReplaySubject(1) }));
}
