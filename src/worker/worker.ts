import {
  catchError,
  defer,
  EMPTY,
  endWith,
  merge,
  type Observable,
  of,
  ReplaySubject,
  repeat,
  retry,
  switchMap,
  take,
  takeUntil,
  takeWhile,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { Ambient, Membership } from '../pipeline/ports.ts';
import { abortable, backoffMs } from '../pipeline/retry.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import type { Report } from './events.ts';
import { createGrowth } from './growth.ts';
import type { Shards } from './shards.ts';
import { runSource, type Source, type SourceEnvironment } from './source.ts';

/** A source before its schemas are known to the registry. */
export interface PlannedSource {
  readonly name: string;
  readonly topic: string;
  /**
   * @param isGrowing a sweep has shown fields that the schema does not have, and is to have
   * @throws {WorkerError} transient while the registry is away, config where it refuses
   */
  readonly prepare: (signal: AbortSignal, isGrowing: boolean) => Promise<Source>;
  /** Whether its schema is inferred, so that a new field becomes part of it. */
  readonly canGrow?: boolean;
}

export interface WorkerParts {
  readonly sources: readonly PlannedSource[];
  readonly membership: Membership;
  readonly shards: Shards;
  readonly environment: Omit<SourceEnvironment, 'owned$'>;
  readonly ambient: Ambient;
  readonly report: Report;
  /** What is kept up beside the sources, until they have ended. */
  readonly beside?: ((env: SourceEnvironment) => Observable<never>) | undefined;
  /** Releases connections, once nothing runs any more. */
  readonly close: () => Promise<void>;
}

/** How it ended. */
export interface WorkerEnd {
  /** Why sources stopped for good. */
  readonly stopped: readonly WorkerError[];
  /** Why sweeps were not complete. With `once`, each of them is a slice that was not read. */
  readonly partial: readonly WorkerError[];
}

/** A source's own end is an event too: what stops it stops no other. */
type SourceEvent = SliceEvent | WorkerError;
const END = Symbol('every source has ended');

/** Between two tries to reach the registry. */
const PREPARE = { firstMs: 500, maxMs: 30_000 };

/**
 * The life of a worker: takes part in the group, runs every source on the shards it is given, and on the signal stops
 * polling, lets open transactions end, and leaves. The only place that subscribes.
 *
 * @throws {WorkerError} what is fatal, after everything has been drained
 */
export async function runWorker(parts: WorkerParts, signal: AbortSignal): Promise<WorkerEnd> {
  const leaving = new AbortController();
  const owned$ = new ReplaySubject<ReadonlySet<number>>(1);
  const tell = (shards: ReadonlySet<number>) => {
    parts.report({ type: 'shards-assigned', shards: [...shards].sort((a, b) => a - b) });
    owned$.next(shards);
  };
  const joined = parts.membership.run(tell, leaving.signal);
  const membership$ = defer(() => joined).pipe(switchMap(() => EMPTY));
  try {
    const env: SourceEnvironment = {
      ...parts.environment,
      owned$: parts.environment.once ? owned$.pipe(take(1)) : owned$,
    };
    const sources$ = merge(...parts.sources.map((planned) => runPlanned(planned, parts, env))).pipe(endWith(END));
    const all$ = merge(parts.beside?.(env) ?? EMPTY, sources$, membership$).pipe(takeWhile((event) => event !== END));
    return await drain(all$ as Observable<SourceEvent>, parts, signal);
  } finally {
    await parts.shards.closed();
    leaving.abort();
    await joined.catch(() => undefined);
    await parts.close();
  }
}

/** A source from its registration on, and again from there when its schema is to grow; with `once` after all its slices. */
function runPlanned(planned: PlannedSource, parts: WorkerParts, env: SourceEnvironment): Observable<SourceEvent> {
  const { name, topic } = planned;
  const growth = createGrowth(planned.canGrow === true);
  const refusal = createRefusal();
  const events$ = defer(() => abortable((signal) => planned.prepare(signal, growth.isDue()))).pipe(
    retry({ delay: (thrown, attempt) => waitOrGiveUp(name, toWorkerError(thrown), attempt, parts) }),
    tap(() => {
      growth.grown();
      parts.report({ type: 'source-started', source: name, topic });
    }),
    switchMap((source) => runSource(source, env)),
    tap(refusal.watch),
    takeWhile((event) => !growth.isComplete(event) || env.once, true),
  );
  return events$.pipe(
    repeat({ delay: () => (growth.isDue() ? timer(0) : EMPTY) }),
    catchError((thrown) => {
      const error = toWorkerError(thrown);
      if (error.kind === 'fatal') return throwError(() => error);
      if (isEmptyOnce(error, env)) return EMPTY;
      parts.report({ type: 'source-stopped', source: name, error });
      return of(error);
    }),
  );
}

/** A key that is refused before anything was read is a mistake, not a mishap: the source stops. */
function createRefusal() {
  let read = false;
  return {
    watch(event: SliceEvent): void {
      if (event.type === 'page') read = true;
      if (event.type !== 'sweep' || event.outcome !== 'partial' || read) return;
      if (event.error.code === 'clockify.unauthorized') throw event.error;
    },
  };
}

/** Read to its end, and nothing was there: with `once` that is all there is to do, and no failure. */
function isEmptyOnce({ code }: WorkerError, { once }: Pick<SourceEnvironment, 'once'>): boolean {
  return once && code === 'schema.nothing_to_infer';
}

/** With `once` nobody waits for ever: after about half a minute. */
const TRIES_ONCE = 6;

function waitOrGiveUp(source: string, error: WorkerError, attempt: number, parts: WorkerParts) {
  const { ambient, report, environment } = parts;
  if (isEmptyOnce(error, environment)) {
    report({ type: 'source-waiting', source, error, waitMs: 0 });
    return throwError(() => error);
  }
  if (error.kind !== 'transient' || (environment.once && attempt > TRIES_ONCE)) return throwError(() => error);
  const waitMs = backoffMs(PREPARE, attempt, ambient.random());
  report({ type: 'source-waiting', source, error, waitMs });
  return timer(waitMs);
}

function drain(events$: Observable<SourceEvent>, { report }: WorkerParts, signal: AbortSignal): Promise<WorkerEnd> {
  return new Promise((resolve, reject) => {
    const stop$ = new ReplaySubject<void>(1);
    const onAbort = () => stop$.next();
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    const stopped: WorkerError[] = [];
    const partial: WorkerError[] = [];
    events$.pipe(takeUntil(stop$)).subscribe({
      next: (event) => {
        if (event instanceof WorkerError) return void stopped.push(event);
        const fault = faultOf(event);
        if (fault !== undefined && partial.length < KEPT) partial.push(fault);
        report(event);
      },
      error: (thrown: unknown) => reject(toWorkerError(thrown)),
      complete: () => resolve({ stopped, partial }),
    });
  });
}

/** Why a sweep did not do all it should have: it broke off, or held deletes back for a person to agree to. */
function faultOf(event: SliceEvent): WorkerError | undefined {
  if (event.type === 'sweep' && event.outcome === 'partial') return event.error;
  if (event.type !== 'settled' || !event.settlement.guarded) return undefined;
  const message = `${event.slice.id}: ${event.settlement.open} deletes were held back by the guard`;
  return new WorkerError('transient', 'settle.guarded', message);
}

/** Errors kept for the end; the log has all. */
const KEPT = 100;
