/**
 * How answers differ from what the mapping of a source takes.
 *
 * - `new`: a field that no column takes.
 * - `missing`: one that is read, and is not there any more.
 * - `changed`: a value that is of another type than the one that is read.
 */
export const DRIFT_KINDS = ['new', 'missing', 'changed'] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** Different paths of one source that are told apart; those beyond are counted only. */
export const MOST_DRIFTS = 100;

/** One path that differs; `$` is the item itself. */
export interface Drift {
  readonly kind: DriftKind;
  /** Dotted; `[]` after a list whose elements are meant. */
  readonly path: string;
  /** Items that show it. */
  readonly count: number;
  /** The type that is read; undefined for a new field. */
  readonly expected: string | undefined;
  readonly seen: string;
  /** JSON text, cut and without what nobody may see; undefined where there is none to show, or it was told before. */
  readonly sample: string | undefined;
}

/** What some items have shown. */
export interface DriftCounts {
  /** All of it, in items and paths. */
  readonly counted: Readonly<Record<DriftKind, number>>;
  /** By kind and path, each once. */
  readonly told: readonly Drift[];
}

export const NO_DRIFT: DriftCounts = { counted: { new: 0, missing: 0, changed: 0 }, told: [] };

/** Kind and path, by which one drift is known. */
export function driftName({ kind, path }: Pick<Drift, 'kind' | 'path'>): string {
  return `${kind} ${path}`;
}

/** A value of one item that is not what the mapping takes, or a part of the key that is not there. */
export interface Fault {
  readonly kind: 'missing' | 'changed';
  readonly path: string;
  /** As far down as there is something. */
  readonly names: readonly string[];
  readonly expected: string;
  readonly seen: string;
  readonly value: unknown;
}
