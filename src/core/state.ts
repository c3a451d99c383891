import type { EntityKey } from './record.ts';

/**
 * Durable state: what was last published for each entity, how far each slice came, and what belongs to them.
 * It lives as key–value records (`StateRecord`) in one shard of the state topic or in a file; `state-codec.ts`
 * says how they look in bytes.
 */

/** What was last published for an entity key. */
export interface LiveEntry {
  readonly kind: 'live';
  /** The slice that saw it last: only its complete sweeps can be evidence that it is gone. */
  readonly slice: string;
  readonly hash: string;
  /** Fingerprint of the row schema that wrote `rowBytes`, 16 hex digits. */
  readonly schema: string;
  readonly startMs: number | null;
  readonly tsMs: number;
  readonly rowBytes: Uint8Array;
}

/** What is left of a deleted entity for seven days, so that a restored one goes on after its last `__ts_ms`. */
export interface Grave {
  readonly kind: 'grave';
  readonly slice: string;
  readonly tsMs: number;
}

/** A slice's durable progress. The source's own (slice `*`) holds the time of its first complete pass. */
export interface Checkpoint {
  /** When its first complete sweep ended, epoch ms; undefined until then: everything new is `r`. */
  readonly firstCompleteAtMs?: number | undefined;
  readonly lastCompleteAtMs?: number | undefined;
  /** State keys that the last complete sweeps did not show, and how often: half the evidence of a delete. */
  readonly absences?: Readonly<Record<string, number>> | undefined;
  /** Only of a rhythm: where its next sweep goes on. */
  readonly progress?: Progress | undefined;
}

/** Where a rhythm's next sweep goes on; each rhythm has its own part. */
export interface Progress {
  /** Ids that the list of running entries showed last. */
  readonly running?: readonly string[] | undefined;
  /** Up to when the lists of changes were read, epoch ms. */
  readonly changesToMs?: number | undefined;
  readonly pass?: HistoryPass | undefined;
  /** The last entity without a listed owner that was read by id. */
  readonly strayAfter?: string | undefined;
}

/** A walk through a whole history, one window after the other, backwards. */
export interface HistoryPass {
  readonly startedAtMs: number;
  /** Where the next window ends, exclusive, epoch ms; undefined: the pass is over. */
  readonly toMs?: number | undefined;
  /** Windows read so far. */
  readonly windows: number;
  /** How many the pass before had; undefined in the first. */
  readonly windowsBefore?: number | undefined;
}

/** An item that is in the dead letters already: `hash` of the raw item, so that the same one is not sent again. */
export interface RejectEntry {
  readonly slice: string;
  readonly hash: string;
}

/** What a source's state was made with. If it differs, the source starts anew. */
export interface SourceIdentity {
  readonly topic: string;
  readonly keyFields: readonly string[];
  readonly shape: string;
  /** Registry id of the key schema: part of the key's bytes, so it may never change under a topic. */
  readonly keySchemaId: number;
}

/**
 * Requests that were sent, or may have been (P6): when each counts from at the latest, epoch ms, and how many do. They
 * are written before they are sent.
 */
export type Spent = readonly (readonly [atMs: number, count: number])[];

/** The state, one record of it, as meaning. */
export type StateItem =
  | { readonly type: 'entity'; readonly source: string; readonly key: EntityKey; readonly entry: LiveEntry | Grave }
  | { readonly type: 'checkpoint'; readonly source: string; readonly slice: string; readonly checkpoint: Checkpoint }
  | { readonly type: 'reject'; readonly source: string; readonly id: string; readonly entry: RejectEntry }
  | { readonly type: 'identity'; readonly source: string; readonly identity: SourceIdentity }
  | { readonly type: 'schema'; readonly fingerprint: string; readonly schema: string }
  | { readonly type: 'budget'; readonly owner: string; readonly spent: Spent };

/** The state, one record of it, as bytes. A null value removes the key. */
export interface StateRecord {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** The source's name in the id of a slice. */
export function sourceNameOf(slice: string): string {
  const end = slice.indexOf('/');
  return end < 0 ? slice : slice.slice(0, end);
}

/** The name of the checkpoint that belongs to a source and workspace as a whole. */
export function sourceSlice(workspace: string | undefined): string {
  return workspace === undefined ? '*' : `*/${workspace}`;
}
