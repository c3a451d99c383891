import { parentPort, workerData } from 'node:worker_threads';
import { createLocalRegistry } from '../../src/avro/local-registry.ts';
import { templates } from '../../src/clockify/templates/catalogue.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { PlannedBudget } from '../../src/core/request-plan.ts';
import { createStaticMembership } from '../../src/kafka/static-membership.ts';
import { createRandom } from '../../src/simulator/random.ts';
import { createPractice, type Practice } from '../../src/simulator/simulator.ts';
import { planRequests } from '../../src/worker/plan-requests.ts';
import { assemble } from '../../src/worker/wire.ts';
import { runWorker } from '../../src/worker/worker.ts';
import { Carrier } from '../model/carrier.ts';
import { installVirtualClock, type VirtualClock } from '../model/virtual-clock.ts';
import { createMemorySink } from '../support/memory-sink.ts';
import { mostInAnyWindow } from '../support/virtual-time.ts';

/**
 * A day of the worker on a virtual clock: the real wiring, client and budget, and the practice Clockify, all in a thread
 * of its own, for the clock is that of everything in it. Tells what plan has said of it, and what was asked.
 */

// Thousands of requests are given up at their deadline, long after they were answered.
Error.stackTraceLimit = 0;
const [MINUTE_MS, HOUR_MS, DAY_MS] = [60_000, 3_600_000, 86_400_000];
const START_MS = Date.UTC(2026, 2, 3, 6);
const ORIGIN = 'https://clockify.test';

export interface Day {
  /** The configuration; its credential reaches the practice Clockify. */
  readonly text: string;
  readonly users: number;
  readonly days: number;
  /** Timers that are started in an hour, and stopped. */
  readonly timers: number;
  /** When the day that is counted begins, after the start. */
  readonly afterMs: number;
}

export interface Measured {
  readonly plan: PlannedBudget;
  /** Requests of the workspace in any window of its rate, at the most. */
  readonly mostInAWindow: number;
  /** Requests of the workspace before the day began, and how long after the start the last window of a history ended. */
  readonly load: { readonly requests: number; readonly tookMs: number };
  /** Requests of the workspace in the day, by what they are for. */
  readonly asked: Readonly<Record<Kind, number>>;
}

export type Kind = 'running' | 'changes' | 'recent' | 'reconcile' | 'reads' | 'lists';
type Asked = Practice['requests']['entries'][number];

function configOf(text: string): Config {
  const here = text.replace(/plan: (free|paid)/, `$&, base_url: ${ORIGIN}/api/v1`);
  return loadConfig({ file: 'day.yaml', env: { CLOCKIFY_API_KEY: 'key' }, templates, readFile: () => here });
}

async function live(day: Day): Promise<Measured> {
  const clock = installVirtualClock(START_MS);
  const { users, days } = day;
  const options = { seed: 7, workspaces: 1, users, days, projectsPerWorkspace: 10, apiKey: 'key', clock: clock.now };
  const practice = createPractice({ ...options, requestLogLimit: 1_000_000 });
  const config = configOf(day.text);
  const plan = planOf(config, practice, day);
  const stop = start(config, practice, clock);
  keepBusy(practice, clock, day.timers);
  const { requests } = practice;
  // The day begins with a pass of the histories, or at least behind the first one.
  await clock.pass(Math.max(day.afterMs, 2 * plan.firstLoad.tookMs));
  const first = requests.entries.filter(isOfWorkspace);
  const windows = first.filter((each) => kindOf(each) === 'reconcile').map(({ atMs }) => atMs - START_MS);
  const fromMs = clock.now();
  await clock.pass(DAY_MS);
  const asked = { running: 0, changes: 0, recent: 0, reconcile: 0, reads: 0, lists: 0 };
  for (const each of requests.entries.filter(isOfWorkspace)) if (each.atMs > fromMs) asked[kindOf(each)] += 1;
  stop();
  await clock.pass(MINUTE_MS);
  const times = requests.entries.filter(isOfWorkspace).map(({ atMs }) => atMs);
  const mostInAWindow = mostInAnyWindow(times, plan.rate.windowMs);
  return { plan, mostInAWindow, load: { requests: windows.length, tookMs: Math.max(0, ...windows) }, asked };
}

/** Of what there is, as one would tell it. */
function planOf(config: Config, { world }: Practice, { users, days, timers }: Day): PlannedBudget {
  const [id = ''] = world.store.workspaceIds();
  const entries = world.store.rows('timeEntries', id).length;
  const counts = { name: 'practice', id, users, projects: 10, entries, days, changes: 2 * timers };
  const [plan] = planRequests(config, { acme: [counts] }, START_MS);
  if (plan === undefined) throw new Error('there is a workspace to plan');
  return plan;
}

function start(config: Config, { answerTo }: Practice, clock: VirtualClock): () => void {
  const sink = createMemorySink();
  const random = createRandom(7);
  const dispatcher = new Carrier({ clock, random, answerTo, latencyMs: 40, tooLateMs: MINUTE_MS, mishaps: [] });
  const shards = new Set(Array.from({ length: config.kafka.shards }, (_, at) => at));
  const membership = createStaticMembership(shards);
  const target = { sink, reader: sink, membership, registry: createLocalRegistry(), close: () => sink.close() };
  const ambient = { now: Date.now, monotonic: () => performance.now(), random: () => random.next() };
  const surroundings = { ambient, clock: { now: () => performance.now(), wall: Date.now }, dispatcher };
  const leaving = new AbortController();
  const ended = runWorker(
    assemble({ config, once: false, report: () => undefined }, target, surroundings),
    leaving.signal,
  );
  ended.catch(() => undefined);
  return () => leaving.abort();
}

/** So many timers in each hour, at any moments of it; each runs for twenty minutes. */
function keepBusy({ world }: Practice, clock: VirtualClock, timers: number): void {
  const [workspaceId = ''] = world.store.workspaceIds();
  const users = world.store.rows('users', workspaceId).map(({ id }) => id);
  const random = createRandom(3);
  let turn = 0;
  const time = (): void => {
    const userId = users[turn % users.length] ?? '';
    turn += 1;
    world.startTimer({ workspaceId, userId });
    clock.at(20 * MINUTE_MS, () => world.stopTimer(workspaceId, userId));
  };
  const hour = (): void => {
    for (let left = timers; left > 0; left -= 1) clock.at(random.next() * HOUR_MS, time);
    clock.at(HOUR_MS, hour);
  };
  hour();
}

function isOfWorkspace({ workspaceId }: Asked): boolean {
  return workspaceId !== null;
}

/** The sliding window has a start and no end; the newest of a history looks the same, but goes much further back. */
function kindOf({ path, query, atMs }: Asked): Kind {
  if (path.endsWith('/in-progress')) return 'running';
  if (path.includes('/entities/')) return 'changes';
  if (path.endsWith('/time-entries/{id}')) return 'reads';
  if (!path.endsWith('/time-entries')) return 'lists';
  const asked = new URLSearchParams(query);
  const from = asked.get('start');
  if (asked.has('end') || from === null) return 'reconcile';
  return atMs - Date.parse(from) > 20 * DAY_MS ? 'reconcile' : 'recent';
}

parentPort?.postMessage(await live(workerData as Day));
