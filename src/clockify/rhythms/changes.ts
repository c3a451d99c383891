import { toWorkerError, WorkerError } from '../../core/errors.ts';
import type { Client } from '../client.ts';
import { type ListOptions, type Mention, type Mentions, type PageBase, readMentions } from './change-lists.ts';
import {
  isOf,
  type Known,
  pageOf,
  READS_A_PAGE,
  type RhythmEndpoint,
  type RhythmPage,
  type RhythmWalk,
  readAll,
  type SweepEnd,
  type Witness,
} from './rhythm.ts';

export interface ChangesOptions {
  readonly client: Pick<Client, 'get'>;
  readonly witness: Witness;
  readonly workspace: string;
  /** Whose entries are wanted; undefined: everybody's. */
  readonly users: ReadonlySet<string> | undefined;
  readonly onSwitch: (turn: Switch) => void;
}

type Switch = { readonly on: true } | { readonly on: false; readonly code: string; readonly message: string };

export interface Changes extends RhythmEndpoint {
  /** Told when another rhythm has found a change that the lists should name. */
  readonly found: (nowMs: number) => void;
}

/** Deletions are seen a minute late (observed 2026-05), and clocks differ. */
export const OVERLAP_MS = 5 * 60_000;
/** What was missed while nobody looked is for the other rhythms; without an end a list reaches over 30 days (OpenAPI). */
const FURTHEST_BACK_MS = 28 * 24 * 3_600_000;
/** Whether `start` is read in the account's zone, as that of the entries is, nobody knows: no zone is further west. */
const FURTHEST_ZONE_MS = 14 * 3_600_000;
/** The times of the lists are whole seconds: what changes again within the one that was read looks the same. And clocks differ. */
const SETTLED_MS = 2_000;
const STRIKES = 3;
const OFF_MS = 24 * 3_600_000;
/** Changes that others have found and the lists, wholly empty, have not named. */
const UNNAMED = 3;
const MOST_READS = 500;

interface Memory {
  readonly base: PageBase;
  /** What was said of an entry when it was last read by id. */
  marks: ReadonlyMap<string, Mention>;
  toMs: number | undefined;
  /** When others found changes since the lists last named anything, epoch ms. */
  foundAtMs: readonly number[];
  isWide: boolean;
  /** The guard has held deletes back: they are not read again, but a restart begins before them. */
  isHeld: boolean;
  strikes: number;
  /** Off until then, epoch ms. */
  offUntilMs: number | undefined;
}

/**
 * Entries that the lists of changes name: a hint, no more. Each is read by id before anything is said of it. The lists
 * leave out what was made and deleted in the range that is asked for, so that one that was named and is named no more is
 * read as well.
 */
export function createChanges(options: ChangesOptions): Changes {
  const memory: Memory = {
    base: { first: undefined },
    marks: new Map(),
    toMs: undefined,
    foundAtMs: [],
    isWide: false,
    isHeld: false,
    strikes: 0,
    offUntilMs: undefined,
  };
  return {
    begin: (nowMs, known) => beginWalk(options, memory, nowMs, known),
    found: (nowMs) => {
      memory.foundAtMs = [...memory.foundAtMs, nowMs].slice(-10);
    },
  };
}

function beginWalk(options: ChangesOptions, memory: Memory, nowMs: number, known: Known): RhythmWalk {
  if (memory.offUntilMs !== undefined && nowMs < memory.offUntilMs) {
    return { page: async () => pageOf({ items: [], last: true }, nowMs) };
  }
  memory.toMs ??= known.progress.changesToMs ?? nowMs;
  const sinceMs = Math.min(memory.toMs, nowMs) - OVERLAP_MS;
  const fromMs = Math.max(sinceMs, nowMs - FURTHEST_BACK_MS);
  const sweep: ChangeSweep = {
    startedAtMs: nowMs,
    mentions: undefined,
    ids: [],
    isCut: false,
    read: new Set(),
    gone: new Set(),
  };
  let { marks, isHeld } = memory;
  let toMs = sinceMs + OVERLAP_MS;

  const page = async (number: number, signal: AbortSignal): Promise<RhythmPage> => {
    if (number > 1) return readPage(options, sweep, number - 2, signal);
    const askFromMs = memory.isWide ? fromMs - FURTHEST_ZONE_MS : fromMs;
    const mentions = await mentionsOrFault({ ...options, base: memory.base }, askFromMs, signal);
    if (mentions instanceof WorkerError) return giveUp(options, memory, mentions, nowMs);
    if (judge(options, memory, mentions, nowMs)) {
      plan(sweep, withLapsed(mentions, memory.marks, askFromMs), memory, (id) => known.isLive([options.workspace, id]));
    }
    return pageOf({ items: [], last: sweep.ids.length === 0 }, nowMs);
  };

  return {
    page,
    advance: (end) => {
      if (sweep.mentions === undefined) return undefined;
      marks = marksAfter(sweep, sweep.mentions, memory.marks, end);
      isHeld ||= end.guarded;
      if (!sweep.isCut && !isHeld) toMs = nowMs;
      return { progress: { changesToMs: toMs }, isNews: false };
    },
    concluded: () => {
      if (sweep.mentions === undefined) return;
      memory.marks = marks;
      memory.toMs = toMs;
      memory.isHeld = isHeld;
    },
  };
}

/** What the lists say, or why they say nothing that can be used. */
async function mentionsOrFault(options: ListOptions, fromMs: number, signal: AbortSignal) {
  try {
    return await readMentions(options, fromMs, signal);
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (error.code.startsWith('changes.')) return error;
    throw error;
  }
}

interface ChangeSweep {
  readonly startedAtMs: number;
  mentions: Mentions | undefined;
  /** Whom to read by id. */
  ids: readonly string[];
  isCut: boolean;
  /** Read, and not silent. */
  readonly read: Set<string>;
  readonly gone: Set<string>;
}

/** With those that were named when they were last read, would have to be named now, and are not. */
function withLapsed(mentions: Mentions, marks: Memory['marks'], fromMs: number): Mentions {
  const all = new Map(mentions);
  for (const [id, { atMs, mark }] of marks) {
    const isLapsed = !mentions.has(id) && atMs >= fromMs + 1_000 && !mark.startsWith(LAPSED);
    if (isLapsed) all.set(id, { mark: LAPSED + mark, isDeleted: true, atMs });
    else if (!mentions.has(id) && atMs >= fromMs) all.set(id, { mark, isDeleted: true, atMs });
  }
  return all;
}

const LAPSED = 'lapsed ';
const FRESH = 'fresh ';

/** As it is remembered once it was read: another mark than the lists will say, where it was read too soon to be the last. */
function markedAt(mention: Mention, startedAtMs: number): Mention {
  return mention.atMs + SETTLED_MS > startedAtMs ? { ...mention, mark: FRESH + mention.mark } : mention;
}

function plan(sweep: ChangeSweep, mentions: Mentions, { marks }: Memory, isLive: (id: string) => boolean): void {
  const isNew = ([id, { mark, isDeleted }]: [string, Mention]) =>
    marks.get(id)?.mark !== mark && (!isDeleted || isLive(id));
  const ids = [...mentions].filter(isNew).map(([id]) => id);
  sweep.mentions = mentions;
  sweep.ids = ids.slice(0, MOST_READS);
  sweep.isCut = ids.length > MOST_READS;
}

async function readPage(
  { witness, workspace, users }: ChangesOptions,
  sweep: ChangeSweep,
  index: number,
  signal: AbortSignal,
): Promise<RhythmPage> {
  const from = index * READS_A_PAGE;
  const ids = sweep.ids.slice(from, from + READS_A_PAGE);
  const { alive, gone, silent, receivedAtMs } = await readAll(witness, workspace, ids, signal);
  // P4: a list must say that it is deleted, too.
  const proved = gone.filter((id) => sweep.mentions?.get(id)?.isDeleted === true);
  for (const id of ids) if (!silent.includes(id)) sweep.read.add(id);
  for (const id of gone) sweep.gone.add(id);
  const items = alive.filter((item) => isOf(item, users));
  const last = from + READS_A_PAGE >= sweep.ids.length;
  return pageOf({ items, gone: proved.map((id) => [workspace, id]), last }, receivedAtMs);
}

/** What was not read, or not taken, is as unread as it was; what no list can name any more is forgotten. */
function marksAfter(
  { read, gone, startedAtMs }: ChangeSweep,
  mentions: Mentions,
  before: Memory['marks'],
  { left }: SweepEnd,
): Memory['marks'] {
  const after = new Map<string, Mention>();
  for (const [id, mention] of mentions) {
    const isTaken = read.has(id) && !left.has(id) && !(gone.has(id) && !mention.isDeleted);
    const known = isTaken ? markedAt(mention, startedAtMs) : before.get(id);
    if (known !== undefined) after.set(id, known);
  }
  return after;
}

function giveUp(options: ChangesOptions, memory: Memory, { code, message }: WorkerError, nowMs: number): RhythmPage {
  memory.strikes += 1;
  if (memory.strikes >= STRIKES) switchOff(options, memory, nowMs, code, message);
  return pageOf({ items: [], last: true }, nowMs);
}

/** Whether the lists are to be believed; where they are silent they are asked once more as if the zone shifted them. */
function judge(options: ChangesOptions, memory: Memory, mentions: Mentions, nowMs: number): boolean {
  memory.strikes = 0;
  if (mentions.size > 0) memory.foundAtMs = [];
  const unnamed = memory.foundAtMs.filter((atMs) => atMs < nowMs - OVERLAP_MS).length;
  if (unnamed >= UNNAMED && memory.isWide) {
    const message = 'the lists of changes are empty, though entries have changed';
    switchOff(options, memory, nowMs, 'changes.silent', message);
    return false;
  }
  if (unnamed >= UNNAMED) {
    memory.isWide = true;
    memory.foundAtMs = [];
  }
  if (memory.offUntilMs !== undefined) options.onSwitch({ on: true });
  memory.offUntilMs = undefined;
  return true;
}

function switchOff({ onSwitch }: ChangesOptions, memory: Memory, nowMs: number, code: string, message: string): void {
  const isFirst = memory.offUntilMs === undefined;
  memory.offUntilMs = nowMs + OFF_MS;
  memory.strikes = STRIKES - 1;
  memory.foundAtMs = [];
  if (isFirst) onSwitch({ on: false, code, message });
}
