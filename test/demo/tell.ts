import type { KindReport } from '../support/change-report.ts';
import type { Comparison } from '../support/comparison.ts';
import type { Proof, Terms } from '../support/proof.ts';
import type { RequestReport } from '../support/request-report.ts';

/** What a run has shown, for people and for a file. */

/** The comparison without the keys that differ. */
export function numbersOf({ topics, ...sums }: Comparison) {
  const counted = Object.entries(topics).map(([name, { missing, extra, different, ...rest }]) => [
    name,
    { ...rest, missing: missing.length, extra: extra.length, different: different.length },
  ]);
  return { ...sums, topics: Object.fromEntries(counted) };
}

export function comparisonLines({ published, topics, ...sums }: Comparison): readonly string[] {
  const { duplicates, missing, extra, different } = sums;
  const all = Object.entries(topics);
  return [
    ...all.map(
      ([name, { records, keys }]) => `  ${name.padEnd(24)} ${right(records, 6)} records, ${right(keys, 5)} entities`,
    ),
    `  published r=${published.r} c=${published.c} u=${published.u} d=${published.d}`,
    `  duplicates ${duplicates}, missing ${missing}, extra ${extra}, different ${different}`,
    ...all.flatMap(([name, each]) =>
      (['missing', 'extra', 'different'] as const)
        .filter((kind) => each[kind].length > 0)
        .map((kind) => `  ${name}: ${kind} ${each[kind].slice(0, 5).join(', ')}`),
    ),
  ];
}

/** @param deletionDelayMs before which Clockify shows no deletion in its lists of changes */
export function proofLines({ changes, requests }: Proof, { pace }: Terms, deletionDelayMs: number): readonly string[] {
  const kinds = Object.entries(changes?.kinds ?? {});
  if (changes === undefined || pace === undefined) return requestLines(requests);
  const { firstLoadMs, duringFirstLoad, lost, untrue, outOfBounds } = changes;
  const intervals = Object.entries(pace.intervals).map(
    ([name, ms]) => `${name} ${ms === undefined ? 'off' : seconds(ms)}`,
  );
  return [
    `\nTime entries, change by change (${intervals.join(', ')}; recent is ${pace.recentMs / 86_400_000} d):`,
    HEAD,
    ...kinds.map(([kind, report]) => kindLine(kind, report)),
    '  Superseded: the next change came before the next look. Undone: it was taken back before. Polling cannot see either.',
    '  Overtaken: an answer with a later state was committed first. Lost is a fault.',
    `  A deletion is in the lists of changes only after ${seconds(deletionDelayMs)}: Clockify's delay, and part of the latency here.`,
    `  First load ${seconds(firstLoadMs)}, with ${duringFirstLoad} changes meanwhile that count for no latency.`,
    `  lost ${lost.length}, never true ${untrue.length}, out of bounds ${outOfBounds.length}`,
    ...[...lost, ...untrue, ...outOfBounds].slice(0, 5).map((what) => `    ${what}`),
    '\nHow long after it happened a change was published, by the rhythm that saw it:',
    ...kinds.flatMap(([kind, { latencyBy }]) =>
      Object.entries(latencyBy).map(
        ([rhythm, { count, p50Ms, p99Ms, maxMs, intervalMs }]) =>
          `  ${kind.padEnd(24)} ${rhythm.padEnd(10)} ${right(count, 5)}  p50 ${right(seconds(p50Ms), 7)}  p99 ${right(seconds(p99Ms), 7)}  longest ${right(seconds(maxMs), 7)}  ${intervalMs === undefined ? '' : `interval ${seconds(intervalMs)}`}`,
      ),
    ),
    ...requestLines(requests),
  ];
}

const HEAD = `  ${'kind'.padEnd(24)} happened  seen  superseded  undone  overtaken  lost      p50      p99  seen by`;

function kindLine(kind: string, { happened, fates, seenBy, latency }: KindReport): string {
  const { seen, superseded, undone, overtaken, lost } = fates;
  const by = Object.entries(seenBy).map(([rhythm, count]) => `${rhythm} ${count}`);
  const [p50, p99] = latency === undefined ? ['', ''] : [seconds(latency.p50Ms), seconds(latency.p99Ms)];
  const counts = `${right(happened, 8)} ${right(seen, 5)} ${right(superseded, 11)} ${right(undone, 7)} ${right(overtaken, 10)} ${right(lost, 5)}`;
  return `  ${kind.padEnd(24)} ${counts} ${right(p50, 8)} ${right(p99, 8)}  ${by.join(', ')}`.trimEnd();
}

function requestLines({ total, spent, budgets, violations, refused }: RequestReport): readonly string[] {
  return [
    `\nRequests by the practice Clockify's own log, ${total}:`,
    ...Object.entries(spent).map(([purpose, count]) => `  ${right(count, 6)}  ${purpose}`),
    ...budgets.map(
      ({ owner, requests, most, limit, windowMs }) =>
        `  ${owner.padEnd(24)} ${right(requests, 6)} requests, at most ${most} in any ${seconds(windowMs)}, of ${limit}`,
    ),
    `  over budget ${violations}, refused with 429 ${refused}`,
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 100_000 ? 1 : 0)} s`;
}

function right(value: string | number, width: number): string {
  return String(value).padStart(width);
}
