import { WorkerError } from '../../core/errors.ts';
import { rawText } from '../../core/raw-text.ts';
import type { EntityKey } from '../../core/record.ts';
import type { Progress } from '../../core/state.ts';
import type { TemplateEndpoint } from '../endpoint.ts';
import { type Fields, isFields, jsonIn } from '../json-body.ts';

/**
 * The rhythms of time entries: several ways to look at the same entries, each at its own pace. Here is what they have in
 * common: the shapes of a walk, and reading by id what a list has only hinted at.
 */
export interface RhythmEndpoint {
  readonly begin: (nowMs: number, known: Known) => RhythmWalk;
}

export interface RhythmWalk {
  page(number: number, signal: AbortSignal): Promise<RhythmPage>;
  readonly window?: { readonly fromMs: number; readonly toMs: number } | undefined;
  readonly keeps?: boolean;
  readonly advance?: (end: SweepEnd) => Advance | undefined;
  readonly concluded?: () => void;
}

export interface RhythmPage {
  readonly body: Uint8Array;
  readonly lastPage: boolean | undefined;
  readonly receivedAtMs: number;
  readonly read: () => Content;
  readonly unlike?: boolean;
}

interface Content {
  readonly items: readonly unknown[];
  readonly last: boolean;
  readonly gone?: readonly EntityKey[];
}

export interface Known {
  readonly progress: Progress;
  readonly isLive: (key: EntityKey) => boolean;
  readonly owners: () => readonly string[];
  readonly keysOf: (owner: string) => readonly EntityKey[];
}

export interface SweepEnd {
  readonly guarded: boolean;
  readonly left: ReadonlySet<string>;
}

interface Advance {
  readonly progress: Progress;
  readonly isNews: boolean;
  readonly isWhole?: boolean;
}

/** The read by id of the template. */
export type Witness = NonNullable<TemplateEndpoint['witness']>;

/** What reads by id have said. */
export interface Readings {
  readonly alive: readonly Fields[];
  readonly gone: readonly string[];
  /** Neither: refused, unclear, or about another entity. */
  readonly silent: readonly string[];
  readonly receivedAtMs: number;
}

/** Ids that are read for one page. */
export const READS_A_PAGE = 20;

/** One after the other: the request budget sets the pace. Errors as the witness. */
export async function readAll(
  witness: Witness,
  workspace: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<Readings> {
  const alive: Fields[] = [];
  const gone: string[] = [];
  const silent: string[] = [];
  let receivedAtMs = 0;
  for (const id of ids) {
    const testimony = await witness([workspace, id], signal);
    if (testimony.says !== 'nothing') receivedAtMs = testimony.receivedAtMs;
    if (testimony.says === 'gone') gone.push(id);
    else if (testimony.says === 'alive' && isFields(testimony.item) && testimony.item.id === id)
      alive.push(testimony.item);
    else silent.push(id);
  }
  return { alive, gone, silent, receivedAtMs };
}

/** A page that is no answer of its own. */
export function pageOf(content: Content, receivedAtMs: number): RhythmPage {
  const body = new TextEncoder().encode(rawText([content.items, content.gone]));
  return { body, lastPage: undefined, receivedAtMs, read: () => content, unlike: true };
}

/** @throws {WorkerError} transient `extract.not_a_list`: a proxy's page or a cut body; never quoted (P7) */
export function listIn(body: Uint8Array): readonly unknown[] {
  const list = jsonIn(body);
  if (Array.isArray(list)) return list;
  throw new WorkerError('transient', 'extract.not_a_list', 'the answer is no JSON list');
}

/** As Clockify wants an instant in a query: whole seconds, UTC. */
export function instantText(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** When an entry starts, epoch ms; undefined where it does not say. */
export function startOf(item: unknown): number | undefined {
  const interval = isFields(item) ? item.timeInterval : undefined;
  const startMs = isFields(interval) && typeof interval.start === 'string' ? Date.parse(interval.start) : Number.NaN;
  return Number.isNaN(startMs) ? undefined : startMs;
}

/** Whether an item is one of those that are wanted; `users` undefined: everybody's are. */
export function isOf(item: unknown, users: ReadonlySet<string> | undefined): boolean {
  return users === undefined || (isFields(item) && typeof item.userId === 'string' && users.has(item.userId));
}
