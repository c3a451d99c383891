import { templates } from '../../src/clockify/templates/catalogue.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { judges } from '../../src/worker/judges.ts';
import { type Beginning, type ChangeReport, type Pace, reportChanges } from './change-report.ts';
import { type Comparison, isClean } from './comparison.ts';
import type { Published } from './published.ts';
import { type Limits, type RequestReport, reportRequests } from './request-report.ts';

/** What a run has shown, beside the comparison of its end. */
export interface Proof {
  /** Undefined where the configuration has no rhythms. */
  readonly changes: ChangeReport | undefined;
  readonly requests: RequestReport;
}

export interface Terms {
  /** Undefined where the configuration has no rhythms. */
  readonly pace: Pace | undefined;
  readonly limits: Limits;
}

/** What a configuration of one credential promises: how often it looks, and how much it asks at most. */
export function termsOf(file: string, env: NodeJS.ProcessEnv): Terms {
  const config = loadConfig({ file, env, templates, judges });
  const [credential] = Object.values(config.credentials);
  if (credential === undefined) throw new Error(`${file} has no credential`);
  const { rate, reportsRate } = credential;
  const source = config.sources.find(({ rhythms }) => rhythms !== undefined);
  const limits = { rate, reportsRate, recentMs: source?.rhythms?.recentMs };
  return { limits, pace: source === undefined ? undefined : paceOf(source) };
}

function paceOf({ rhythms, everyMs }: ReturnType<typeof loadConfig>['sources'][number]): Pace {
  const { runningMs, changesMs, recentMs = 0, reconcile } = rhythms ?? {};
  return {
    intervals: { running: runningMs, changes: changesMs, recent: everyMs, reconcile: reconcile?.everyMs },
    recentMs,
    overtakenMs: Math.max(runningMs ?? 0, changesMs ?? 0, everyMs),
  };
}

export function proofOf(
  simulator: Pick<Simulator, 'world' | 'requests'>,
  beginning: Beginning,
  published: readonly Published[],
  { pace, limits }: Terms,
): Proof {
  const entries = published.filter(({ topic }) => topic.endsWith('.time_entries'));
  return {
    changes: pace === undefined ? undefined : reportChanges(simulator, beginning, entries, pace),
    requests: reportRequests(simulator.requests, limits),
  };
}

/** What must never be, and was; empty where every law holds. No law is about how long something took. */
export function brokenLaws(comparison: Comparison, { changes, requests }: Proof): readonly string[] {
  const laws: readonly (readonly [string, readonly string[] | number])[] = [
    ['changes that were shown or still stand, and were not published', changes?.lost ?? []],
    ['published changes that were never true', changes?.untrue ?? []],
    ['published changes that did not happen within their bounds', changes?.outOfBounds ?? []],
    ['requests over budget', requests.violations],
  ];
  const broken = laws.map(([law, found]) => [law, typeof found === 'number' ? found : found.length, found] as const);
  return [
    ...(isClean(comparison) ? [] : ['the topics are not the truth']),
    ...broken
      .filter(([, count]) => count > 0)
      .map(([law, count, found]) => `${law}: ${count}${typeof found === 'number' ? '' : ` (${found.slice(0, 5)})`}`),
  ];
}

/**
 * What the rhythms are for, held against their intervals; empty where it was reached. Of timers 99 in 100 must be
 * published within two intervals of `running`: the hundredth is left to a machine that had something else to do.
 */
export function missedGoals({ changes }: Proof, { pace }: Terms): readonly string[] {
  if (changes === undefined || pace === undefined) return [];
  const { running = Number.POSITIVE_INFINITY } = pace.intervals;
  const late = ['timer started', 'timer stopped'].flatMap((kind) => {
    const p99Ms = changes.kinds[kind]?.latency?.p99Ms ?? 0;
    return p99Ms <= 2 * running
      ? []
      : [`${kind}: p99 ${p99Ms} ms is more than two intervals of running (${running} ms)`];
  });
  const unfound = ['edited, back-dated', 'deleted, back-dated'].filter((kind) => {
    const report = changes.kinds[kind];
    return report !== undefined && report.fates.seen > 0 && report.seenBy.changes === undefined;
  });
  return [...late, ...unfound.map((kind) => `${kind}: none was seen by changes`)];
}
