import fc from 'fast-check';
import type { Rate } from '../../src/core/rate.ts';

/**
 * What one run is made of, as plain data: a place, a configuration, and what happens, one step after the other. Numbers
 * that pick something are taken modulo what there is to pick from, so that every script can be run, and so can each of
 * its parts: it shrinks to few steps, and is replayed by its seed and path or by its own text.
 */
export interface Script {
  readonly seed: number;
  readonly place: Place;
  readonly setup: Setup;
  readonly steps: readonly Step[];
}

interface Place {
  readonly workspaces: number;
  readonly users: number;
  readonly days: number;
  readonly timeZone: string;
  readonly firstPage: 0 | 1;
  readonly deletionDelayMs: number;
}

export interface Setup {
  readonly rate: Rate;
  /** What intervals are counted in: the time in which the budget earns so many requests. */
  readonly requestsPerUnit: number;
  readonly pageSize: number;
  readonly sources: readonly ('workspaces' | 'users' | 'projects')[];
  /** In units. */
  readonly everyUnits: number;
  readonly listUnits: number;
  readonly runningUnits: number | undefined;
  readonly changesUnits: number | undefined;
  readonly recentMs: number | undefined;
  readonly reconcileUnits: number;
  readonly windowMs: number;
  /** No rhythms: each user's whole list, each time. */
  readonly isPlain: boolean;
  /** Only commits fail, and the whole history is read so rarely that the other rhythms must see everything. */
  readonly isCalm: boolean;
}

export interface Picks {
  readonly picks: readonly [number, number, number, number];
}

export type Step = { readonly thenUnits: number } & (
  | ({ readonly does: 'mutate'; readonly kind: MutationKind } & Picks)
  /** The mutation happens when a page of a list has been made: only the next page shows it. */
  | ({ readonly does: 'shift'; readonly kind: MutationKind; readonly list: ListPath } & Picks)
  | {
      readonly does: 'fault';
      readonly fault: FaultKind;
      readonly path: AnyPath;
      readonly skip: number;
      readonly times: number;
    }
  | { readonly does: 'commit'; readonly fails: 'not_committed' | 'fenced' | 'unknown_committed' | 'unknown_lost' }
  | { readonly does: 'die'; readonly after: number; readonly downUnits: number }
  | { readonly does: 'stop'; readonly downUnits: number }
  | { readonly does: 'rebalance'; readonly forUnits: number }
  | { readonly does: 'wait' }
);

const MUTATIONS = [
  'startTimer',
  'stopTimer',
  'addEntry',
  'editText',
  'moveStart',
  'moveProject',
  'setField',
  'setRate',
  'deleteEntry',
  'deleteRunning',
  'restoreEntry',
  'joinUser',
  'removeUser',
  'rejoinUser',
  'deactivateUser',
  'activateUser',
  'renameUser',
  'createProject',
  'renameProject',
  'archiveProject',
  'deleteProject',
  'renameWorkspace',
] as const;
export type MutationKind = (typeof MUTATIONS)[number];

const LIST_PATHS = ['/users\\?', '/projects\\?', '/time-entries\\?', 'in-progress'] as const;
type ListPath = (typeof LIST_PATHS)[number];
const ANY_PATHS = [
  ...LIST_PATHS,
  '[?&]page=2',
  'entities/',
  '/time-entries/[0-9a-f]{24}',
  '/workspaces$',
  '.',
] as const;
type AnyPath = (typeof ANY_PATHS)[number];

const FAULTS = [
  '500',
  '502 html',
  '429',
  '429 retry-after',
  '403',
  'cut',
  'empty',
  'twice',
  'no last-page',
  'html 200',
  'slow',
  'late',
  'unreachable',
] as const;
export type FaultKind = (typeof FAULTS)[number];

const DAY_MS = 86_400_000;
const units = (min: number, max: number) => fc.integer({ min: min * 4, max: max * 4 }).map((quarters) => quarters / 4);
const optional = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined, freq: 3 });

const RATES: readonly Rate[] = [
  { requests: 30, windowMs: 3_600_000, burst: 30 },
  { requests: 120, windowMs: 3_600_000, burst: 2 },
  { requests: 20, windowMs: 60_000, burst: 20 },
  { requests: 60, windowMs: 60_000, burst: 5 },
  { requests: 2, windowMs: 1_000, burst: 2 },
  { requests: 10, windowMs: 1_000, burst: 10 },
  { requests: 10, windowMs: 1_000, burst: 1 },
];

const PLACE: fc.Arbitrary<Place> = fc.record({
  workspaces: fc.constantFrom(1, 1, 2),
  users: fc.constantFrom(1, 2, 3, 5, 5),
  days: fc.integer({ min: 0, max: 2 }),
  timeZone: fc.constantFrom('UTC', 'Pacific/Kiritimati', 'Etc/GMT+12', 'America/New_York'),
  firstPage: fc.constantFrom(0, 1),
  deletionDelayMs: fc.constantFrom(0, 60_000),
});

const SETUP: fc.Arbitrary<Omit<Setup, 'isCalm'>> = fc.record({
  rate: fc.constantFrom(...RATES),
  requestsPerUnit: fc.integer({ min: 4, max: 12 }),
  pageSize: fc.constantFrom(2, 2, 3, 50),
  sources: fc.subarray(['workspaces', 'users', 'projects'] as const),
  everyUnits: units(1, 4),
  listUnits: units(1, 6),
  runningUnits: optional(units(1, 3)),
  changesUnits: optional(units(1, 3)),
  recentMs: optional(fc.constantFrom(DAY_MS, 7 * DAY_MS)),
  reconcileUnits: units(3, 12),
  windowMs: fc.constantFrom(DAY_MS, 7 * DAY_MS, 30 * DAY_MS),
  isPlain: fc.constantFrom(false, false, false, false, false, false, true),
});

const PICK = fc.nat({ max: 999 });
const PICKS = fc.tuple(PICK, PICK, PICK, PICK);
const KIND = fc.oneof(
  {
    arbitrary: fc.constantFrom<MutationKind>('startTimer', 'stopTimer', 'addEntry', 'editText', 'moveStart'),
    weight: 3,
  },
  { arbitrary: fc.constantFrom<MutationKind>('deleteEntry', 'restoreEntry'), weight: 2 },
  { arbitrary: fc.constantFrom(...MUTATIONS), weight: 3 },
);
const THEN = { thenUnits: fc.oneof(fc.constantFrom(0, 0.01, 0.05), units(0, 3)) };

const MUTATE = fc.record({ ...THEN, does: fc.constant('mutate' as const), kind: KIND, picks: PICKS });
const WAIT = fc.record({ ...THEN, does: fc.constant('wait' as const) });
/** A list, and what moves its rows from one page to the other. */
const SHIFTS: readonly (readonly [ListPath, MutationKind])[] = [
  ['/users\\?', 'removeUser'],
  ['/users\\?', 'rejoinUser'],
  ['/projects\\?', 'deleteProject'],
  ['/time-entries\\?', 'deleteEntry'],
  ['/time-entries\\?', 'addEntry'],
  ['/time-entries\\?', 'moveStart'],
  ['in-progress', 'stopTimer'],
  ['in-progress', 'startTimer'],
];
const SHIFT = fc
  .record({
    ...THEN,
    does: fc.constant('shift' as const),
    moves: fc.oneof(
      { arbitrary: fc.constantFrom(...SHIFTS), weight: 3 },
      { arbitrary: fc.tuple(fc.constantFrom(...LIST_PATHS), KIND), weight: 1 },
    ),
    picks: PICKS,
  })
  .map(({ moves: [list, kind], ...step }) => ({ ...step, list, kind }));
const FAULT = fc.record({
  ...THEN,
  does: fc.constant('fault' as const),
  fault: fc.constantFrom(...FAULTS),
  path: fc.constantFrom(...ANY_PATHS),
  skip: fc.nat({ max: 5 }),
  times: fc.constantFrom(1, 1, 2, 3, 12),
});
const COMMIT = fc.record({
  ...THEN,
  does: fc.constant('commit' as const),
  fails: fc.constantFrom('not_committed', 'fenced', 'unknown_committed', 'unknown_lost'),
});
const DIE = fc.record({
  ...THEN,
  does: fc.constant('die' as const),
  after: fc.nat({ max: 400 }),
  downUnits: fc.constantFrom(0, 0, 1, 3),
});
const STOP = fc.record({ ...THEN, does: fc.constant('stop' as const), downUnits: fc.constantFrom(0, 0, 1, 3) });
const REBALANCE = fc.record({ ...THEN, does: fc.constant('rebalance' as const), forUnits: units(0, 2) });

const CALM_STEP: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: MUTATE, weight: 8 },
  { arbitrary: SHIFT, weight: 1 },
  { arbitrary: COMMIT, weight: 1 },
  { arbitrary: WAIT, weight: 1 },
);
const STEP: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: MUTATE, weight: 12 },
  { arbitrary: SHIFT, weight: 4 },
  { arbitrary: FAULT, weight: 4 },
  { arbitrary: COMMIT, weight: 2 },
  { arbitrary: DIE, weight: 2 },
  { arbitrary: STOP, weight: 1 },
  { arbitrary: REBALANCE, weight: 1 },
  { arbitrary: WAIT, weight: 2 },
);

const SEED = fc.nat({ max: 0x7fff_ffff });
/** Everything goes wrong at times, and the whole history is read again and again. */
export const STORM: fc.Arbitrary<Script> = fc.record({
  seed: SEED,
  place: PLACE,
  setup: SETUP.map((setup) => ({ ...setup, isCalm: false })),
  steps: fc.array(STEP, { minLength: 1, maxLength: 14 }),
});
/** Only commits fail; what is new, changed or gone must be found by the fast rhythms alone. */
export const CALM: fc.Arbitrary<Script> = fc.record({
  seed: SEED,
  place: PLACE,
  setup: fc.tuple(SETUP, units(1, 3)).map(([setup, changesUnits]) => ({
    ...setup,
    changesUnits,
    recentMs: 7 * DAY_MS,
    isPlain: false,
    isCalm: true,
    reconcileUnits: 2_000,
  })),
  steps: fc.array(CALM_STEP, { minLength: 1, maxLength: 14 }),
});

export function unitMs({ rate, requestsPerUnit }: Setup): number {
  return Math.round((rate.windowMs / rate.requests) * requestsPerUnit);
}
