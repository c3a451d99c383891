import type { Op } from '../core/change.ts';
import type { Reject } from '../core/record.ts';
import type { Diff } from './diff.ts';

/** What a page, or the settling of a sweep, did. extracted = unchanged + superseded + published (without d) + deadLettered + repeated. */
export interface Counts {
  readonly extracted: number;
  readonly unchanged: number;
  /** Shown twice in one page: the later one counts. Or changed by another rhythm while this one was asking. */
  readonly superseded: number;
  readonly published: Readonly<Record<Op, number>>;
  readonly deadLettered: number;
  /** The same, by the stage that they did not pass. */
  readonly deadLettersAt: Readonly<Record<Reject['stage'], number>>;
  /** In the dead letters already, and still the same. */
  readonly repeated: number;
}

const NO_STAGE = { extract: 0, encode: 0 } as const;
const NONE = { r: 0, c: 0, u: 0, d: 0 } as const;

export const NO_COUNTS: Counts = {
  extracted: 0,
  unchanged: 0,
  superseded: 0,
  published: NONE,
  deadLettered: 0,
  deadLettersAt: NO_STAGE,
  repeated: 0,
};

export function countsOf(read: { readonly items: number; readonly superseded: number }, found: Diff): Counts {
  const published = { ...NONE } as Record<Op, number>;
  for (const change of found.changes) published[change.op] += 1;
  const deadLettersAt = { ...NO_STAGE } as Record<Reject['stage'], number>;
  for (const { reject } of found.deadLetters) deadLettersAt[reject.stage] += 1;
  return {
    extracted: read.items,
    unchanged: found.unchanged,
    superseded: read.superseded + found.left.length,
    published,
    deadLettered: found.deadLetters.length,
    deadLettersAt,
    repeated: found.repeated,
  };
}

export function addCounts(left: Counts | undefined, right: Counts): Counts {
  if (left === undefined) return right;
  const sum = (name: 'extracted' | 'unchanged' | 'superseded' | 'deadLettered' | 'repeated') =>
    left[name] + right[name];
  const published = {
    r: left.published.r + right.published.r,
    c: left.published.c + right.published.c,
    u: left.published.u + right.published.u,
    d: left.published.d + right.published.d,
  };
  return {
    extracted: sum('extracted'),
    unchanged: sum('unchanged'),
    superseded: sum('superseded'),
    deadLettered: sum('deadLettered'),
    deadLettersAt: {
      extract: left.deadLettersAt.extract + right.deadLettersAt.extract,
      encode: left.deadLettersAt.encode + right.deadLettersAt.encode,
    },
    repeated: sum('repeated'),
    published,
  };
}
