import { WorkerError } from '../core/errors.ts';
import type { EntityKey } from '../core/record.ts';
import { errorOf, provesGone } from './answers.ts';
import type { Client, Sender } from './client.ts';
import { type Fields, isFields } from './json-body.ts';
import { parseAnswer, readDetailed } from './report-answer.ts';
import { compileReportBody, type ReportBody, type ReportTime, type ResolvedBody } from './report-body.ts';
import { apart, cutRange, type Piece, type ReportRange } from './report-range.ts';
import { readSummary } from './report-summary.ts';
import { totalsOf } from './report-totals.ts';
import type { Template } from './templates/template.ts';

/** One slice of a report: where its rows, and the second witness of their deletes, come from. */
export interface ReportOptions {
  readonly client: Pick<Client, 'get'> & Sender;
  /** Base URL of the reports host, which ends in `/v1`. */
  readonly reportsUrl: string;
  readonly template: Template;
  readonly params: Readonly<Record<string, string>>;
  /** Name of the source: part of the key of a summary's row. */
  readonly source: string;
  /** As the configuration gives it. */
  readonly body: unknown;
  /** Longer ranges are asked in pieces. Infinity for a plan without a limit. */
  readonly maxRangeDays: number;
  readonly time: ReportTime;
  /** Whether each row carries the totals of the report. */
  readonly totals: boolean;
}

export interface ReportEndpoint {
  /**
   * Fixes the range for one sweep.
   *
   * @throws {WorkerError} config `report.bad_range`, `macro.out_of_range`
   */
  begin(nowMs: number): ReportWalk;
  /** `alive` comes without an item: the main host tells an entry in another dialect than the report. */
  readonly witness: ((key: EntityKey, signal: AbortSignal) => Promise<ReportTestimony>) | undefined;
}

/** @internal */
export interface ReportWalk {
  /** Rows that start in it, both ends included, are what the report shows. Undefined where rows have no start. */
  readonly window: { readonly fromMs: number; readonly toMs: number } | undefined;
  /**
   * Pages count from 1 over all pieces of the range. After page n, n or n + 1 may be asked, and page 1 at any time.
   *
   * @throws {WorkerError} as `Client.get` and `errorOf`; transient `report.unreadable`
   */
  page(number: number, signal: AbortSignal): Promise<ReportPage>;
}

interface ReportPage {
  readonly body: Uint8Array;
  readonly receivedAtMs: number;
  /** Undefined where only the answer itself can tell. */
  readonly last: boolean | undefined;
  /**
   * The answer, parsed at the first call. A page without items need not be the last.
   *
   * @throws {WorkerError} transient `report.unreadable`
   */
  read(): ReportItems;
}

interface ReportItems {
  readonly items: readonly unknown[];
  readonly last: boolean;
}

type ReportTestimony =
  | { readonly says: 'alive'; readonly item: undefined; readonly receivedAtMs: number }
  | { readonly says: 'gone'; readonly receivedAtMs: number }
  | { readonly says: 'nothing'; readonly reason: string };

/** @throws {WorkerError} config, for a body that cannot be asked with: see `compileReportBody` */
export function createReportEndpoint(options: ReportOptions): ReportEndpoint {
  const { template, params, body, time } = options;
  const kind = template.report ?? 'detailed';
  const compiled = compileReportBody({ kind, body, params, time });
  let window: ReportWalk['window'];
  const begin = (nowMs: number): ReportWalk => {
    const resolved = compiled.at(nowMs);
    const walkOf = kind === 'detailed' ? walkDetailed : walkSummary;
    const walk = walkOf(options, compiled, resolved);
    window = walk.window;
    return walk;
  };
  const read = (key: EntityKey, signal: AbortSignal) => witness(options, window, key, signal);
  return { begin, witness: template.read === undefined ? undefined : read };
}

/** A page of the whole, as a page of one piece of the range. */
interface Place {
  readonly piece: number;
  readonly page: number;
  /** Rows on earlier pages of the piece. */
  readonly seen: number;
}

interface Answered {
  readonly number: number;
  readonly place: Place;
  read(): ReportItems & { readonly next: Place };
}

/** Sorted by id where the body says nothing else: ids grow, so that what is new during a sweep comes at the end. */
function walkDetailed(options: ReportOptions, { pageSize }: ReportBody, { range, fields }: ResolvedBody): ReportWalk {
  const pieces = cutRange(range, options.maxRangeDays);
  const filter = { sortColumn: 'ID', ...(fields.detailedFilter as Fields | undefined) };
  let latest: Answered | undefined;

  const page = async (number: number, signal: AbortSignal): Promise<ReportPage> => {
    const place = placeOf(number, latest);
    const detailedFilter = { ...filter, page: place.page, pageSize };
    const body = { sortOrder: 'ASCENDING', ...fields, ...boundsOf(pieces[place.piece]), detailedFilter };
    const reply = await ask(options, body, signal);
    const read = once(() => readPlace(reply.body, place, pieces.length, options.totals));
    latest = { number, place, read };
    return { ...reply, last: undefined, read };
  };

  return { window: windowOf(range), page };
}

function placeOf(number: number, latest: Answered | undefined): Place {
  if (number === 1) return { piece: 0, page: 1, seen: 0 };
  if (latest?.number === number) return latest.place;
  if (latest?.number === number - 1) return latest.read().next;
  throw new WorkerError('fatal', 'report.out_of_order', `page ${number} of a report was asked out of order`);
}

/**
 * A piece ends when all rows that the totals count were shown, or with an empty page. A short page alone says nothing:
 * a smaller page may have been given than was asked for.
 */
function readPlace(
  body: Uint8Array,
  { piece, page, seen }: Place,
  pieces: number,
  totals: boolean,
): ReportItems & { next: Place } {
  const { items, count, report } = readDetailed(body);
  const shown = seen + items.length;
  const ends = items.length === 0 || (count !== undefined && shown >= count);
  const next = ends ? { piece: piece + 1, page: 1, seen: 0 } : { piece, page: page + 1, seen: shown };
  return { items: totals ? withTotals(items, totalsOf([report])) : items, last: next.piece === pieces, next };
}

/** They are of all pages, but of one piece of the range: when its rows are read, the others are not asked for yet. */
function withTotals(items: readonly unknown[], totals: Fields): readonly unknown[] {
  return items.map((item) => (isFields(item) ? { ...item, ...totals } : item));
}

/** All pieces are one page: a group may have entries in each. */
function walkSummary(options: ReportOptions, { groups }: ReportBody, { range, fields }: ResolvedBody): ReportWalk {
  const pieces = apart(cutRange(range, options.maxRangeDays));
  const { source, totals } = options;
  const summary = { source, totals, groups, range: { start: instantText(range.from), end: instantText(range.to) } };

  const page = async (number: number, signal: AbortSignal): Promise<ReportPage> => {
    if (number !== 1) throw new WorkerError('fatal', 'report.out_of_order', 'a summary report has one page');
    const bodies: Uint8Array[] = [];
    let receivedAtMs = 0;
    for (const piece of pieces) {
      const reply = await ask(options, { ...fields, ...boundsOf(piece) }, signal);
      bodies.push(reply.body);
      receivedAtMs = reply.receivedAtMs;
    }
    const body = listOf(bodies);
    return { body, receivedAtMs, last: true, read: once(() => ({ items: readSummary(body, summary), last: true })) };
  };

  return { window: undefined, page };
}

function boundsOf(piece: Piece | undefined): Fields {
  return { dateRangeStart: piece?.start, dateRangeEnd: piece?.end };
}

function windowOf({ from, to }: ReportRange): { fromMs: number; toMs: number } {
  return { fromMs: from.toMillis(), toMs: to.toMillis() };
}

function instantText(at: ReportRange['from']): string {
  return new Date(at.toMillis()).toISOString();
}

function listOf(bodies: readonly Uint8Array[]): Uint8Array {
  const parts = bodies.flatMap((body, index) => [Buffer.from(index === 0 ? '[' : ','), body]);
  return Buffer.concat([...parts, Buffer.from(']')]);
}

async function ask(options: ReportOptions, body: Fields, signal: AbortSignal) {
  const { client, reportsUrl, template, params } = options;
  const path = template.list.path(params);
  const url = new URL(reportsUrl.replace(/\/+$/, '') + path);
  const headers = { 'content-type': 'application/json' };
  const owner = params.workspace ?? '';
  const reply = await client.send(
    { method: 'POST', url, headers, body: JSON.stringify(body), owner, label: path },
    signal,
  );
  if (reply.refusal !== undefined) throw errorOf(reply.refusal, path);
  return { body: reply.body, receivedAtMs: reply.receivedAtMs };
}

/**
 * P4: a row is gone where its entry is, or where the entry now starts outside the range that was swept. One that starts
 * inside it may have left the filters, or be running: that proves nothing.
 */
async function witness(
  { client, template, params }: ReportOptions,
  window: ReportWalk['window'],
  key: EntityKey,
  signal: AbortSignal,
): Promise<ReportTestimony> {
  const path = template.read?.path(params, key) ?? '';
  const answer = await client.get({ path, query: {}, owner: params.workspace ?? '' }, signal);
  const { receivedAtMs } = answer;
  if (answer.ok) {
    const entry = entryIn(answer.body, key.at(-1));
    if (entry === undefined) return { says: 'nothing', reason: 'the answer is not the entry' };
    return isOutside(window, entry) ? { says: 'gone', receivedAtMs } : { says: 'alive', item: undefined, receivedAtMs };
  }
  if (provesGone(answer.refusal)) return { says: 'gone', receivedAtMs };
  const error = errorOf(answer.refusal, path);
  if (error.kind === 'transient') throw error;
  return { says: 'nothing', reason: error.message };
}

/** Somebody has moved it: the rows that a sliding range leaves behind are none that are asked for. */
function isOutside(window: ReportWalk['window'], { timeInterval }: Fields): boolean {
  const startMs = isFields(timeInterval) && typeof timeInterval.start === 'string' && Date.parse(timeInterval.start);
  if (window === undefined || startMs === false || Number.isNaN(startMs)) return false;
  return startMs < window.fromMs || startMs > window.toMs;
}

function entryIn(body: Uint8Array, id: string | undefined): Fields | undefined {
  try {
    const item = parseAnswer(body);
    return isFields(item) && item.id === id ? item : undefined;
  } catch {
    return undefined;
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
