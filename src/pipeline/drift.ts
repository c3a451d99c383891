import { type Drift, type DriftCounts, driftName, type Fault, MOST_DRIFTS, NO_DRIFT } from '../core/drift.ts';
import { typeName } from '../core/field-value.ts';
import type { ItemShape, ShapeTally } from '../core/item-shape.ts';
import { createAbsences, type KnownSight, type LookedAt } from './drift-missing.ts';

/** What the items of a page that was read have shown of their shape. */
export interface PageShape {
  readonly tally: ShapeTally;
  /** Of items that were set aside. */
  readonly faults: readonly Fault[];
}

/** Of one source, over all its slices: what its answers show beyond what its mapping takes. */
export interface DriftWatch {
  /** A page that is committed, read or unchanged; `sight` is what is to be remembered of it. */
  notePage(page: NotedPage): { readonly sight: string; readonly drift: DriftCounts };
  /** Of items that were set aside, on a page that cannot be committed. */
  noteFaults(faults: readonly Fault[]): DriftCounts;
  /** The end of a complete sweep, and what was wrong with the items that were read by id for it. */
  noteSweep(sweep: LookedAt, faults: readonly Fault[]): DriftCounts;
}

interface NotedPage extends LookedAt {
  readonly shape: PageShape | undefined;
  readonly known: KnownSight | undefined;
}

/** What people may see. */
export interface DriftTexts {
  pathOf(path: string): string;
  /** Undefined where there is nothing, or nothing that they may see. */
  sampleOf(names: readonly string[], value: unknown): string | undefined;
}

const NO_SAMPLES: DriftTexts = { pathOf: (path) => path, sampleOf: () => undefined };

interface Found extends Omit<Drift, 'sample'> {
  readonly names: readonly string[];
  readonly value: unknown;
}

/**
 * What is new and what has changed its type is told of each page; of what is missing see `drift-missing.ts`. At most
 * {@link MOST_DRIFTS} different ones are told, each with a sample the first time; what is beyond is counted.
 */
export function createDriftWatch(shape: ItemShape, texts: DriftTexts = NO_SAMPLES): DriftWatch {
  const known = new Set<string>();
  const absences = createAbsences(shape);

  /** False for a path that is one too many. */
  const isKept = (name: string): boolean => known.has(name) || known.size < MOST_DRIFTS;
  const toldOf = ({ names, value, ...drift }: Found, name: string): Drift => {
    const sample = known.has(name) ? undefined : texts.sampleOf(names, value);
    known.add(name);
    return { ...drift, sample };
  };
  const tell = (found: readonly Found[], unlisted = 0): DriftCounts => {
    if (found.length === 0 && unlisted === 0) return NO_DRIFT;
    const told = new Map<string, Drift>();
    for (const each of found.map((one) => ({ ...one, path: texts.pathOf(one.path) }))) {
      const name = driftName(each);
      const before = told.get(name);
      if (before !== undefined) told.set(name, { ...before, count: before.count + each.count });
      else if (isKept(name)) told.set(name, toldOf(each, name));
    }
    return { counted: countedOf(found, unlisted), told: [...told.values()] };
  };
  const missing = (id: number, count: number): Found => {
    const { path = '', expected } = shape.paths[id] ?? {};
    return { kind: 'missing', path, count, expected, seen: 'absent', names: [], value: undefined };
  };

  return {
    notePage(page) {
      const { sight, missed } = absences.notePage(page, page.shape?.tally, page.known);
      const { tally, faults = [] } = page.shape ?? {};
      const found = [...newIn(tally), ...faults.map(foundIn), ...missed.map(([id, count]) => missing(id, count))];
      return { drift: tell(found, tally?.unlisted), sight };
    },
    noteFaults: (faults) => tell(faults.map(foundIn)),
    noteSweep(sweep, faults) {
      const gone = absences.noteSweep(sweep).map(([id, count]) => missing(id, count));
      return tell([...gone, ...faults.map(foundIn)]);
    },
  };
}

function countedOf(found: readonly Found[], unlisted: number): DriftCounts['counted'] {
  const counted = { ...NO_DRIFT.counted, new: unlisted };
  for (const { kind, count } of found) counted[kind] += count;
  return counted;
}

function newIn(tally: ShapeTally | undefined): readonly Found[] {
  return [...(tally?.unknown ?? [])].map(([path, { names, value, count }]) => {
    return { kind: 'new', path, count, expected: undefined, seen: typeName(value), names, value };
  });
}

function foundIn(fault: Fault): Found {
  return { ...fault, count: 1 };
}
