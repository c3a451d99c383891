import type { DriftCounts } from '../core/drift.ts';
import type { EntityKey } from '../core/record.ts';
import { entityStateKey } from '../core/state-codec.ts';
import { commit, outcomeOf } from './commit.ts';
import { type Counts, countsOf, NO_COUNTS } from './counts.ts';
import { deadLetterId, diff, isOutdated } from './diff.ts';
import type { Encoded } from './encode.ts';
import { inTurn, lookedAt, meet } from './sweep.ts';

/** What is left of a page once it is committed. */
export interface Committed {
  readonly number: number;
  readonly last: boolean;
  readonly counts: Counts;
  readonly drift: DriftCounts;
}

/** Diff and commit as one piece of work, and only then what the sweep and the page memory know (P1). */
export async function commitPage(page: Encoded): Promise<Committed> {
  const { number, last } = page;
  const counts =
    page.known === undefined ? await commitNews(page) : { ...NO_COUNTS, extracted: page.items, unchanged: page.items };
  const { sight, drift } = noteShape(page);
  meetAll(page);
  remember(page, sight);
  if (last) page.sweep.context.memory.pages.trim(number);
  return { number, last, counts, drift };
}

function noteShape({ sweep, shape, known }: Encoded) {
  const before = known === undefined ? undefined : { sight: known.sight, items: known.keys.length };
  return sweep.context.source.drift.notePage({ ...lookedAt(sweep), shape, known: before });
}

function commitNews(page: Encoded): Promise<Counts> {
  const { context } = page.sweep;
  return inTurn(context, async () => {
    const found = diff(context, page.records, page.rejects, page.receivedAtMs, page.asked);
    admit(page, found.deadLetters.length);
    await commit(context, outcomeOf(found));
    noteLeft(page, found.left);
    noteGone(page);
    noteSeen(page);
    return countsOf(page, found);
  });
}

/** Where so many do not fit that the page is refused, why they do not is told all the same. */
function admit({ sweep, items, shape }: Encoded, letters: number): void {
  const { source, ambient } = sweep.context;
  try {
    source.rejects?.admit(items, letters, ambient.monotonic());
  } catch (thrown) {
    sweep.refused = source.drift.noteFaults(shape?.faults ?? []);
    throw thrown;
  }
}

function noteLeft({ sweep }: Encoded, left: readonly EntityKey[]): void {
  for (const key of left) sweep.left.add(key.at(-1) ?? '');
}

/** Deleted when the sweep is settled, so that the guard has seen all of them before any is published (P4). */
function noteGone({ sweep, gone, asked, receivedAtMs }: Encoded): void {
  const { context } = sweep;
  for (const key of gone) {
    const stateKey = entityStateKey(context.source.name, key);
    const { state } = context.shard;
    const entry = state.entryAt(stateKey);
    if (entry?.kind !== 'live') continue;
    if (isOutdated(context, key, asked)) sweep.left.add(key.at(-1) ?? '');
    else {
      const version = state.versionAt(stateKey);
      sweep.gone.push({ stateKey, key, entry, version, receivedAtMs, askedAtMs: asked.atMs });
    }
  }
}

/** When each entity was last seen as it is, so that the next change of it, by whomever, can say since when. */
function noteSeen(page: Encoded): void {
  const { context, left } = page.sweep;
  if (context.slice.rhythm === undefined) return;
  const { state } = context.shard;
  const ownKeys = page.records.filter(({ key }) => !left.has(key.at(-1) ?? ''));
  const keys = page.known?.keys ?? ownKeys.map(({ key }) => entityStateKey(context.source.name, key));
  for (const key of keys) state.noteSeen(key, page.asked.atMs);
}

function meetAll(page: Encoded): void {
  const { sweep } = page;
  const { context } = sweep;
  const shown = sweep.met.size;
  for (const key of page.known?.keys ?? []) meet(sweep, key);
  for (const record of page.records) meet(sweep, entityStateKey(context.source.name, record.key));
  for (const reject of page.rejects) {
    sweep.metRejects.add(deadLetterId(context, reject));
    if (reject.key === undefined) sweep.sawUnnamed = true;
    else meet(sweep, entityStateKey(context.source.name, reject.key));
  }
  if (sweep.met.size === shown && isPromised(page)) sweep.sawHole = true;
  if (page.known !== undefined) noteSeen(page);
}

/** Not asked for only because no header had said that the list was over. */
function isPromised({ number, items, lastPage }: Encoded): boolean {
  return number > 1 && (items > 0 || lastPage !== undefined);
}

/** A page with rejects is looked at each time: it is not what the state says. */
function remember(page: Encoded, sight: string): void {
  if (page.known !== undefined) return;
  const { pages } = page.sweep.context.memory;
  if (page.unlike === true || page.rejects.length > 0) pages.forget(page.number);
  else pages.remember(page, page.sweep.context.source.name, sight);
}
