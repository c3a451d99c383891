import { ok } from 'node:assert/strict';
import { OVERLAP_MS } from '../../src/clockify/rhythms/changes.ts';
import type { TimeEntryRow } from '../../src/simulator/rows.ts';
import type { Practice } from '../../src/simulator/simulator.ts';
import type { WorkerEvent } from '../../src/worker/events.ts';
import { mostInAnyWindow } from '../support/virtual-time.ts';
import { REQUEST_TIMEOUT_MS } from './model-config.ts';
import type { Reading, RowText } from './published-log.ts';
import { type Setup, unitMs } from './script.ts';

/** What no script may break. Each throws with what it has seen. */

/** A version of an entity, and since when it was true; null: it was not there. */
interface Version {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly text: RowText | null;
}

type Versions = ReadonlyMap<string, readonly Version[]>;

/** Every version of everything, those that say the same as one. */
function versionsOf({ world }: Practice, reading: Reading, bornMs: number): Versions {
  const all = new Map<string, { fromMs: number; untilMs: number; text: RowText | null }[]>();
  for (const { resource, workspaceId, id, atMs, after } of world.history.entries) {
    if (resource !== reading.resource) continue;
    const key = reading.keyOf(workspaceId, id);
    const text = reading.textOf(after, workspaceId);
    const versions = all.get(key) ?? [
      { fromMs: Number.NEGATIVE_INFINITY, untilMs: Number.POSITIVE_INFINITY, text: null },
    ];
    all.set(key, versions);
    const last = versions[versions.length - 1];
    if (last === undefined || last.text === text) continue;
    // The first world was there before anybody looked.
    const fromMs = atMs <= bornMs ? Number.NEGATIVE_INFINITY : atMs;
    last.untilMs = fromMs;
    versions.push({ fromMs, untilMs: Number.POSITIVE_INFINITY, text });
  }
  return all;
}

export interface Judged {
  readonly practice: Practice;
  readonly readings: readonly Reading[];
  readonly events: readonly WorkerEvent[];
  readonly setup: Setup;
  /** When the first world was made. */
  readonly bornMs: number;
}

export function judge(judged: Judged): void {
  for (const reading of judged.readings) {
    judgeKeys(reading);
    judgeMoments(reading, versionsOf(judged.practice, reading, judged.bornMs));
  }
  judgeBudget(judged);
  judgeCounts(judged.events);
}

type Record_ = Reading['log'][number];

/** P2, P3: each key's changes are in order and well formed, each has its own id, and none says the same again. */
function judgeKeys({ log, source }: Reading): void {
  const ids = new Set<string>();
  const last = new Map<string, Record_>();
  let open: Record_ | undefined;
  for (const record of log) {
    const { key, op, headers } = record;
    const what = `${op} of ${source} ${key}`;
    if (record.row === null) {
      ok(
        open?.key === key && open.headers.ce_id === headers.ce_id,
        `a tombstone of ${key} behind ${open?.op} ${open?.key}`,
      );
      open = undefined;
      continue;
    }
    ok(open === undefined, `the delete of ${open?.key} has no tombstone right behind it`);
    const before = last.get(key);
    const isLive = before !== undefined && before.op !== 'd';
    ok(isLive === (op === 'u' || op === 'd'), `${what} comes after ${before?.op}`);
    ok(op !== 'u' || record.text !== before?.text, `${what} says what was said before (P2)`);
    ok(!ids.has(headers.ce_id ?? ''), `${what} has an id that was used (P2)`);
    ids.add(headers.ce_id ?? '');
    ok(Number(headers.__ts_ms) > Number(before?.headers.__ts_ms ?? 0), `${what}: __ts_ms does not rise (P3)`);
    ok(record.row.__op === op && record.row.__ts_ms === Number(headers.__ts_ms), `${what}: headers and row differ`);
    last.set(key, record);
    if (op === 'd') open = record;
  }
  ok(open === undefined, `the delete of ${open?.key} has no tombstone`);
}

/** P1, P4: what is published was true, and became so, within the bounds that it names. */
function judgeMoments({ log, source }: Reading, versions: Versions): void {
  const beforeMs = new Map<string, number>();
  for (const record of log) {
    if (record.row === null) continue;
    const { key, op, headers } = record;
    const bounds = boundsOf(record, beforeMs.get(key));
    beforeMs.set(key, Number(headers.__ts_ms));
    const wanted = op === 'd' ? null : record.text;
    const said = (versions.get(key) ?? []).filter(({ text }) => text === wanted);
    const isTrue = said.some(({ fromMs, untilMs }) => {
      const wasSo = fromMs <= bounds.toMs && untilMs >= bounds.fromMs;
      return wasSo && (!bounds.happened || fromMs >= bounds.fromMs);
    });
    ok(
      isTrue,
      `${op} of ${source} ${key}, by ${headers.clockify_seen_by}: not so from ${bounds.fromMs} to ${bounds.toMs}, ` +
        `but ${JSON.stringify(said.map(({ fromMs, untilMs }) => [fromMs, untilMs]))}; ${record.text}`,
    );
  }
}

/** Between which moments it must have been so; `happened`: must have become so. */
function boundsOf({ op, headers, row }: Record_, beforeMs: number | undefined) {
  const { clockify_not_before_ms: notBefore, clockify_not_after_ms: notAfter } = headers;
  const receivedMs = Number(row?.__source_ts_ms);
  if (notAfter !== undefined) {
    ok(receivedMs === Number(notAfter), 'the bound is when the answer came');
    return { fromMs: Number(notBefore ?? 0), toMs: Number(notAfter), happened: op === 'u' || op === 'd' };
  }
  // Without a rhythm it is of one answer; a delete, of all since the entity was said to be there.
  return { fromMs: op === 'd' ? (beforeMs ?? 0) : receivedMs - REQUEST_TIMEOUT_MS, toMs: receivedMs, happened: false };
}

/** P6, by the log of the far side. */
function judgeBudget({ practice, setup }: Judged): void {
  const { requests, windowMs } = setup.rate;
  const { entries, total } = practice.requests;
  ok(entries.length === total, 'the request log has everything');
  for (const [owner, of] of Map.groupBy(entries, ({ workspaceId }) => workspaceId)) {
    const most = mostInAnyWindow(
      of.map(({ atMs }) => atMs),
      windowMs,
    );
    ok(
      most <= requests,
      `${most} requests of ${owner ?? 'the credential'} in ${windowMs} ms, and not ${requests} (P6)`,
    );
  }
}

/** P1: nothing that was extracted is unaccounted for. */
function judgeCounts(events: readonly WorkerEvent[]): void {
  for (const event of events) {
    if (event.type !== 'page' && event.type !== 'settled') continue;
    const { extracted, unchanged, superseded, published, deadLettered, repeated } = event.counts;
    const sum = unchanged + superseded + published.r + published.c + published.u + deadLettered + repeated;
    ok(extracted === sum, `${event.slice.id}: ${extracted} extracted, ${sum} accounted for`);
    ok(deadLettered === 0, `${event.slice.id}: a practice row in the dead letters`);
  }
}

/** How the topic differs from the truth; undefined where it does not, or only in what nobody can see. */
export function difference(practice: Practice, reading: Reading, setup: Setup): string | undefined {
  const { store } = practice.world;
  const { folded, source } = reading;
  const truth = new Map(store.workspaceIds().flatMap((workspaceId) => rowsOf(store, reading, workspaceId)));
  const mayDiffer = (key: string): boolean => {
    const [workspaceId = '', id = ''] = key.split('/');
    if (reading.resource !== 'timeEntries') return false;
    if (isUnnamed(practice, id, setup)) return true;
    return isUnlisted(practice, workspaceId, id) && (setup.isPlain || !folded.has(key));
  };
  for (const [key, text] of truth) {
    if (folded.get(key) === text || mayDiffer(key)) continue;
    return `${source} ${key}: published ${folded.get(key)}, and is ${text}`;
  }
  const gone = [...folded.keys()].find((key) => !truth.has(key) && !mayDiffer(key));
  return gone === undefined ? undefined : `${source} ${gone}: published, and is not there`;
}

/**
 * An entry of who has left the workspace: no list shows it. What was published of it is kept up by reads by id, but where
 * there are no rhythms that is done once.
 */
function isUnlisted({ world: { store, history } }: Practice, workspaceId: string, id: string): boolean {
  const row = history.entries.findLast((entry) => entry.id === id && entry.before !== null)?.before;
  const { userId = '' } = store.row('timeEntries', workspaceId, id) ?? (row as TimeEntryRow | undefined) ?? {};
  return store.row('users', workspaceId, userId) === undefined;
}

/**
 * Made and deleted in one range of the lists of changes, which then name it in none, and out of the window by then: of
 * that only the whole history tells, which a calm script does not read.
 */
function isUnnamed({ world: { history } }: Practice, id: string, setup: Setup): boolean {
  const { isCalm, changesUnits = 0, recentMs = 0 } = setup;
  const own = history.entries.filter((entry) => entry.id === id);
  const [made, last] = [own[0], own.at(-1)];
  if (!isCalm || made === undefined || last === undefined || last.after !== null) return false;
  const startMs = Date.parse((last.before as TimeEntryRow).timeInterval.start);
  const rangeMs = OVERLAP_MS + 2 * changesUnits * unitMs(setup);
  return last.atMs - made.atMs < rangeMs && startMs < Date.now() - recentMs;
}

function rowsOf(store: Practice['world']['store'], reading: Reading, workspaceId: string) {
  const rows = store.rows(reading.resource, workspaceId) as readonly { readonly id: string }[];
  return rows.map((row) => [reading.keyOf(workspaceId, row.id), reading.textOf(row, workspaceId)] as const);
}
