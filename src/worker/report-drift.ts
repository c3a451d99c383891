import { DRIFT_KINDS, type Drift, type DriftKind, driftName, MOST_DRIFTS } from '../core/drift.ts';
import { sourceNameOf } from '../core/state.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import type { EventLog } from './report.ts';

type Told = Extract<SliceEvent, { readonly type: 'drift' }>;

const LEVELS: Readonly<Record<DriftKind, 'info' | 'warn'>> = { new: 'info', missing: 'warn', changed: 'warn' };

/** The shape of answers has changed: each path is told once for its source and kind. No value is ever told (P7). */
export function createShapes(log: EventLog): (event: Told) => void {
  const bySource = new Map<string, Set<string>>();
  return ({ slice, drift: { told } }) => {
    const source = sourceNameOf(slice.id);
    const seen = bySource.get(source) ?? new Set();
    bySource.set(source, seen);
    const fresh = told.filter((drift) => !seen.has(driftName(drift))).slice(0, MOST_DRIFTS - seen.size);
    for (const drift of fresh) seen.add(driftName(drift));
    for (const kind of DRIFT_KINDS) {
      const drifts = fresh.filter((drift) => drift.kind === kind);
      if (drifts.length > 0) log[LEVELS[kind]](fieldsOf(source, kind, drifts), sentenceOf(source, kind));
    }
  };
}

function fieldsOf(source: string, kind: DriftKind, drifts: readonly Drift[]): object {
  const fields = drifts.map(({ path }) => path);
  const types = drifts.map(({ expected, seen }) => (expected === undefined ? seen : `${expected}, now ${seen}`));
  return { event: 'shape.changed', source, kind, fields, types };
}

function sentenceOf(source: string, kind: DriftKind): string {
  if (kind === 'new') return `${source} shows fields that no column takes yet`;
  if (kind === 'missing') return `${source} no longer shows fields that it had`;
  return `${source} shows values of another type`;
}
