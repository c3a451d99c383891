import type { HistoryPass } from '../../core/state.ts';
import { errorOf } from '../answers.ts';
import type { Client } from '../client.ts';
import { instantText, listIn, type RhythmEndpoint, type RhythmPage, type RhythmWalk, startOf } from './rhythm.ts';

/** The list of one user's entries, a part of it at a time. */
export interface WindowOptions {
  readonly client: Pick<Client, 'get'>;
  readonly path: string;
  readonly workspace: string;
  /** Filters of the source. */
  readonly query: Readonly<Record<string, string>>;
  readonly pageSize: number;
}

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Clockify reads the clock of a bound again as the time of the account's own zone (observed 2026-08): no zone is
 * further from UTC than this. What a wider window shows beyond the wanted one is left out by its start, which is UTC.
 */
export const FURTHEST_ZONE_MS = 14 * 3_600_000;

/** Entries that started within a sliding window, those of the future included. */
export function createRecent(options: WindowOptions, recentMs: number): RhythmEndpoint {
  return {
    begin: (nowMs) => {
      const window = { fromMs: nowMs - recentMs, toMs: Number.POSITIVE_INFINITY };
      return { window, keeps: true, page: (number, signal) => pageIn(options, window, number, signal) };
    },
  };
}

export interface ReconcileOptions extends WindowOptions {
  readonly everyMs: number;
  readonly windowMs: number;
  /** How far back; undefined: to the first entry. */
  readonly sinceMs: number | undefined;
}

export interface Reconcile extends RhythmEndpoint {
  /** When the next window is due. The first pass is in no hurry but the budget's; a later one is spread over the interval. */
  readonly nextAfter: (
    startedAtMs: number | undefined,
    nowMs: number,
    at: { readonly progress?: { readonly pass?: HistoryPass | undefined } | undefined },
  ) => number;
}

/** So often a window is tried again, in an interval, where the guard has held its deletes back. */
const TRIES_WHILE_HELD = 24;

/**
 * The whole history, one window a sweep, from the newest entry back to the first. Each window reaches from where the one
 * before began at least as far as it is long, and over a gap to the next entry, so that what was deleted there is looked
 * for as well. Where the gap ends is asked only where there is one: most windows cost one request.
 */
export function createReconcile(options: ReconcileOptions): Reconcile {
  let held = false;
  return {
    begin: (nowMs, { progress }) =>
      beginWindow(options, passAt(progress.pass, nowMs), nowMs, (guarded) => {
        held = guarded;
      }),
    nextAfter: (startedAtMs, nowMs, { progress }) => {
      const pass = progress?.pass;
      if (pass !== undefined && pass.toMs === undefined) return Math.min(pass.startedAtMs, nowMs) + options.everyMs;
      if (startedAtMs === undefined) return nowMs;
      return Math.min(startedAtMs, nowMs) + (held ? options.everyMs / TRIES_WHILE_HELD : gapMs(options, pass));
    },
  };
}

function gapMs({ everyMs }: ReconcileOptions, pass: HistoryPass | undefined): number {
  return pass?.windowsBefore === undefined ? 0 : everyMs / (pass.windowsBefore + 1);
}

/** The pass that goes on, or the next. */
function passAt(before: HistoryPass | undefined, nowMs: number): HistoryPass {
  if (before?.toMs !== undefined) return before;
  return { startedAtMs: nowMs, windows: 0, windowsBefore: before?.windows };
}

function beginWindow(
  options: ReconcileOptions,
  pass: HistoryPass,
  nowMs: number,
  onEnd: (guarded: boolean) => void,
): RhythmWalk {
  const toMs = pass.toMs ?? Number.POSITIVE_INFINITY;
  const { sinceMs = Number.NEGATIVE_INFINITY, windowMs } = options;
  const topMs = Math.min(toMs, nowMs);
  const from = (startMs: number): Window => ({ fromMs: Math.max(sinceMs, Math.min(topMs, startMs) - windowMs), toMs });
  let window: Window | undefined;

  const firstPage = async (signal: AbortSignal): Promise<RhythmPage> => {
    window = from(topMs);
    const page = await pageIn(options, window, 1, signal);
    const content = page.read();
    if (content.items.length > 0 || !content.last || window.fromMs <= sinceMs) return { ...page, read: () => content };
    // Both answers must agree that nothing is there: one alone may be a lie.
    window = from(await newestBefore(options, toMs, signal));
    return pageIn(options, window, 1, signal);
  };

  return {
    keeps: true,
    get window() {
      return window;
    },
    page: async (number, signal) => {
      if (number === 1 || window === undefined) return { ...(await firstPage(signal)), unlike: true };
      return { ...(await pageIn(options, window, number, signal)), unlike: true };
    },
    advance: ({ guarded }) => {
      onEnd(guarded);
      if (guarded || window === undefined) return undefined;
      const isWhole = window.fromMs <= sinceMs;
      const next = { ...pass, windows: pass.windows + 1, toMs: isWhole ? undefined : window.fromMs };
      return { progress: { pass: next }, isNews: true, isWhole };
    },
  };
}

/** When the newest entry starts that starts before `toMs`, more or less; minus infinity where there is none. One request. */
async function newestBefore(options: ReconcileOptions, toMs: number, signal: AbortSignal): Promise<number> {
  const before = { fromMs: Number.NEGATIVE_INFINITY, toMs };
  const { body } = await get(options, before, { page: '1', 'page-size': '1' }, signal);
  const [newest] = listIn(body);
  return newest === undefined ? Number.NEGATIVE_INFINITY : (startOf(newest) ?? toMs);
}

async function pageIn(
  options: WindowOptions,
  window: Window,
  number: number,
  signal: AbortSignal,
): Promise<RhythmPage> {
  const paging = { page: String(number), 'page-size': String(options.pageSize) };
  const { body, lastPage, receivedAtMs } = await get(options, window, paging, signal);
  const read = () => {
    const items = listIn(body);
    return { items: items.filter((item) => isIn(window, item)), last: lastPage ?? items.length === 0 };
  };
  return { body, lastPage, receivedAtMs, read };
}

async function get(
  { client, path, workspace, query }: WindowOptions,
  { fromMs, toMs }: Window,
  paging: Readonly<Record<string, string>>,
  signal: AbortSignal,
) {
  const start = Number.isFinite(fromMs) ? { start: instantText(fromMs - FURTHEST_ZONE_MS) } : {};
  const end = Number.isFinite(toMs) ? { end: instantText(toMs + FURTHEST_ZONE_MS + 999) } : {};
  const call = { path, query: { ...query, ...start, ...end, ...paging }, owner: workspace };
  const answer = await client.get(call, signal);
  if (!answer.ok) throw errorOf(answer.refusal, path);
  return answer;
}

function isIn({ fromMs, toMs }: Window, item: unknown): boolean {
  const startMs = startOf(item);
  return startMs === undefined || (startMs >= fromMs && startMs < toMs);
}
