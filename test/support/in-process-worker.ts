import { setTimeout as sleep } from 'node:timers/promises';
import { createSyncDecoder } from '../../src/avro/decode.ts';
import { createLocalRegistry } from '../../src/avro/local-registry.ts';
import type { DeleteGuard } from '../../src/pipeline/ports.ts';
import type { Settlement } from '../../src/pipeline/sweep.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { runWorker, type WorkerEnd, type WorkerParts } from '../../src/worker/worker.ts';
import {
  foldLog,
  type Published,
  type ResourceName,
  readLog,
  topicOf,
  verifyLog,
  verifyTruth,
} from './in-process-log.ts';
import { partsOf, type Role, type SourceOptions, type Tamper, type TamperRule } from './in-process-parts.ts';
import { createMemorySink, type MemorySink } from './memory-sink.ts';

/**
 * A whole worker in this process: the real client, templates, codec and pipeline between a practice Clockify and a sink
 * in memory. One place outlives its workers, so that a second one takes up what the first has left.
 */

export interface PlaceOptions extends SourceOptions {
  readonly simulator?: SimulatorOptions;
  readonly sources?: readonly ResourceName[];
}

interface RunOptions {
  readonly guard?: DeleteGuard;
  /** How far the worker's clock is ahead; negative for one that is behind. */
  readonly clockOffsetMs?: number;
  readonly sources?: readonly ResourceName[];
  readonly rhythms?: PlaceOptions['rhythms'];
}

export interface RunningWorker {
  readonly events: readonly WorkerEvent[];
  /** Waits until so many whole further sweeps of a slice were complete; one that is under way does not count. */
  sweeps(slice: string, count: number): Promise<void>;
  /** Waits until so many further sweeps of a slice were given up. */
  failures(slice: string, count: number): Promise<void>;
  /** How each sweep of a slice was settled, as far as there was something to settle. */
  settlements(slice: string): readonly Settlement[];
  /** Resolves when the worker has stopped in order; the same again if it was called before. */
  stop(): Promise<WorkerEnd>;
}

export interface Place {
  readonly simulator: Simulator;
  readonly sink: MemorySink;
  /** Starts a worker and leaves at once. */
  start(options?: RunOptions): RunningWorker;
  /** Starts a worker and waits until everything there is has been read once and once more. */
  startSettled(options?: RunOptions): Promise<RunningWorker>;
  /** Every committed change of a resource, in order. */
  log(resource: ResourceName): readonly Published[];
  /** `op key` of the changes without tombstones, from the `since`th record of the log on. */
  ops(resource: ResourceName, since?: number): readonly string[];
  /** Keys of the deletes, in order. */
  deleted(resource: ResourceName): readonly string[];
  /** The last row of each key that was not deleted. */
  folded(resource: ResourceName): ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  /** Alters answers whose path, with query, matches; so often, for ever unless told. Tells how often it did. */
  tamper(path: RegExp, change: Tamper, times?: number): { readonly struck: number; end(): void };
  /** The key's owner is an admin, as at first, or a plain member now: lists grow shorter and do not say so. */
  becomes(role: Role): void;
  /** The folded log is the truth, each event has an id of its own, each key its own rising time (P1, P2, P3). */
  verify(): void;
}

/** What every test shares: one admin, a small world, pages of three rows. */
const SMALL: SimulatorOptions = { workspaces: 1, users: 3, days: 0, projectsPerWorkspace: 8 };
const WAIT_MS = 20_000;
const GUARD: DeleteGuard = { share: 0.2, atLeast: 50 };
const ALL: readonly ResourceName[] = ['workspaces', 'users', 'projects', 'time-entries'];

interface TestLike {
  after(hook: () => Promise<void>): void;
}

/** Everything is closed when the test ends. */
export async function openPlace(t: TestLike, options: PlaceOptions = {}): Promise<Place> {
  const simulator = await startSimulator({ ...SMALL, ...options.simulator });
  const sink = createMemorySink();
  const registry = createLocalRegistry();
  const decode = createSyncDecoder(registry.schemaOf, { instants: 'ms' });
  const tampers = new Set<TamperRule>();
  const workers = new Set<RunningWorker>();
  const owner: { role: Role } = { role: 'admin' };
  t.after(async () => {
    await Promise.all([...workers].map((worker) => worker.stop()));
    await simulator.close();
  });

  const sources = options.sources ?? ALL;
  const start = (run: RunOptions = {}): RunningWorker => {
    const { guard = GUARD, sources: these = sources, clockOffsetMs = 0, rhythms = options.rhythms } = run;
    const events: WorkerEvent[] = [];
    const report = (event: WorkerEvent) => void events.push(event);
    const given = {
      simulator,
      sink,
      registry,
      tampers,
      owner,
      sources: these,
      guard,
      clockOffsetMs,
      report,
      options: { ...options, rhythms },
    };
    const worker = launch(partsOf(given), events);
    workers.add(worker);
    return worker;
  };
  const log = (resource: ResourceName) => readLog(sink.committed, topicOf(resource), decode);
  const folded = (resource: ResourceName) => foldLog(log(resource));
  return {
    simulator,
    sink,
    start,
    async startSettled(run) {
      const worker = start(run);
      const slices = slicesOf(simulator, run?.sources ?? sources, options.rhythms);
      await Promise.all(slices.map((slice) => worker.sweeps(slice, 1)));
      return worker;
    },
    log,
    ops: (resource, since = 0) =>
      log(resource)
        .slice(since)
        .flatMap(({ op, key, row }) => (row === null ? [] : [`${op} ${key}`])),
    deleted: (resource) => log(resource).flatMap(({ op, key, row }) => (op === 'd' && row !== null ? [key] : [])),
    folded,
    tamper(path, change, times = Number.POSITIVE_INFINITY) {
      const rule: TamperRule = { path, change, times, struck: 0 };
      tampers.add(rule);
      return {
        get struck() {
          return rule.struck;
        },
        end: () => void tampers.delete(rule),
      };
    },
    becomes(role) {
      owner.role = role;
    },
    verify() {
      for (const resource of sources) {
        verifyLog(log(resource));
        verifyTruth(resource, simulator, folded(resource));
      }
    },
  };
}

/** Slices that a world as it is now makes, by their ids. */
function slicesOf(simulator: Simulator, sources: readonly ResourceName[], rhythms: PlaceOptions['rhythms']): string[] {
  const { store } = simulator.world;
  return sources.flatMap((source) => {
    if (source === 'workspaces') return ['workspaces'];
    return store.workspaceIds().flatMap((workspaceId) => {
      if (source !== 'time-entries') return [`${source}/${workspaceId}`];
      // Of a rhythm only the sliding window is read again and again.
      if (rhythms !== undefined && rhythms.recentMs === undefined) return [];
      const each = rhythms === undefined ? '' : '/~recent';
      return store.rows('users', workspaceId).map(({ id }) => `${source}/${workspaceId}/${id}${each}`);
    });
  });
}

function launch(parts: WorkerParts, events: readonly WorkerEvent[]): RunningWorker {
  const leaving = new AbortController();
  const ended = runWorker(parts, leaving.signal);
  let failure: unknown;
  ended.catch((error: unknown) => {
    failure = error ?? new Error('the worker failed');
  });
  const stop = () => {
    leaving.abort();
    return ended;
  };
  return watched(events, () => failure, stop);
}

function watched(events: readonly WorkerEvent[], failed: () => unknown, stop: () => Promise<WorkerEnd>): RunningWorker {
  const count = (slice: string, outcome: 'complete' | 'partial'): number =>
    events.filter((event) => event.type === 'sweep' && event.outcome === outcome && event.slice.id === slice).length;
  const further = async (slice: string, outcome: 'complete' | 'partial', more: number): Promise<void> => {
    const wanted = count(slice, outcome) + more;
    const what = () => {
      if (failed() !== undefined) throw failed();
      return count(slice, outcome) >= wanted;
    };
    await until(what, () => `${more} ${outcome} sweeps of ${slice}; ${lastWords(events, slice)}`);
  };
  return {
    events,
    sweeps: (slice, more) => further(slice, 'complete', more + 1),
    failures: (slice, more) => further(slice, 'partial', more),
    settlements: (slice) =>
      events.flatMap((event) =>
        event.type === 'settled' && event.slice.id === slice && event.settlement.missing > 0 ? [event.settlement] : [],
      ),
    stop,
  };
}

function lastWords(events: readonly WorkerEvent[], slice: string): string {
  const errors = events.flatMap((event) => ('error' in event ? [`${event.type} ${event.error.code}`] : []));
  return `it has had ${events.filter((e) => e.type === 'sweep' && e.slice.id === slice).length}; errors: ${errors.slice(-5).join(', ') || 'none'}`;
}

/** Waits for what must become true soon, and says what did not. */
export async function until(condition: () => boolean, message: string | (() => string)): Promise<void> {
  const giveUpAt = performance.now() + WAIT_MS;
  while (!condition()) {
    if (performance.now() > giveUpAt) {
      throw new Error(`waited ${WAIT_MS} ms in vain for ${typeof message === 'string' ? message : message()}`);
    }
    await sleep(10);
  }
}
