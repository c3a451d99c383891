import { type Drift, type DriftCounts, type DriftKind, driftName, MOST_DRIFTS, NO_DRIFT } from '../core/drift.ts';

/** One way in which the answers of a source differ from what its mapping takes, since the process began. */
export interface DriftStatus extends Drift {
  readonly firstSeenAtMs: number;
  readonly lastSeenAtMs: number;
}

export interface DriftTally {
  readonly kept: Map<string, DriftStatus>;
  counted: Readonly<Record<DriftKind, number>>;
}

export function newDriftTally(): DriftTally {
  return { kept: new Map(), counted: NO_DRIFT.counted };
}

/** Of each the first sample and types stay; what is beyond {@link MOST_DRIFTS} is in the numbers only. */
export function addDrift(tally: DriftTally, { told, counted }: DriftCounts, nowMs: number): void {
  const sum = (kind: DriftKind) => tally.counted[kind] + counted[kind];
  tally.counted = { new: sum('new'), missing: sum('missing'), changed: sum('changed') };
  for (const drift of told) {
    const name = driftName(drift);
    const known = tally.kept.get(name);
    if (known !== undefined) tally.kept.set(name, { ...known, count: known.count + drift.count, lastSeenAtMs: nowMs });
    else if (tally.kept.size < MOST_DRIFTS)
      tally.kept.set(name, { ...drift, firstSeenAtMs: nowMs, lastSeenAtMs: nowMs });
  }
}

/** @param samples whether who asks may see values */
export function driftOf({ kept }: DriftTally, samples: boolean): readonly DriftStatus[] {
  return [...kept.values()].map((drift) => (samples ? drift : { ...drift, sample: undefined }));
}

/** How many there were of those that are not kept. */
export function unlistedOf({ kept, counted }: DriftTally): number {
  const all = counted.new + counted.missing + counted.changed;
  return [...kept.values()].reduce((left, { count }) => left - count, all);
}
