import {
  catchError,
  concat,
  concatMap,
  defer,
  EMPTY,
  expand,
  map,
  mergeMap,
  type Observable,
  of,
  throwError,
} from 'rxjs';
import { type DriftCounts, NO_DRIFT } from '../core/drift.ts';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import { type Committed, commitPage } from './commit-page.ts';
import { encode } from './encode.ts';
import { extract } from './extract.ts';
import { poll } from './poll.ts';
import { abortable, concernsShard, PAGE_RETRY, retryTransient } from './retry.ts';
import { settle } from './settle.ts';
import { inSlot } from './slots.ts';
import { beginSweep, type SliceContext, type SliceEvent, type Sweep } from './sweep.ts';

/**
 * The way of the data, from a slice to its changes. Read this first.
 *
 * In: the pages of one endpoint. Out: one transaction a page with its changes, then one with what the whole sweep
 * proved; told as events. Promises kept here: P1 (a page is asked for only after the one before it is committed), P8
 * (so one page of a slice is in memory, and of all slices so many as have a slot: a slow broker slows polling).
 *
 * The Observable completes after one sweep, complete or partial. It fails only with what stops more than this slice:
 * a fatal error, or one after which the shard must be taken anew.
 */
export function sweepOnce(context: SliceContext): Observable<SliceEvent> {
  return sweeping(context, (sweep) =>
    page(sweep, 1).pipe(
      expand((done) => (done.last ? EMPTY : page(sweep, done.number + 1)), 1),
      mergeMap(({ drift, ...done }) => withDrift(context, drift, { type: 'page', slice: context.slice, ...done })),
    ),
  );
}

/**
 * What a slice still owns after its parent has left the list, each settled by its own witness (P4). Nothing is swept: a
 * parent that is only hidden answers for its children or refuses, and then nothing is deleted.
 */
export function settleLeft(context: SliceContext): Observable<SliceEvent> {
  return sweeping(context, () => EMPTY);
}

/** Pages, what all of them proved, and the end. */
function sweeping(context: SliceContext, pages: (sweep: Sweep) => Observable<SliceEvent>): Observable<SliceEvent> {
  return defer(() => {
    const sweep = beginSweep(context);
    const settled$ = abortable((signal) => settle(sweep, signal)).pipe(
      mergeMap(({ drift, ...settled }) =>
        withDrift(context, drift, { type: 'settled', slice: context.slice, ...settled }),
      ),
    );
    return concat(
      pages(sweep),
      settled$,
      defer(() => of(ended(sweep))),
    ).pipe(catchError((thrown) => stopsMore(toWorkerError(thrown), sweep)));
  });
}

function withDrift({ slice }: SliceContext, drift: DriftCounts, event: SliceEvent): Observable<SliceEvent> {
  return drift === NO_DRIFT ? of(event) : of<SliceEvent[]>({ type: 'drift', slice, drift }, event);
}

/** Poll → extract → encode → diff → commit, and the same page again while that is worth it. */
function page(sweep: Sweep, number: number): Observable<Committed> {
  const { shard, source, slice, ambient, onRetry } = sweep.context;
  const asked$ = abortable(async (signal) => {
    await shard.writable(signal);
    return poll(sweep, withinCeiling(number), signal);
  });
  const committed$ = asked$.pipe(map(extract), map(encode), concatMap(commitPage));
  return inSlot(shard.slots, `${source.name}/${slice.rhythm ?? ''}`, committed$).pipe(
    retryTransient(PAGE_RETRY, ambient, onRetry),
  );
}

/** No list is this long; one that never says where it ends is broken. */
const MAX_PAGES = 100_000;

function withinCeiling(number: number): number {
  if (number <= MAX_PAGES) return number;
  throw new WorkerError('config', 'poll.endless', `the list did not end within ${MAX_PAGES} pages`);
}

function ended(sweep: Sweep): SliceEvent {
  return { type: 'sweep', slice: sweep.context.slice, outcome: 'complete', tookMs: tookMs(sweep) };
}

/** A failed sweep is an event, so that no slice stops another; what concerns the shard or the process goes on up. */
function stopsMore(error: WorkerError, sweep: Sweep): Observable<SliceEvent> {
  if (error.kind === 'fatal' || concernsShard(error)) return throwError(() => error);
  const { context, refused } = sweep;
  const end = { slice: context.slice, outcome: 'partial', error, tookMs: tookMs(sweep) } as const;
  return withDrift(context, refused, { type: 'sweep', ...end });
}

function tookMs({ context, beganMs }: Sweep): number {
  return context.ambient.monotonic() - beganMs;
}
