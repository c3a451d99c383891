import { sourceNameOf } from '../core/state.ts';
import type { Control } from './control.ts';
import type { Folded } from './status-fold.ts';

/** The rhythm of what has none. */
export const LIST_RHYTHM = 'list';

/** How far behind one rhythm of a source is: of its slices the one that is furthest. */
export interface Freshness {
  readonly source: string;
  readonly rhythm: string;
  /** End of the oldest last complete sweep; of a slice that had none, when it was first known. */
  readonly behindMs: number;
  /** When the first of the waiting slices is due. */
  readonly dueAtMs: number | undefined;
  readonly sweeping: number;
}

/** One pass over the slices, for there may be many. */
export function freshnessOf({ slices }: Folded, control: Control | undefined): readonly Freshness[] {
  const found = new Map<string, Freshness>();
  for (const { slice, completeAtMs, sinceMs, dueAtMs, isSweeping } of slices.values()) {
    const source = sourceNameOf(slice.id);
    const rhythm = slice.rhythm ?? LIST_RHYTHM;
    const key = `${source}/${rhythm}`;
    const known = found.get(key);
    const context = control?.slices.running.get(slice.id);
    const restoredMs = context?.shard.state.checkpoint(source, slice.id)?.lastCompleteAtMs;
    const behindMs = completeAtMs ?? restoredMs ?? sinceMs;
    found.set(key, {
      source,
      rhythm,
      behindMs: Math.min(known?.behindMs ?? behindMs, behindMs),
      dueAtMs: earlier(known?.dueAtMs, dueAtMs),
      sweeping: (known?.sweeping ?? 0) + (isSweeping ? 1 : 0),
    });
  }
  return [...found.values()];
}

function earlier(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);
}
