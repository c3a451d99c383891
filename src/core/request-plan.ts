import { PRIORITY_LEVELS, type Priority, type Rate, TURNS_PER_LEVEL } from './rate.ts';

/**
 * What a configuration asks of a budget, worked out before anything starts. Requests are counted without faults and
 * without the reads by id that settle deletes.
 */

/** One thing that is read again and again out of one budget. */
export interface Rhythm {
  readonly source: string;
  /** Which of the source's rhythms: `sweep`, or what is discovered. */
  readonly rhythm: string;
  readonly priority: Priority;
  /** Undefined: once, at the start. */
  readonly everyMs: number | undefined;
  /** What sets `everyMs`, as the configuration names it. */
  readonly setting: string;
  readonly requestsPerPass: number;
  /** Reads by id, an hour: as many as there are changes, whatever the interval. */
  readonly readsPerHour?: number | undefined;
  /** The longest interval that can be set; what would need a longer one can be off. Undefined: any, and never off. */
  readonly longestMs?: number | undefined;
  /** How many are read side by side: each has one request under way or waiting. */
  readonly slices: number;
  /** What the number takes for granted. */
  readonly assumes?: string | undefined;
}

export interface PlannedRhythm extends Rhythm {
  readonly perHour: number;
  /** Of the budget, 0 to 1; more where it cannot be met. */
  readonly share: number;
  /** How old what is published may be, at the worst; undefined for what is read once. */
  readonly stalenessMs: number | undefined;
}

export interface PlannedBudget {
  readonly budget: string;
  readonly rate: Rate;
  readonly capacityPerHour: number;
  readonly demandPerHour: number;
  readonly fits: boolean;
  /** Of one pass of everything but the histories, as at the first start. */
  readonly firstLook: FirstPass;
  /** Of one pass of everything. */
  readonly firstLoad: FirstPass;
  readonly rhythms: readonly PlannedRhythm[];
  /** Settings with which the budget would be enough; only what would have to change. Empty where it fits. */
  readonly proposals: readonly Proposal[];
}

interface FirstPass {
  readonly requests: number;
  readonly tookMs: number;
}

interface Proposal {
  readonly setting: string;
  /** Undefined: off. */
  readonly everyMs: number | undefined;
}

const HOUR_MS = 3_600_000;

export function planBudget(budget: string, rate: Rate, rhythms: readonly Rhythm[]): PlannedBudget {
  const capacityPerHour = (rate.requests * HOUR_MS) / rate.windowMs;
  const demandPerHour = sumOf(rhythms.map(perHourOf));
  const fits = demandPerHour <= capacityPerHour;
  const granted = grantsOf(rhythms, capacityPerHour);
  return {
    budget,
    rate,
    capacityPerHour,
    demandPerHour,
    fits,
    ...firstPasses(rate, rhythms, granted, capacityPerHour),
    rhythms: rhythms.map((rhythm, at) => ({
      ...rhythm,
      perHour: perHourOf(rhythm),
      share: perHourOf(rhythm) / capacityPerHour,
      stalenessMs: stalenessOf(rhythm, rate, granted[at] ?? 0),
    })),
    proposals: fits ? [] : proposalsOf(rhythms, capacityPerHour * FILLED),
  };
}

/** Retries, reads by id and a busy day need some of it too. */
const FILLED = 0.9;

function perHourOf({ everyMs, requestsPerPass, readsPerHour = 0 }: Rhythm): number {
  return readsPerHour + (everyMs === undefined ? 0 : (requestsPerPass * HOUR_MS) / everyMs);
}

/** Histories are read with what the others leave of the budget while it lasts: a tenth at the least. */
function firstPasses(rate: Rate, rhythms: readonly Rhythm[], granted: readonly number[], capacity: number) {
  const passOf = (some: readonly Rhythm[]) => sumOf(some.map(({ requestsPerPass }) => requestsPerPass));
  const others = rhythms.filter((rhythm) => !isHistory(rhythm));
  const look = passOf(others);
  const histories = passOf(rhythms.filter(isHistory));
  const left = Math.max(1 / TURNS_PER_LEVEL, 1 - sumOf(others.map(perHourOf)) / capacity);
  const starvedMs = (some: (rhythm: Rhythm) => boolean) =>
    Math.max(0, ...rhythms.map((each, at) => (some(each) ? starvedPassMs(each, granted[at] ?? 0) : 0)));
  const lookMs = Math.max(
    spendingMs(rate, look),
    starvedMs((rhythm) => !isHistory(rhythm)),
  );
  const loadMs = Math.max(lookMs, historiesMs(rate, look, histories, left), starvedMs(isHistory));
  return {
    firstLook: { requests: look, tookMs: lookMs },
    firstLoad: { requests: look + histories, tookMs: loadMs },
  };
}

/** What the first look leaves of its last window goes at once; then a share of each window. */
function historiesMs(rate: Rate, look: number, histories: number, share: number): number {
  const { requests, windowMs, burst } = rate;
  if (burst < requests) return spendingMs(rate, look + histories / share);
  const atOnce = requests * Math.max(1, Math.ceil(look / requests)) - look;
  const later = Math.max(0, histories - atOnce);
  return spendingMs(rate, look) + Math.ceil(later / (requests * share)) * windowMs;
}

/** How long a pass takes of what gets less than it wants; 0: it gets that. */
function starvedPassMs(rhythm: Rhythm, grantedPerHour: number): number {
  if (grantedPerHour >= perHourOf(rhythm) * (1 - ROUNDING)) return 0;
  return (rhythm.requestsPerPass * HOUR_MS) / grantedPerHour;
}

const ROUNDING = 1e-9;

/** Its passes are spread over their interval. */
function isHistory({ priority }: Rhythm): boolean {
  return priority === 'reconcile';
}

/** How long so many requests take: the first window's go at once. */
function spendingMs({ requests, windowMs, burst }: Rate, count: number): number {
  if (burst < requests) return Math.max(0, (count - burst) * windowMs) / requests;
  return Math.max(0, Math.ceil(count / requests) - 1) * windowMs;
}

/**
 * What each gets an hour: a level all that it wants before the next one, but for the turns that are kept for those
 * behind it; within a level every slice the same.
 */
function grantsOf(rhythms: readonly Rhythm[], capacity: number): readonly number[] {
  const levels = [...new Set(rhythms.map(levelOf))].sort((a, b) => a - b);
  const demands = levels.map((level) => sumOf(rhythms.filter((each) => levelOf(each) === level).map(perHourOf)));
  let left = capacity;
  const grants = rhythms.map(() => 0);
  for (const [at, level] of levels.entries()) {
    const kept = sumOf(demands.slice(at + 1).map((later) => Math.min(later, capacity / TURNS_PER_LEVEL)));
    const given = Math.min(demands[at] ?? 0, left - kept);
    left -= given;
    const members = rhythms.map((each) => ({
      demand: levelOf(each) === level ? perHourOf(each) : 0,
      weight: each.slices,
    }));
    for (const [index, part] of fairParts(members, given).entries()) grants[index] = (grants[index] ?? 0) + part;
  }
  return grants;
}

/** To everybody an equal part by weight, and what one does not need to the others. */
function fairParts(
  members: readonly { readonly demand: number; readonly weight: number }[],
  capacity: number,
): readonly number[] {
  const wanting = members.map((member, at) => ({ ...member, at })).filter(({ demand }) => demand > 0);
  wanting.sort((a, b) => a.demand / a.weight - b.demand / b.weight);
  const parts = members.map(() => 0);
  let left = capacity;
  let weights = sumOf(wanting.map(({ weight }) => weight));
  for (const { demand, weight, at } of wanting) {
    const part = Math.min(demand, (left * weight) / weights);
    parts[at] = part;
    left -= part;
    weights -= weight;
  }
  return parts;
}

function levelOf({ priority }: Rhythm): number {
  return PRIORITY_LEVELS[priority];
}

/** A change just after it was looked for waits an interval, and then until its page is read. */
function stalenessOf(rhythm: Rhythm, rate: Rate, grantedPerHour: number): number | undefined {
  const { everyMs, requestsPerPass, readsPerHour = 0 } = rhythm;
  if (everyMs === undefined) return undefined;
  const requests = requestsPerPass + (readsPerHour * everyMs) / HOUR_MS;
  const passMs = requests === 0 ? 0 : (requests * HOUR_MS) / grantedPerHour;
  return Math.max(everyMs + (isHistory(rhythm) ? 0 : spendingMs(rate, requests)), passMs);
}

/** All that one setting sets the interval of, or a part of it. */
interface Setting {
  readonly setting: string;
  readonly everyMs: number;
  readonly requests: number;
  readonly readsPerHour: number;
  readonly longestMs: number;
}

/** Off is what the budget cannot do at any interval; the others are slowed down until they fit. */
function proposalsOf(rhythms: readonly Rhythm[], capacity: number): readonly Proposal[] {
  let on = settingsOf(rhythms);
  const off: Proposal[] = [];
  for (;;) {
    const slower = slowerOf(on, capacity);
    const worst = worstOf(on, slower, capacity);
    if (worst === undefined) return [...off, ...slower];
    off.push({ setting: worst.setting, everyMs: undefined });
    on = on.filter((each) => each !== worst);
  }
}

function settingsOf(rhythms: readonly Rhythm[]): readonly Setting[] {
  const bySetting = new Map<string, Setting>();
  for (const { setting, everyMs, requestsPerPass, readsPerHour = 0, longestMs } of rhythms) {
    if (everyMs === undefined) continue;
    const before = bySetting.get(setting) ?? { everyMs, requests: 0, readsPerHour: 0 };
    bySetting.set(setting, {
      setting,
      everyMs: before.everyMs,
      requests: before.requests + (requestsPerPass * before.everyMs) / everyMs,
      readsPerHour: before.readsPerHour + readsPerHour,
      longestMs: longestMs ?? Number.POSITIVE_INFINITY,
    });
  }
  return [...bySetting.values()];
}

/** Everybody gets an equal part, and what one does not need goes to the others: a short list keeps its interval. */
function slowerOf(settings: readonly Setting[], capacity: number): readonly { setting: string; everyMs: number }[] {
  const left = Math.max(0, capacity - sumOf(settings.map(({ readsPerHour }) => readsPerHour)));
  const demands = settings.map(({ requests, everyMs }) => (requests * HOUR_MS) / everyMs);
  const parts = fairParts(
    demands.map((demand) => ({ demand, weight: 1 })),
    left,
  );
  return settings.flatMap(({ setting, everyMs, requests }, at) => {
    const part = parts[at] ?? 0;
    if (part >= (demands[at] ?? 0)) return [];
    return [{ setting, everyMs: Math.max(everyMs, roundUp((requests * HOUR_MS) / part)) }];
  });
}

/** Whose reads alone leave too little for any list, or what would be slower than can be set. */
function worstOf(
  settings: readonly Setting[],
  slower: readonly { setting: string; everyMs: number }[],
  capacity: number,
) {
  const byReads = settings.toSorted((a, b) => b.readsPerHour - a.readsPerHour);
  if (sumOf(byReads.map(({ readsPerHour }) => readsPerHour)) > capacity / 2) return byReads[0];
  return settings.find(({ setting, longestMs }) =>
    slower.some((each) => each.setting === setting && each.everyMs > longestMs),
  );
}

const [SECOND, MINUTE, DAY] = [1_000, 60_000, 24 * HOUR_MS];
const ROUND = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 20, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12].map((count) => count * HOUR_MS),
];

/** To an interval that a person would write. */
function roundUp(ms: number): number {
  return ROUND.find((round) => round >= ms) ?? Math.ceil(ms / DAY) * DAY;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
