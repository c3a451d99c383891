import { defer, firstValueFrom } from 'rxjs';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { EntityKey } from '../core/record.ts';
import type { LiveEntry } from '../core/state.ts';
import { entityKeyOf, entityStateKey } from '../core/state-codec.ts';
import { exceedsGuard, type HeldEntity, isAgreed } from './guard.ts';
import type { Testimony, Window } from './ports.ts';
import { failOnAbort, PAGE_RETRY, retryTransient } from './retry.ts';
import type { SliceContext, Sweep } from './sweep.ts';

/** What two witnesses say of the entities that a complete sweep did not show. */
export interface Evidence {
  /** How many entities the slice owned. */
  readonly owned: number;
  readonly missing: number;
  /** Absent from the sweep, and gone by the second witness too. */
  readonly gone: readonly Missing[];
  /** Held back already and still absent, not asked again: they count, but this sweep may not delete them. */
  readonly held: readonly Missing[];
  /** What the sweep did not show. */
  readonly absent: readonly Missing[];
  /** Items as the read by id gave them. */
  readonly alive: readonly unknown[];
  /** Missing, with no second witness yet. */
  readonly open: number;
  /** Out of what the sweep can show: no longer looked for, and nothing is said of them. */
  readonly outOfSight: readonly Missing[];
  /** When the last testimony arrived, epoch ms. */
  readonly receivedAtMs: number;
}

/** An entity that a sweep did not show, as the state had it when the evidence was begun. */
export interface Missing {
  readonly stateKey: string;
  readonly key: EntityKey;
  readonly entry: LiveEntry;
  /** The version of the state under which the entry was last changed. */
  readonly version: number;
  /** Where a page has proved it gone: when that arrived. */
  readonly receivedAtMs?: number | undefined;
  /** When the witness was asked; since the sweep began unless told. Who has asked later knows better. */
  readonly askedAtMs?: number | undefined;
}

/** So many are asked first, spread over all: if most of them live, the sweep lied and the rest need not be asked. */
const SAMPLE = 10;
/** So many of those that left the list and are not gone are read by a sweep, in turn: all would cost its budget. */
const STRAYS = 50;

/**
 * Asks the second witness: a read by id where Clockify has one, else absence from the sweep before as well.
 *
 * @throws {WorkerError} transient `settle.sweep_not_credible` where most of the missing turn out to live
 */
export async function gatherEvidence(sweep: Sweep, signal: AbortSignal): Promise<Evidence> {
  const { context } = sweep;
  const { missing, outOfSight, owned } = unmetOf(sweep);
  const summary = { owned, missing: missing.length, absent: missing, outOfSight, receivedAtMs: context.ambient.now() };
  forgetOthers(context.memory.absences, missing);
  const { witness } = context.endpoint;
  if (witness === undefined) return { ...summary, alive: [], held: [], ...absentTwice(sweep, missing) };
  return { ...summary, ...(await askAll(sweep, missing, owned, signal)) };
}

function unmetOf({ context, met, walk, version }: Sweep): Pick<Evidence, 'outOfSight' | 'owned'> & {
  readonly missing: readonly Missing[];
} {
  const { slice, shard } = context;
  const owned = shard.state.ownedBy(slice.owner ?? slice.id);
  // What another rhythm has changed since the sweep began was seen by that one.
  const isNewer = (key: string) => slice.rhythm !== undefined && shard.state.versionAt(key) > version;
  const unmet = owned.filter((key) => !met.has(key) && !isNewer(key)).flatMap((key) => missingAt(context, key));
  const missing = unmet.filter(({ entry }) => isInSight(walk.window, entry));
  if (walk.keeps !== true) {
    return { missing, owned: owned.length, outOfSight: unmet.filter(({ entry }) => !isInSight(walk.window, entry)) };
  }
  return { missing, owned: missing.length + met.size, outOfSight: [] };
}

/** Adds what the pages themselves have proved gone, under the same guard: it counts for those it belongs to. */
export function withTold(evidence: Evidence, gone: readonly Missing[], { context }: Sweep): Evidence {
  if (gone.length === 0) return evidence;
  const owners = new Set(gone.map(({ entry }) => entry.slice));
  const told = [...owners].reduce((sum, owner) => sum + context.shard.state.ownedCount(owner), 0);
  return {
    ...evidence,
    owned: evidence.owned + told,
    missing: evidence.missing + gone.length,
    gone: [...gone, ...evidence.gone],
  };
}

/**
 * What pages have proved gone, in this sweep or in one that was guarded: no list says it again. What was seen since, or
 * has changed, is out of question; what a person has agreed to is read once more, for that was a while ago.
 */
export async function toldGone(sweep: Sweep, signal: AbortSignal): Promise<readonly Missing[]> {
  const { context, agreed } = sweep;
  const fresh = new Set(sweep.gone.map(({ stateKey }) => stateKey));
  const before = (context.memory.guard.held?.told ?? []).filter(({ stateKey }) => !fresh.has(stateKey));
  const told = [...sweep.gone];
  for (const each of before.flatMap((one) => unseenOf(context, one))) {
    if (!isAgreed(agreed, each) || context.endpoint.witness === undefined) told.push(each);
    else if ((await ask(context, each.key, signal)).says === 'gone') told.push(each);
  }
  return told;
}

/** As the state has it now; nothing where it has changed or was seen since. */
function unseenOf(context: SliceContext, { stateKey, tsMs, receivedAtMs = 0 }: HeldEntity): readonly Missing[] {
  if ((context.shard.state.seenAt(stateKey) ?? 0) > receivedAtMs) return [];
  return missingAt(context, stateKey).flatMap((now) =>
    now.entry.tsMs === tsMs ? [{ ...now, receivedAtMs, askedAtMs: receivedAtMs }] : [],
  );
}

function isInSight(window: Window | undefined, { startMs }: LiveEntry): boolean {
  return window === undefined || startMs === null || (startMs >= window.fromMs && startMs < window.toMs);
}

function forgetOthers(absences: Map<string, number>, missing: readonly Missing[]): void {
  const keys = new Set(missing.map(({ stateKey }) => stateKey));
  for (const key of absences.keys()) if (!keys.has(key)) absences.delete(key);
}

function missingAt({ shard }: SliceContext, stateKey: string): Missing[] {
  const entry = shard.state.entryAt(stateKey);
  if (entry?.kind !== 'live') return [];
  return [{ stateKey, key: entityKeyOf(stateKey), entry, version: shard.state.versionAt(stateKey) }];
}

/**
 * Entities that this sweep and the one before did not show. A sweep that saw nothing where something must be, or an item
 * it could not name, or a hole, shows nothing about anybody.
 */
function absentTwice(sweep: Sweep, missing: readonly Missing[]): Pick<Evidence, 'gone' | 'open'> {
  const { absences } = sweep.context.memory;
  const blind = sweep.sawUnnamed || sweep.sawHole || (sweep.met.size === 0 && !sweep.context.source.mayBeEmpty);
  if (blind) return { gone: [], open: missing.length };
  for (const { stateKey } of missing) absences.set(stateKey, (absences.get(stateKey) ?? 0) + 1);
  const gone = missing.filter(({ stateKey }) => (absences.get(stateKey) ?? 0) >= 2);
  return { gone, open: missing.length - gone.length };
}

/**
 * The same keys, with a sample from all over at the front.
 *
 * @internal
 */
export function sampleFirst<T>(keys: readonly T[]): readonly T[] {
  if (keys.length <= SAMPLE) return keys;
  const step = keys.length / SAMPLE;
  const sample = Array.from({ length: SAMPLE }, (_, at) => Math.floor(at * step));
  const sampled = new Set(sample);
  return [...sample.map((at) => keys[at] as T), ...keys.filter((_, at) => !sampled.has(at))];
}

/** What the reads by id have said so far. */
interface Heard {
  readonly gone: Missing[];
  readonly alive: unknown[];
  receivedAtMs: number;
}

/**
 * Reads the missing by id. Those that were not gone when they were asked before have left the list alive (a filter of
 * the source no longer takes them): their number says nothing of this sweep.
 */
async function askAll(
  sweep: Sweep,
  missing: readonly Missing[],
  owned: number,
  signal: AbortSignal,
): Promise<Pick<Evidence, 'gone' | 'held' | 'alive' | 'open' | 'receivedAtMs'>> {
  const { context, agreed } = sweep;
  const waiting = waitingOf(sweep, missing, owned);
  if (waiting.length > 0) return askHeld(sweep, missing, waiting, signal);
  const surprises = sampleFirst(missing.filter(({ stateKey }) => !context.memory.absences.has(stateKey)));
  const heard = hearNobody(context);
  let unagreed = 0;
  for (const [at, each] of [...surprises, ...straysOf(context, missing)].entries()) {
    const mayAsk = isAgreed(agreed, each);
    if (!mayAsk && exceedsGuard(context.guard, unagreed, owned)) continue;
    const before = heard.gone.length;
    await learn(context, each, heard, signal);
    if (!mayAsk) unagreed += heard.gone.length - before;
    if (at < surprises.length) refuseIfLying(surprises.length, heard.gone.length, heard.alive.length);
    if (isMute(at + 1, heard)) break;
  }
  return { ...heard, held: [], open: missing.length - heard.gone.length - heard.alive.length };
}

/** What was proved gone by a guarded sweep and is still missing, where it alone is too much for the guard. */
function waitingOf({ context, agreed }: Sweep, missing: readonly Missing[], owned: number): readonly Missing[] {
  const byKey = new Map(missing.map((each) => [each.stateKey, each]));
  const waiting = (context.memory.guard.held?.gone ?? []).flatMap(({ stateKey, tsMs }) => {
    const each = byKey.get(stateKey);
    return each?.entry.tsMs === tsMs && !isAgreed(agreed, each) ? [each] : [];
  });
  return exceedsGuard(context.guard, waiting.length, owned) ? waiting : [];
}

/** While the guard holds, a few are read again each time, in turn, so that it lets go by itself where they are back. */
async function askHeld(sweep: Sweep, missing: readonly Missing[], waiting: readonly Missing[], signal: AbortSignal) {
  const { context, agreed } = sweep;
  const heard = hearNobody(context);
  const confirmed = missing.filter((each) => isAgreed(agreed, each));
  for (const each of confirmed) await learn(context, each, heard, signal);
  const again = hearNobody(context);
  for (const each of waiting.slice(0, SAMPLE)) await learn(context, each, again, signal);
  const alive = [...heard.alive, ...again.alive];
  const held = [...waiting.slice(SAMPLE), ...again.gone];
  return { ...heard, alive, held, open: missing.length - heard.gone.length - alive.length };
}

function hearNobody({ ambient }: SliceContext): Heard {
  return { gone: [], alive: [], receivedAtMs: ambient.now() };
}

/** Reads one of them. Who was asked now is the last to be asked again. */
async function learn(context: SliceContext, each: Missing, heard: Heard, signal: AbortSignal): Promise<void> {
  const { absences } = context.memory;
  const askedAtMs = context.ambient.now();
  const testimony = await ask(context, each.key, signal);
  absences.delete(each.stateKey);
  if (testimony.says === 'gone') heard.gone.push({ ...each, askedAtMs });
  else absences.set(each.stateKey, 1);
  if (testimony.says === 'alive') heard.alive.push(testimony.item);
  if (testimony.says !== 'nothing') heard.receivedAtMs = testimony.receivedAtMs;
}

/** Those not gone when they were read after the list last showed them; who was read longest ago comes first. */
function straysOf(context: SliceContext, missing: readonly Missing[]): readonly Missing[] {
  const byKey = new Map(missing.map((each) => [each.stateKey, each]));
  const strays = [...context.memory.absences.keys()].flatMap((key) => byKey.get(key) ?? []);
  return strays.slice(0, STRAYS);
}

/** True where so many reads have proved nothing that the next ones will not either: rights changed, say. */
function isMute(asked: number, { gone, alive }: Heard): boolean {
  return asked === SAMPLE && gone.length + alive.length === 0;
}

async function ask(context: SliceContext, key: EntityKey, signal: AbortSignal): Promise<Testimony> {
  const { witness } = context.endpoint;
  if (witness === undefined) return { says: 'nothing', reason: 'there is no read by id' };
  const asked$ = defer(() => witness(key, signal));
  const testimony = await firstValueFrom(
    asked$.pipe(retryTransient(PAGE_RETRY, context.ambient, context.onRetry), failOnAbort(signal)),
  );
  if (testimony.says !== 'alive' || testimony.item === undefined) return testimony;
  if (isAbout(context, key, testimony.item)) return testimony;
  return { says: 'nothing', reason: 'the answer is about another entity' };
}

/** An answer about anybody else says nothing of the one that was asked for. */
function isAbout({ source, slice }: SliceContext, key: EntityKey, item: unknown): boolean {
  try {
    const named = source.mapper.keyOf(item, slice.params);
    return entityStateKey(source.name, named) === entityStateKey(source.name, key);
  } catch (thrown) {
    if (toWorkerError(thrown).kind === 'record') return false;
    throw thrown;
  }
}

function refuseIfLying(asked: number, gone: number, alive: number): void {
  if (asked <= SAMPLE || gone + alive !== SAMPLE || alive <= gone) return;
  throw new WorkerError(
    'transient',
    'settle.sweep_not_credible',
    `a complete sweep did not show ${asked} entities, but ${alive} of ${SAMPLE} that were read by id are there`,
  );
}
