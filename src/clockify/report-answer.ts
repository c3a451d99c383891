import { WorkerError } from '../core/errors.ts';
import { type Fields, isFields, jsonIn } from './json-body.ts';

export interface DetailedPage {
  readonly items: readonly unknown[];
  /** Of all pages; undefined where the report does not say it. */
  readonly count: number | undefined;
  /** The answer itself: its totals are beside the rows. */
  readonly report: Fields;
}

/** @throws {WorkerError} transient `report.unreadable`: a proxy's page or a cut body; never quoted (P7) */
export function readDetailed(body: Uint8Array): DetailedPage {
  const report = parseAnswer(body);
  // The official export of 2026-03 has the second spelling, the wire the first.
  const items = isFields(report) ? (report.timeentries ?? report.timeEntries) : undefined;
  if (!isFields(report) || !Array.isArray(items)) throw unreadable();
  const count = totalsIn(report)?.entriesCount;
  return { items, count: Number.isInteger(count) ? (count as number) : undefined, report };
}

/** Totals of a report; undefined where there are none: `[null]` stands for nothing at all (observed with clients). */
export function totalsIn({ totals }: Fields): Fields | undefined {
  const first: unknown = Array.isArray(totals) ? totals[0] : undefined;
  return isFields(first) ? first : undefined;
}

/** @throws {WorkerError} transient `report.unreadable` */
export function parseAnswer(body: Uint8Array): unknown {
  const answer = jsonIn(body);
  if (answer === undefined) throw unreadable();
  return answer;
}

export function unreadable(): WorkerError {
  return new WorkerError('transient', 'report.unreadable', 'the answer is no report', {
    hint: 'A proxy may have answered in place of Clockify; see the URL of the reports host.',
  });
}
