import { errorOf } from '../answers.ts';
import type { Client } from '../client.ts';
import { isFields } from '../json-body.ts';
import { segment } from '../templates/template.ts';
import {
  isOf,
  listIn,
  pageOf,
  READS_A_PAGE,
  type RhythmEndpoint,
  type RhythmPage,
  type RhythmWalk,
  readAll,
  type SweepEnd,
  type Witness,
} from './rhythm.ts';

export interface RunningOptions {
  readonly client: Pick<Client, 'get'>;
  readonly witness: Witness;
  readonly workspace: string;
  readonly pageSize: number;
  /** Whose entries are wanted; undefined: everybody's. */
  readonly users: ReadonlySet<string> | undefined;
}

/** Of those that have left the list, so many are read in one sweep; the others in the next ones. */
const MOST_READS = 200;

/** The running entries of a workspace: what is new there was started, what has left was stopped or deleted. */
export function createRunning(options: RunningOptions): RhythmEndpoint {
  return { begin: (_nowMs, { progress }) => beginWalk(options, progress.running ?? []) };
}

function beginWalk(options: RunningOptions, before: readonly string[]): RhythmWalk {
  const shown = new Set<string>();
  /** Not in the list, and not known to have stopped. */
  const open = new Set<string>();
  const read = new Set<string>();
  let listPages = Number.POSITIVE_INFINITY;
  let left: readonly string[] = [];

  const listPage = async (number: number, signal: AbortSignal): Promise<RhythmPage> => {
    const { items, isLast, ...answer } = await ask(options, number, signal);
    for (const item of items) if (isFields(item) && typeof item.id === 'string') shown.add(item.id);
    if (isLast) {
      listPages = number;
      left = before.filter((id) => !shown.has(id));
      for (const id of left.slice(MOST_READS)) open.add(id);
      left = left.slice(0, MOST_READS);
    }
    return { ...answer, lastPage: undefined, read: () => ({ items, last: isLast && left.length === 0 }) };
  };

  const leftPage = async (number: number, signal: AbortSignal): Promise<RhythmPage> => {
    const from = (number - listPages - 1) * READS_A_PAGE;
    const ids = left.slice(from, from + READS_A_PAGE);
    const readings = await readAll(options.witness, options.workspace, ids, signal);
    const still = readings.alive.filter(isRunning);
    for (const id of ids) read.add(id);
    for (const id of [...readings.silent, ...still.map(({ id }) => String(id))]) open.add(id);
    const gone = readings.gone.map((id) => [options.workspace, id]);
    // Most of them run: the list has lied, and the others need not be asked.
    const last = from + READS_A_PAGE >= left.length || still.length > ids.length / 2;
    return pageOf({ items: readings.alive, gone, last }, readings.receivedAtMs);
  };

  const advance = (end: SweepEnd) => {
    const unread = left.filter((id) => !read.has(id) || end.guarded || end.left.has(id));
    const running = [...new Set([...shown, ...open, ...unread])].sort();
    return { progress: { running }, isNews: running.join() !== before.join() };
  };

  return { page: (number, signal) => (number <= listPages ? listPage : leftPage)(number, signal), advance };
}

/** Its pages have 10 rows where no size is asked for (OpenAPI, 2026-03). */
async function ask({ client, workspace, pageSize, users }: RunningOptions, number: number, signal: AbortSignal) {
  const path = `/workspaces/${segment(workspace)}/time-entries/status/in-progress`;
  const query = { page: String(number), 'page-size': String(pageSize) };
  const answer = await client.get({ path, query, owner: workspace }, signal);
  if (!answer.ok) throw errorOf(answer.refusal, path);
  const { body, lastPage, receivedAtMs } = answer;
  const rows = listIn(body);
  return { body, receivedAtMs, items: rows.filter((row) => isOf(row, users)), isLast: lastPage ?? rows.length === 0 };
}

function isRunning(item: unknown): boolean {
  const interval = isFields(item) ? item.timeInterval : undefined;
  return isFields(interval) && interval.end === null;
}
