/** Who does harm: faults drawn from a seed, one after the other, while everything goes on. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Faults } from '../../src/simulator/faults.ts';
import type { Stack } from '../stack/stack.ts';
import type { Crew } from './crew.ts';
import type { ToxicProxy } from './toxic-proxy.ts';
import { TOXICS, toxicOf } from './toxics.ts';

export interface Victims {
  readonly crew: Crew;
  readonly stack: Stack;
  readonly kafka: ToxicProxy;
  readonly registry: ToxicProxy;
  readonly clockify: Faults;
}

export interface NemesisOptions {
  readonly kills: number;
  /** Shortest and longest pause between two faults, ms. */
  readonly pauseMs: readonly [number, number];
  /** Longer than a session. */
  readonly freezeMs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

type Harm = (victims: Victims, random: () => number, options: NemesisOptions) => Promise<void>;

/** Beside the kills, and how often each is drawn. */
const HARMS: readonly (readonly [name: string, weight: number, harm: Harm])[] = [
  ['SIGTERM', 2, async ({ crew }, random) => void (await crew.stop(pick(crew, random)))],
  ['SIGSTOP past the session', 1, ({ crew }, random, { freezeMs }) => crew.freeze(pick(crew, random), freezeMs)],
  ['clock jump', 1, ({ crew }, random) => crew.jump(pick(crew, random))],
  ['broker killed', 1, brokerOutage],
  ['registry killed', 1, ({ stack }, random) => outage(stack.registry, random)],
  ...TOXICS.map((type): (typeof HARMS)[number] => [
    `kafka ${type}`,
    1,
    ({ kafka }, random) => ill(kafka, type, random),
  ]),
  ['registry timeout', 1, ({ registry }, random) => ill(registry, 'timeout', random)],
  ['registry down', 1, ({ registry }, random) => ill(registry, 'down', random)],
  ['clockify faults', 4, clockifyFaults],
];

/** How often each fault struck. */
export async function harm(victims: Victims, options: NemesisOptions): Promise<ReadonlyMap<string, number>> {
  const { kills, pauseMs, random, signal } = options;
  const struck = new Map<string, number>();
  const strike = async (name: string, work: () => Promise<void>) => {
    await work();
    struck.set(name, (struck.get(name) ?? 0) + 1);
  };
  for (let kill = 0; kill < kills && !signal.aborted; kill++) {
    await sleep(pauseMs[0] + random() * (pauseMs[1] - pauseMs[0]));
    await strike('kill -9', () => victims.crew.kill(pick(victims.crew, random)));
    if (random() < OTHERS) {
      const [name, harmOf] = drawn(random);
      await strike(name, () => harmOf(victims, random, options));
    }
  }
  return struck;
}

/** Another fault follows this share of the kills. */
const OTHERS = 0.6;

function drawn(random: () => number): readonly [string, Harm] {
  const total = HARMS.reduce((sum, [, weight]) => sum + weight, 0);
  let at = random() * total;
  for (const [name, weight, harmOf] of HARMS) {
    at -= weight;
    if (at < 0) return [name, harmOf];
  }
  throw new Error('the weights do not add up');
}

function pick({ size }: Crew, random: () => number): number {
  return Math.floor(random() * size);
}

async function outage(service: Stack['broker'], random: () => number): Promise<void> {
  if (service === undefined) throw new Error('the campaign needs a stack of its own');
  await service.kill();
  await sleep(random() * 2_000);
  await service.start();
}

/**
 * Its network goes first: a broker that is alone forgets the markers of a transaction if it dies in the milliseconds
 * between the decision to commit and them (Kafka 4.4.0, observed 2026-11-27).
 */
async function brokerOutage({ stack, kafka }: Victims, random: () => number): Promise<void> {
  kafka.infect('upstream', { type: 'down' });
  await sleep(MARKERS_TAKE_MS);
  await outage(stack.broker, random);
  kafka.cure();
}

const MARKERS_TAKE_MS = 1_000;

async function ill(proxy: ToxicProxy, type: (typeof TOXICS)[number], random: () => number): Promise<void> {
  proxy.infect(random() < 0.5 ? 'upstream' : 'downstream', toxicOf(type, random));
  await sleep(500 + random() * 2_500);
  proxy.cure();
}

/** A few answers of every wrong kind; what is right again ends by itself. */
async function clockifyFaults({ clockify }: Victims, random: () => number): Promise<void> {
  const actions = [
    { kind: 'status', status: 500 },
    { kind: 'status', status: 429, retryAfterSeconds: 1 },
    { kind: 'status', status: 403 },
    { kind: 'cut' },
    { kind: 'html' },
    { kind: 'emptyList' },
    { kind: 'duplicateRows' },
    { kind: 'noLastPage' },
    { kind: 'delay', ms: 1_500 },
    { kind: 'slowBody', ms: 1_000 },
  ] as const;
  for (let rule = 0; rule < 3; rule++) {
    const action = actions[Math.floor(random() * actions.length)];
    if (action !== undefined) clockify.add({ probability: 0.3, times: 20, action });
  }
  await sleep(1_500);
  clockify.clear();
}
