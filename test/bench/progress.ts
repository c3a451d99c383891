import type { RequestLog } from '../../src/simulator/request-log.ts';
import { purposeOf } from '../support/request-report.ts';

/** The practice Clockify's request log, as it is told. */
export interface Logged {
  readonly requests: RequestLog['entries'];
  readonly total: number;
}

export interface Progress {
  /** Windows of the history of which a first page was asked for. */
  readonly windows: number;
  /** The longest between two of them, from the first to the last. */
  readonly longestStillMs: number;
  /** Between two looks of `running`, ms. */
  readonly gaps: { readonly count: number; readonly p50Ms: number; readonly p99Ms: number; readonly maxMs: number };
}

export function progressOf({ requests }: Logged, recentMs: number | undefined): Progress {
  const ofPurpose = (wanted: string) => requests.filter((each) => purposeOf(each, recentMs) === wanted);
  const isWindow = (query: string) => {
    const asked = new URLSearchParams(query);
    return asked.get('page') === '1' && asked.get('page-size') !== '1';
  };
  const windows = ofPurpose('reconcile').filter(({ query }) => isWindow(query));
  const looks = ofPurpose('running').filter(({ query }) => isWindow(query));
  const gaps = gapsOf(looks.map(({ atMs }) => atMs));
  const at = (share: number) => gaps[Math.max(0, Math.ceil(share * gaps.length) - 1)] ?? 0;
  return {
    windows: windows.length,
    longestStillMs: gapsOf(windows.map(({ atMs }) => atMs)).at(-1) ?? 0,
    gaps: { count: looks.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) },
  };
}

/** Shortest first. */
function gapsOf(times: readonly number[]): readonly number[] {
  return times
    .slice(1)
    .map((time, at) => time - (times[at] as number))
    .sort((a, b) => a - b);
}
