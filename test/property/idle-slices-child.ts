/**
 * What a slice at rest weighs: users with two rhythms each, all swept, on a shard whose writer keeps nothing. Tells the
 * bytes that each further slice costs. `node --expose-gc idle-slices-child.ts <users>`; run by idle-slices.test.ts.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BehaviorSubject, of, tap } from 'rxjs';
import type { Client, Sender } from '../../src/clockify/client.ts';
import { createEndpoint } from '../../src/clockify/endpoint.ts';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import type { ShardWriter } from '../../src/pipeline/ports.ts';
import { createControl } from '../../src/worker/control.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { planRhythms, type RhythmPlan } from '../../src/worker/plan-rhythms.ts';
import { createShards } from '../../src/worker/shards.ts';
import { runSource } from '../../src/worker/source.ts';
import { createStatus } from '../../src/worker/status.ts';
import { createMemoryMembership } from '../support/memory-membership.ts';
import { createSourceWorld, fixed } from '../support/pipeline-source.ts';

const [few, many] = [100, Number(process.argv[2])];
const HOUR_MS = 3_600_000;
const ambient = { now: Date.now, monotonic: () => performance.now(), random: Math.random };
const EMPTY_LIST = new TextEncoder().encode('[]');

/** A Clockify without entries. */
const client: Client & Sender = {
  get: async () => ({ ok: true, body: EMPTY_LIST, lastPage: true, receivedAtMs: Date.now() }),
  send: () => Promise.reject(new Error('nothing is sent')),
  close: async () => undefined,
};

function rhythmsOfUsers() {
  const template = templateNamed('time-entries');
  const source = { name: 'things', credential: 'acme', everyMs: HOUR_MS, parameters: {} };
  const plan = { source, client, valuesOf: () => fixed() } as unknown as RhythmPlan['plan'];
  const reconcile = { everyMs: 24 * HOUR_MS, windowMs: 30 * 24 * HOUR_MS, sinceMs: undefined };
  const rhythms = { recentMs: 24 * HOUR_MS, reconcile } as unknown as RhythmPlan['rhythms'];
  const endpointOf: RhythmPlan['endpointOf'] = (params, asked) =>
    createEndpoint(asked, template, { params, query: {}, pageSize: undefined });
  return planRhythms({ plan, rhythms, template, query: {}, endpointOf }).filter(({ of: each }) => each === 'user');
}

const idsOf = (count: number) =>
  new Set(Array.from({ length: count }, (_, at) => `6a0b1c2d3e4f${at.toString(16).padStart(12, '0')}`));

const keepsNothing: ShardWriter = { commit: async () => undefined, close: async () => undefined };
const status = createStatus({
  app: 'test',
  version: '1',
  shardCount: 1,
  sources: [{ name: 'things', topic: 'clockify.things' }],
  now: Date.now,
});
const report = (event: WorkerEvent) => status.report(event);
const shards = createShards({
  sink: { fence: async () => keepsNothing, close: async () => undefined },
  reader: { restore: async () => ({ records: 0, bytes: 0 }) },
  membership: createMemoryMembership([0]),
  ambient,
  report,
});
const register = createControl(['things'], shards.spoil).slices;
const users$ = new BehaviorSubject(idsOf(few));
const workspaces$ = of(new Set(['6a0b1c2d3e4f5a6b7c8d9e0f']));
const world = createSourceWorld();
const rhythms = rhythmsOfUsers();
const source = world.source({ rhythms, valuesOf: (name) => (name === 'workspace' ? workspaces$ : users$) });

const swept = new Set<string>();
runSource(source, world.environment({ shards, ambient, report, register }))
  .pipe(
    tap((event) => {
      report(event);
      if (event.type === 'sweep' && event.outcome === 'complete') swept.add(event.slice.id);
    }),
  )
  .subscribe();

/** Once each slice of so many users has been swept to its end and rests. */
async function heapWith(users: number): Promise<number> {
  users$.next(idsOf(users));
  const slices = users * rhythms.length;
  for (let turn = 0; turn < 600 && swept.size < slices; turn++) await sleep(100);
  await sleep(200);
  if (swept.size !== slices) throw new Error(`${swept.size} of ${slices} slices were swept`);
  (globalThis as unknown as { gc: () => void }).gc();
  return process.memoryUsage().heapUsed;
}

await heapWith(few);
const before = await heapWith(few);
const after = await heapWith(many);
const slices = (many - few) * rhythms.length;
process.stdout.write(JSON.stringify({ slices, bytesPerSlice: Math.round((after - before) / slices) }));
process.exit();
