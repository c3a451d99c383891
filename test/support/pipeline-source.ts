import { BehaviorSubject, of, type Subscription } from 'rxjs';
import { digest } from '../../src/avro/digest.ts';
import type { WorkerError } from '../../src/core/errors.ts';
import type { Params } from '../../src/pipeline/ports.ts';
import type { SliceEvent } from '../../src/pipeline/sweep.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { createShards } from '../../src/worker/shards.ts';
import { runSource, type Source, type SourceEnvironment } from '../../src/worker/source.ts';
import { createMemoryMembership } from './memory-membership.ts';
import { createMemorySink } from './memory-sink.ts';
import { type FakeEndpoint, fakeEndpoint, thingSource } from './pipeline-world.ts';

/** One source, its workspaces and users decided by the test, over everything in memory. One shard holds all. */
export function createSourceWorld() {
  const sink = createMemorySink();
  const membership = createMemoryMembership([0]);
  const events: WorkerEvent[] = [];
  const workspaces$ = new BehaviorSubject<ReadonlySet<string>>(new Set(['w']));
  const users$ = new BehaviorSubject<ReadonlySet<string>>(new Set(['u']));
  const owned$ = new BehaviorSubject<ReadonlySet<number>>(new Set([0]));
  const endpoints = new Map<string, FakeEndpoint>();
  const ambient = { now: Date.now, monotonic: () => performance.now(), random: () => 0 };
  const report = (event: WorkerEvent) => void events.push(event);
  const shards = createShards({ sink, reader: sink, membership, ambient, report });

  /** The endpoint of a user, made when it is first asked for. */
  const endpointOf = (name: string): FakeEndpoint => {
    const endpoint = endpoints.get(name) ?? fakeEndpoint();
    endpoints.set(name, endpoint);
    return endpoint;
  };
  const source = (over: Partial<Source> = {}): Source => ({
    kind: thingSource(),
    shape: 'things/flat',
    keyFields: ['id'],
    parameters: ['workspace', 'user'],
    schedule: { everyMs: 5, spreadMs: 5 },
    credential: 'acme',
    valuesOf: (parameter) => (parameter === 'workspace' ? workspaces$ : users$),
    endpoint: (params: Params) => endpointOf(Object.values(params).join('/')),
    ...over,
  });
  const environment = (over: Partial<SourceEnvironment> = {}): SourceEnvironment => ({
    shards,
    shardCount: 1,
    owned$,
    guard: { share: 0.2, atLeast: 50 },
    ambient,
    digest,
    report,
    once: false,
    ...over,
  });
  return { sink, membership, events, workspaces$, users$, owned$, endpointOf, shards, source, environment };
}

export type SourceWorld = ReturnType<typeof createSourceWorld>;

interface TestLike {
  after(hook: () => void): void;
}

/** A running source, and what it told. It is stopped when the test ends, however it ends. */
export function start(t: TestLike, world: SourceWorld, source: Source = world.source(), env = world.environment()) {
  const told: SliceEvent[] = [];
  const ends: (WorkerError | 'complete')[] = [];
  const subscription: Subscription = runSource(source, env).subscribe({
    next: (event) => told.push(event),
    error: (error: WorkerError) => ends.push(error),
    complete: () => ends.push('complete'),
  });
  t.after(() => subscription.unsubscribe());
  const sweeps = (slice: string, outcome = 'complete') =>
    told.filter((event) => event.type === 'sweep' && event.outcome === outcome && event.slice.id === slice).length;
  return { told, ends, sweeps, stop: () => subscription.unsubscribe() };
}

export const only = (...values: string[]) => new Set(values);
export const fixed = (...values: string[]) => of(only(...values));

/** Turns of the event loop until something holds. */
export async function until(claim: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2_000 && !claim(); turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  if (!claim()) throw new Error(`never true: ${claim}`);
}
