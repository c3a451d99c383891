import {
  defer,
  merge,
  mergeMap,
  NEVER,
  Observable,
  of,
  ReplaySubject,
  retry,
  Subject,
  share,
  switchMap,
  tap,
  throwError,
  timer,
} from 'rxjs';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { Ambient, Membership, StateReader, TransactionalSink } from '../pipeline/ports.ts';
import { backoffMs } from '../pipeline/retry.ts';
import { openShard, type Shard } from '../pipeline/shard.ts';
import { ShardState } from '../pipeline/shard-state.ts';
import type { Report } from './events.ts';

export interface ShardParts {
  readonly sink: TransactionalSink;
  readonly reader: StateReader;
  readonly membership: Membership;
  readonly ambient: Ambient;
  readonly report: Report;
  /** Nobody waits then for a shard that cannot be read. */
  readonly once?: boolean | undefined;
  /** Told each shard that was taken, before anybody uses it. */
  readonly onOpened?: ((shard: Shard) => void) | undefined;
}

/** The shards of this worker, each opened when its first slice wants it and closed when its last has gone. */
export interface Shards {
  /** Emits the shard, and again each time it had to be taken anew. Fails only with what trying again cannot mend. */
  open(number: number): Observable<Shard>;
  /** Says that a shard's writer is spent: everyone who uses that shard gets its successor. */
  spoil(shard: Shard, error: WorkerError): void;
  /** Resolves when every shard that was given up is closed, also one that was just being taken. */
  closed(): Promise<void>;
}

const REOPEN = { firstMs: 200, maxMs: 30_000 };

export function createShards(parts: ShardParts): Shards {
  const spoiled$ = new Subject<{ readonly shard: Shard; readonly error: WorkerError }>();
  const opened = new Map<number, Observable<Shard>>();
  const closing = new Map<number, Promise<void>>();

  const take = async (number: number, afterFencing: boolean, signal: AbortSignal): Promise<Shard> => {
    await closing.get(number);
    if (afterFencing) await parts.membership.nextHeartbeat(signal);
    signal.throwIfAborted();
    return fenceAndRestore(parts, number, signal);
  };

  /** Emits a shard and holds it until nobody listens; whoever takes it next waits until it is closed. */
  const holding = (number: number, afterFencing: boolean): Observable<Shard> =>
    new Observable((subscriber) => {
      const controller = new AbortController();
      const taken = take(number, afterFencing, controller.signal);
      let held: Shard | undefined;
      let hasFailed = false;
      const fail = (error: unknown) => {
        hasFailed = true;
        subscriber.error(error);
      };
      const give = (shard: Shard) => {
        held = shard;
        subscriber.next(shard);
      };
      taken.then(give, fail);
      const close = (shard: Shard | undefined) => closeShard(shard, parts.report);
      return () => {
        controller.abort();
        if (held === undefined && !hasFailed) parts.report({ type: 'shard-closed', shard: number });
        closing.set(number, held === undefined ? taken.catch(() => undefined).then(close) : close(held));
      };
    });

  const untilSpoiled = (shard: Shard): Observable<never> =>
    spoiled$.pipe(mergeMap((told) => (told.shard === shard ? throwError(() => told.error) : [])));

  const opening = (number: number): Observable<Shard> => {
    let fenced = false;
    return defer(() => holding(number, fenced)).pipe(
      tap(() => (fenced = false)),
      switchMap((shard) => merge(of(shard), untilSpoiled(shard))),
      retry({
        resetOnSuccess: true,
        delay: (thrown, attempt) => {
          const error = toWorkerError(thrown);
          if (error.kind !== 'transient') return stoppedBy(number, error, parts);
          fenced ||= error.code === 'sink.fenced';
          const waitMs = backoffMs(REOPEN, attempt, parts.ambient.random());
          parts.report({ type: 'shard-failed', shard: number, error, waitMs });
          return timer(waitMs);
        },
      }),
      share({ connector: () => new ReplaySubject(1) }),
    );
  };

  const open = (number: number): Observable<Shard> => {
    const known = opened.get(number) ?? opening(number);
    opened.set(number, known);
    return known;
  };

  const closed = (): Promise<void> => Promise.all(closing.values()).then(() => undefined);

  return { open, spoil: (shard, error) => spoiled$.next({ shard, error }), closed };
}

/** The other shards are read well: one that cannot be read waits alone, for a person. */
function stoppedBy(shard: number, error: WorkerError, { once, report }: ShardParts): Observable<never> {
  if (error.code !== 'state.corrupt' || once === true) return throwError(() => error);
  report({ type: 'shard-stopped', shard, error });
  return NEVER;
}

async function closeShard(shard: Shard | undefined, report: Report): Promise<void> {
  if (shard === undefined) return;
  await shard.close();
  report({ type: 'shard-closed', shard: shard.number });
}

/** The order is the promise: only after fencing does the state hold still (P2). */
async function fenceAndRestore(parts: ShardParts, number: number, signal: AbortSignal): Promise<Shard> {
  const beganMs = parts.ambient.monotonic();
  parts.report({ type: 'shard-opening', shard: number });
  const writer = await parts.sink.fence(number, signal);
  try {
    const state = new ShardState();
    const stats = await parts.reader.restore(number, (record) => state.apply(record), signal);
    signal.throwIfAborted();
    parts.report({ type: 'shard-opened', shard: number, ...stats, tookMs: parts.ambient.monotonic() - beganMs });
    const shard = openShard(number, state, writer, () => refuseWhileUnsure(parts.membership));
    parts.onOpened?.(shard);
    return shard;
  } catch (error) {
    await writer.close();
    throw error;
  }
}

function refuseWhileUnsure(membership: Membership): void {
  if (membership.mayCommit()) return;
  throw new WorkerError('transient', 'sink.not_committed', 'the group is rebalancing: no transaction begins');
}
