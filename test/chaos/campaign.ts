/**
 * A campaign: workers on a real Kafka, a practice Clockify where life goes on, and a nemesis. Then everything is left to
 * settle, and the checker reads what is there.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { type Beginning, beginningOf, reportChanges } from '../support/change-report.ts';
import { compare, expectationsOf, isClean } from '../support/comparison.ts';
import { readPublished } from '../support/published.ts';
import { judge, type Verdict } from './checker.ts';
import { type Crew, startCrew } from './crew.ts';
import { harm } from './nemesis.ts';
import { readByKcat, readDeadLetters, readState } from './readers.ts';
import { startToxicProxy, type ToxicProxy } from './toxic-proxy.ts';

export interface CampaignOptions {
  readonly kills: number;
  readonly workers: number;
  readonly seed: number;
  /** Each worker has shards of its own instead of asking the group: no session has to end, so that kills follow closely. */
  readonly fixed: boolean;
  readonly say: (line: string) => void;
}

export interface CampaignResult {
  readonly verdict: Verdict;
  readonly faults: ReadonlyMap<string, number>;
  readonly ops: Readonly<Record<string, number>>;
  readonly happened: number;
  readonly tookMs: number;
  /** Whether kcat has read the topics, too. */
  readonly hadOtherReader: boolean;
  /** Times that a worker ended by itself. */
  readonly deaths: readonly number[];
  readonly exitCodes: readonly number[];
  /** Logs of the workers; to be removed by whoever has looked at them. */
  readonly folder: string;
}

const CONFIG = fileURLToPath(new URL('./chaos.yaml', import.meta.url));
const NAMES = ['users', 'projects', 'time-entries'] as const;
const SHARDS = 24;
const ACTIVITY_PER_SECOND = 12;
const SETTLE_WITHIN_MS = 150_000;
const KEEP_ALL = { requestLogLimit: 1_000, historyLimit: 10_000_000 };

export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const { seed, workers, fixed, say } = options;
  const startedAt = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-chaos-'));
  const [kafka, registry] = await Promise.all([startToxicProxy(), startToxicProxy()]);
  const stack = await startStack({ own: true, proxyPort: kafka.port });
  const simulator = await startSimulator({ ...KEEP_ALL, seed, workspaces: 4, users: 6, days: 6 });
  const scene = { options, stack, simulator, kafka, registry, app: `chaos-${seed}` };
  const crew = startCrew(workers, environmentOf(scene, folder), (index) =>
    fixed ? ['--shards', shardsOf(index, workers)] : [],
  );
  try {
    const beginning = beginningOf(simulator);
    const faults = await suffer(scene, crew);
    await settle(scene, say);
    const exitCodes = await crew.end();
    const found = await conclude(scene, beginning);
    const tookMs = Math.round(performance.now() - startedAt);
    return { ...found, faults, deaths: crew.deaths, exitCodes, tookMs, folder };
  } finally {
    await crew.abandon();
    await simulator.close();
    await stack.stop();
    await Promise.all([kafka.close(), registry.close()]);
  }
}

export function forget({ folder }: CampaignResult): void {
  rmSync(folder, { recursive: true, force: true });
}

interface Scene {
  readonly options: CampaignOptions;
  readonly stack: Stack;
  readonly simulator: Simulator;
  readonly kafka: ToxicProxy;
  readonly registry: ToxicProxy;
  readonly app: string;
}

function environmentOf({ stack, simulator, kafka, registry, app }: Scene, folder: string) {
  const url = URL.parse(stack.registryUrl);
  if (stack.proxiedPort === undefined || url === null) throw new Error('the campaign needs a stack of its own');
  kafka.lead(stack.proxiedPort);
  registry.lead(Number(url.port));
  return {
    config: CONFIG,
    clockifyUrl: simulator.url,
    apiKey: simulator.apiKey,
    brokers: [`127.0.0.1:${kafka.port}`],
    registryUrl: `http://127.0.0.1:${registry.port}${url.pathname}`,
    logFile: join(folder, 'worker.log'),
    env: { APP: app },
  };
}

/** An even part of the shards, as `0-7`. */
function shardsOf(index: number, workers: number): string {
  const from = Math.floor((index * SHARDS) / workers);
  const to = Math.floor(((index + 1) * SHARDS) / workers) - 1;
  return `${from}-${to}`;
}

async function suffer({ options, stack, simulator, kafka, registry }: Scene, crew: Crew) {
  const { kills, seed, fixed } = options;
  simulator.startActivity(ACTIVITY_PER_SECOND);
  await sleep(6_000);
  const victims = { crew, stack, kafka, registry, clockify: simulator.faults };
  return harm(victims, {
    kills,
    pauseMs: fixed ? [300, 2_500] : [1_500, 5_000],
    freezeMs: 7_500,
    random: randomFrom(seed),
    signal: new AbortController().signal,
  });
}

/** The world stands still, and the workers catch up with it. */
async function settle(scene: Scene, say: (line: string) => void): Promise<void> {
  await sleep(4_000);
  scene.simulator.stopActivity();
  say('the faults are over; waiting until everything is published');
  const until = Date.now() + SETTLE_WITHIN_MS;
  while (Date.now() < until && !(await look(scene).then(isClean, () => false))) await sleep(1_500);
}

function topicsOf(app: string): string[] {
  return NAMES.map((name) => `${app}.${templateNamed(name).plural}`);
}

async function look({ stack, simulator, app }: Scene) {
  const published = await readPublished(stack, topicsOf(app));
  return compare(published, expectationsOf(NAMES, simulator.world.truth(), app));
}

/** So long an answer may lie with a worker that is killed before it commits. */
const OVERTAKEN_MS = 600_000;
const PACE = { intervals: {}, recentMs: 2 * 86_400_000, overtakenMs: OVERTAKEN_MS };

async function conclude({ stack, simulator, app }: Scene, beginning: Beginning) {
  const { world } = simulator;
  const topics = topicsOf(app);
  const published = await readPublished(stack, topics);
  const comparison = compare(published, expectationsOf(NAMES, world.truth(), app));
  const entries = published.filter(({ topic }) => topic.endsWith('.time_entries'));
  const changes = reportChanges(simulator, beginning, entries, PACE);
  const otherReader = await readByKcat(stack.brokers, topics);
  const verdict = judge({
    published,
    comparison,
    lostChanges: changes.lost,
    untrue: changes.untrue,
    history: world.history.entries,
    topicOf: Object.fromEntries(NAMES.map((name, at) => [name, topics[at] ?? ''])),
    state: await readState(stack.brokers, `__clockify-kafka.${app}.state`, SHARDS),
    deadLetters: await readDeadLetters(stack.brokers, `dlq.${app}`),
    otherReader,
  });
  const happened = world.history.sequence - beginning.sequence;
  return { verdict, ops: comparison.published, happened, hadOtherReader: otherReader !== undefined };
}

/** Mulberry32: the same seed, the same faults in the same order; their moments are the machine's. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
