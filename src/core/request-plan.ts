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
  /** Of one pass of everything, as at the first start. */
  readonly firstLoad: { readonly requests: number; readonly tookMs: number };
  readonly rhythms: readonly PlannedRhythm[];
  /** Intervals with which the budget would be enough; only what would have to change. Empty where it fits. */
  readonly proposals: readonly Proposal[];
}

interface Proposal {
  readonly setting: string;
  readonly everyMs: number;
}

const HOUR_MS = 3_600_000;

export function planBudget(budget: string, rate: Rate, rhythms: readonly Rhythm[]): PlannedBudget {
  const capacityPerHour = (rate.requests * HOUR_MS) / rate.windowMs;
  const demandPerHour = sumOf(rhythms.map(perHourOf));
  const fits = demandPerHour <= capacityPerHour;
  const granted = grantsOf(rhythms, capacityPerHour);
  const requests = sumOf(rhythms.map(({ requestsPerPass }) => requestsPerPass));
  return {
    budget,
    rate,
    capacityPerHour,
    demandPerHour,
    fits,
    firstLoad: { requests, tookMs: spendingMs(rate, requests) },
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

function perHourOf({ everyMs, requestsPerPass }: Rhythm): number {
  return everyMs === undefined ? 0 : (requestsPerPass * HOUR_MS) / everyMs;
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
  const { everyMs, requestsPerPass } = rhythm;
  if (everyMs === undefined) return undefined;
  const passMs = (requestsPerPass * HOUR_MS) / grantedPerHour;
  return Math.max(everyMs + spendingMs(rate, requestsPerPass), passMs);
}

/** Everybody gets an equal part, and what one does not need goes to the others: a short list keeps its interval. */
function proposalsOf(rhythms: readonly Rhythm[], capacity: number): readonly Proposal[] {
  const bySetting = new Map<string, { everyMs: number; requests: number }>();
  for (const { setting, everyMs, requestsPerPass } of rhythms) {
    if (everyMs === undefined) continue;
    const requests = (bySetting.get(setting)?.requests ?? 0) + requestsPerPass;
    bySetting.set(setting, { everyMs, requests });
  }
  const settings = [...bySetting].map(([setting, { everyMs, requests }]) => ({
    setting,
    everyMs,
    requests,
    demand: (requests * HOUR_MS) / everyMs,
  }));
  const parts = fairParts(
    settings.map(({ demand }) => ({ demand, weight: 1 })),
    capacity,
  );
  return settings.flatMap(({ setting, everyMs, requests, demand }, at) => {
    const part = parts[at] ?? 0;
    if (part >= demand) return [];
    return [{ setting, everyMs: Math.max(everyMs, roundUp((requests * HOUR_MS) / part)) }];
  });
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
