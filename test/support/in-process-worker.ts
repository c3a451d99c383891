import { deepEqual, equal, ok } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSyncDecoder } from '../../src/avro/decode.ts';
import { digest } from '../../src/avro/digest.ts';
import { createLocalRegistry } from '../../src/avro/local-registry.ts';
import { type Answer, type Call, type Client, createClient } from '../../src/clockify/client.ts';
import { listIds } from '../../src/clockify/discovery.ts';
import { parentTemplates, templateNamed } from '../../src/clockify/templates/catalogue.ts';
import type { Config, SourceConfig } from '../../src/config/config.ts';
import { compileMapping } from '../../src/core/field.ts';
import { createStaticMembership } from '../../src/kafka/static-membership.ts';
import type { Ambient, DeleteGuard, OutRecord } from '../../src/pipeline/ports.ts';
import type { Settlement } from '../../src/pipeline/sweep.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts';
import { createDiscovery } from '../../src/worker/discover.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { createShards } from '../../src/worker/shards.ts';
import { planSource } from '../../src/worker/source-plan.ts';
import { runWorker, type WorkerEnd } from '../../src/worker/worker.ts';
import { createMemorySink, type MemorySink } from './memory-sink.ts';

/**
 * A whole worker in this process: the real client, templates, codec and pipeline between a practice Clockify and a sink
 * in memory. One place outlives its workers, so that a second one takes up what the first has left.
 */

export type ResourceName = 'workspaces' | 'users' | 'projects' | 'time-entries';

/** A change as a reader of the topic gets it. `row` is null for a tombstone. */
export interface Published {
  readonly topic: string;
  readonly op: string | undefined;
  readonly key: string;
  readonly row: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** What happens to an answer on its way; undefined lets it through as it is. */
export type Tamper = (answer: Extract<Answer, { ok: true }>, call: Call) => Answer | undefined;

export type Role = 'admin' | 'member';

export interface PlaceOptions {
  readonly simulator?: SimulatorOptions;
  readonly sources?: readonly ResourceName[];
  readonly pageSize?: number;
  readonly everyMs?: number;
  /** By source, as the configuration has them. */
  readonly filters?: Partial<Record<ResourceName, SourceConfig['filters']>>;
}

export interface RunOptions {
  readonly guard?: DeleteGuard;
  readonly sources?: readonly ResourceName[];
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
const EVERY_MS = 100;
const WAIT_MS = 20_000;
const GUARD: DeleteGuard = { share: 0.2, atLeast: 50 };
const ALL: readonly ResourceName[] = ['workspaces', 'users', 'projects', 'time-entries'];

/** Backoff and spread become next to nothing, so that a retried fault costs a test no time. */
const ambient: Ambient = { now: Date.now, random: () => 0.002 };

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
  const owner: Owner = { role: 'admin' };
  t.after(async () => {
    await Promise.all([...workers].map((worker) => worker.stop()));
    await simulator.close();
  });

  const sources = options.sources ?? ALL;
  const start = ({ guard = GUARD, sources: these = sources }: RunOptions = {}): RunningWorker => {
    const worker = launch({ simulator, sink, registry, tampers, owner, options, sources: these, guard });
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
      await Promise.all(slicesOf(simulator, run?.sources ?? sources).map((slice) => worker.sweeps(slice, 1)));
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
function slicesOf(simulator: Simulator, sources: readonly ResourceName[]): string[] {
  const { store } = simulator.world;
  return sources.flatMap((source) => {
    if (source === 'workspaces') return ['workspaces'];
    return store.workspaceIds().flatMap((workspaceId) => {
      if (source !== 'time-entries') return [`${source}/${workspaceId}`];
      return store.rows('users', workspaceId).map(({ id }) => `${source}/${workspaceId}/${id}`);
    });
  });
}

interface TamperRule {
  readonly path: RegExp;
  readonly change: Tamper;
  readonly times: number;
  struck: number;
}

interface Owner {
  role: Role;
}

interface LaunchParts {
  readonly simulator: Simulator;
  readonly sink: MemorySink;
  readonly registry: ReturnType<typeof createLocalRegistry>;
  readonly tampers: ReadonlySet<TamperRule>;
  readonly owner: Owner;
  readonly options: PlaceOptions;
  readonly sources: readonly ResourceName[];
  readonly guard: DeleteGuard;
}

/** As `worker/wire.ts` does it, on a sink in memory. */
function launch(parts: LaunchParts): RunningWorker {
  const { simulator, sink, registry, tampers, options, guard } = parts;
  const events: WorkerEvent[] = [];
  const report = (event: WorkerEvent) => void events.push(event);
  const client = tampered(clientOf(simulator, parts.owner), tampers);
  const membership = createStaticMembership(new Set([0, 1, 2]), 20);
  const shards = createShards({ sink, reader: sink, membership, ambient, report });
  const valuesOf = createDiscovery(
    (parameter, params, signal) => listIds(client, parentTemplates, parameter, params, signal),
    {
      everyMs: 2 * EVERY_MS,
      ambient,
      once: false,
      onFound: (parameter, count) => report({ type: 'discovered', source: 'practice', parameter, count }),
      onFailure: (parameter, error) => report({ type: 'discovery-failed', source: 'practice', parameter, error }),
    },
  );
  const config = configOf(
    simulator,
    parts.sources.map((name) => sourceOf(name, options)),
    guard,
  );
  const sources = config.sources.map((source) => planSource({ source, config, registry, client, valuesOf }));
  const environment = { shards, shardCount: 3, guard, ambient, digest, report, once: false };
  const close = async () => {
    await sink.close();
    await client.close();
  };
  const leaving = new AbortController();
  const ended = runWorker({ sources, membership, shards, environment, ambient, report, close }, leaving.signal);
  let failure: unknown;
  ended.catch((error: unknown) => {
    failure = error ?? new Error('the worker failed');
  });
  return watched(
    events,
    () => failure,
    async () => {
      leaving.abort();
      return await ended;
    },
  );
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

function clientOf({ url, origin, apiKey, memberKey }: Simulator, owner: Owner): Client {
  const admin = clientWith(apiKey, url, origin);
  const member = clientWith(memberKey, url, origin);
  return {
    get: (call, signal) => (owner.role === 'admin' ? admin : member).get(call, signal),
    async close() {
      await Promise.all([admin.close(), member.close()]);
    },
  };
}

function clientWith(apiKey: string, url: string, origin: string): Client {
  return createClient({
    apiKey,
    baseUrl: url,
    allowedOrigins: [origin],
    requestsPerSecond: 100_000,
    burst: 100_000,
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 5_000,
    bodyTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
    maxBodyBytes: 10_000_000,
    connections: 8,
    now: Date.now,
  });
}

function tampered(client: Client, rules: ReadonlySet<TamperRule>): Client {
  return {
    async get(call, signal) {
      const answer = await client.get(call, signal);
      if (!answer.ok) return answer;
      const path = `${call.path}?${new URLSearchParams(call.query)}`;
      for (const rule of rules) {
        if (rule.struck >= rule.times || !rule.path.test(path)) continue;
        const changed = rule.change(answer, call);
        if (changed === undefined) continue;
        rule.struck += 1;
        return changed;
      }
      return answer;
    },
    close: () => client.close(),
  };
}

function topicOf(resource: ResourceName): string {
  return `clockify.${templateNamed(resource).plural}`;
}

function sourceOf(name: ResourceName, { pageSize = 3, everyMs = EVERY_MS, filters = {} }: PlaceOptions): SourceConfig {
  const parameters = Object.fromEntries(templateNamed(name).parameters.map((parameter) => [parameter, 'all' as const]));
  return {
    name,
    template: name,
    credential: 'practice',
    everyMs,
    parameters,
    filters: filters[name] ?? {},
    topic: topicOf(name),
    pageSize,
    ignoreChanges: undefined,
  };
}

/** Of all this, a planned source reads the application, the dead letters' topic and whether schemas are registered. */
function configOf(simulator: Simulator, sources: readonly SourceConfig[], guard: DeleteGuard): Config {
  return {
    app: 'in-process',
    sources,
    deletes: { guardShare: guard.share, guardAtLeast: guard.atLeast },
    discovery: { everyMs: 2 * EVERY_MS },
    topics: { prefix: 'clockify', create: false, partitions: 1, replicationFactor: 1, deadLetters: 'dlq.clockify' },
    registry: { url: simulator.origin, autoRegister: true, timeoutMs: 1, username: undefined, password: undefined },
  } as unknown as Config;
}

function readLog(
  records: readonly OutRecord[],
  topic: string,
  decode: (bytes: Uint8Array) => unknown,
): readonly Published[] {
  return records
    .filter((record) => record.topic === topic)
    .map(({ key, value, headers }) => {
      const parts = decode(key as Uint8Array) as Record<string, string>;
      return {
        topic,
        op: headers.__op,
        key: Object.values(parts).join('/'),
        row: value === null ? null : (decode(value) as Record<string, unknown>),
        headers,
      };
    });
}

/** What compaction leaves: a later record replaces an earlier one, a tombstone removes it. */
function foldLog(log: readonly Published[]): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const rows = new Map<string, Readonly<Record<string, unknown>>>();
  for (const { key, row } of log) {
    if (row === null) rows.delete(key);
    else rows.set(key, row);
  }
  return rows;
}

function verifyLog(log: readonly Published[]): void {
  const ids = new Set<string>();
  const lastMs = new Map<string, number>();
  let open: Published | undefined;
  for (const record of log) {
    const { key, op, row, headers } = record;
    if (row === null) {
      equal(open?.key, key, `a tombstone of ${key} stands right behind its delete`);
      deepEqual(headers, open?.headers, 'a tombstone carries the headers of its delete');
      open = undefined;
      continue;
    }
    equal(open, undefined, `the delete of ${open?.key} has its tombstone right behind it`);
    const id = headers.ce_id ?? '';
    ok(!ids.has(id), `ce_id ${id} of ${op} ${key} was used before (P2)`);
    ids.add(id);
    const atMs = Number(headers.__ts_ms);
    ok(atMs > (lastMs.get(key) ?? 0), `__ts_ms of ${op} ${key} rises (P3)`);
    equal(row.__ts_ms, atMs);
    equal(row.__op, op);
    lastMs.set(key, atMs);
    if (op === 'd') open = record;
  }
  equal(open, undefined, 'the last delete has its tombstone');
}

const TRUTH_OF = {
  workspaces: 'workspaces',
  users: 'users',
  projects: 'projects',
  'time-entries': 'timeEntries',
} as const;

/** What the key can see; a workspace that its owner has left is no longer there for it, though its rows are not gone. */
function verifyTruth(
  resource: ResourceName,
  { world }: Simulator,
  rows: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): void {
  const template = templateNamed(resource);
  const { rowOf } = compileMapping(template);
  const withoutMeta = (row: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(row).filter(([name]) => !name.startsWith('__') && !template.ignoreChanges.includes(name)),
    );
  const truth = Object.entries(world.truth()[TRUTH_OF[resource]]).map(([path, item]) => {
    const [workspace = '', id = ''] = path.split('/');
    return [resource === 'workspaces' ? id : path, withoutMeta(rowOf(item, { workspace }))];
  });
  const published = [...rows].map(([key, row]) => [key, withoutMeta(row)]);
  deepEqual(
    Object.fromEntries(published),
    Object.fromEntries(truth),
    `the folded log of ${resource} is the truth (P1)`,
  );
}
