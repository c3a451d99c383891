import type { World } from '../../src/simulator/world.ts';
import { RefusedMutationError, UnknownRowError } from '../../src/simulator/world-context.ts';
import type { MutationKind } from './script.ts';

interface Given {
  readonly world: World;
  readonly nowMs: number;
  /** Who owns the key: without them nothing could be seen any more. */
  readonly self: string;
  readonly picks: readonly [number, number, number, number];
}

/** One of so many: undefined where there is none. */
function pick<T>(from: readonly T[], number: number): T | undefined {
  return from[number % Math.max(1, from.length)];
}

const HOUR_MS = 3_600_000;
/** How long ago an entry starts: around the borders of windows, long ago, and in the future. */
const AGES_MS = [0, 1, 5, 14, 23.99, 24, 24.01, 36, 167.99, 168.01, 182, 720, 721, 1_000, 2_400, 9_000, -30].map(
  (hours) => hours * HOUR_MS,
);

type Mutation = (given: Given, workspaceId: string) => unknown;

const entriesIn = ({ world }: Given, workspaceId: string) => world.store.rows('timeEntries', workspaceId);
const usersIn = ({ world }: Given, workspaceId: string) => world.store.rows('users', workspaceId);
const othersIn = (given: Given, workspaceId: string) =>
  usersIn(given, workspaceId).filter(({ id }) => id !== given.self);
const projectsIn = ({ world }: Given, workspaceId: string) => world.store.rows('projects', workspaceId);

/** Of a row that is picked; nothing where there is none. */
function ofOne<T extends { readonly id: string }>(
  rows: (given: Given, workspaceId: string) => readonly T[],
  change: (given: Given, workspaceId: string, row: T) => unknown,
): Mutation {
  return (given, workspaceId) => {
    const row = pick(rows(given, workspaceId), given.picks[1]);
    return row === undefined ? undefined : change(given, workspaceId, row);
  };
}

const ageOf = ({ picks }: Given) => pick(AGES_MS, picks[2]) ?? 0;

/** Whose history shows them as deleted last. */
const deletedIn = ({ world }: Given, workspaceId: string) =>
  world.history.entries.flatMap(({ resource, workspaceId: of, id, after, before }) => {
    const isGone = after === null && world.store.row(resource, workspaceId, id) === undefined;
    return resource === 'timeEntries' && of === workspaceId && isGone && before !== null ? [{ id }] : [];
  });
const leftOf = ({ world }: Given, workspaceId: string) =>
  world.store
    .workspaceIds()
    .flatMap((of) => world.store.rows('users', of))
    .filter(({ id }) => world.store.row('users', workspaceId, id) === undefined);

const KINDS: Readonly<Record<MutationKind, Mutation>> = {
  startTimer: ofOne(usersIn, ({ world, nowMs, picks }, workspaceId, { id: userId }) =>
    world.startTimer({ workspaceId, userId, start: picks[3] % 3 === 0 ? nowMs - 2 * HOUR_MS : nowMs }),
  ),
  stopTimer: ofOne(usersIn, ({ world }, workspaceId, { id }) => world.stopTimer(workspaceId, id)),
  addEntry: ofOne(usersIn, (given, workspaceId, { id: userId }) => {
    const start = given.nowMs - ageOf(given);
    const projectId =
      given.picks[3] % 2 === 0 ? (pick(projectsIn(given, workspaceId), given.picks[3])?.id ?? null) : null;
    return given.world.addEntry({ workspaceId, userId, start, end: start + HOUR_MS, projectId });
  }),
  editText: ofOne(entriesIn, ({ world, picks }, workspaceId, { id }) =>
    world.editEntry(workspaceId, id, { description: `text ${picks[2] % 3}`, billable: picks[3] % 2 === 0 }),
  ),
  moveStart: ofOne(entriesIn, (given, workspaceId, { id, timeInterval: { end } }) => {
    const start = given.nowMs - ageOf(given);
    return given.world.editEntry(
      workspaceId,
      id,
      end === null ? { start: Math.min(start, given.nowMs) } : { start, end: start + HOUR_MS },
    );
  }),
  moveProject: ofOne(entriesIn, (given, workspaceId, { id }) => {
    const projectId = pick(projectsIn(given, workspaceId), given.picks[2])?.id ?? null;
    return given.world.editEntry(workspaceId, id, { projectId });
  }),
  setField: ofOne(entriesIn, ({ world, picks }, workspaceId, { id, customFieldValues: [field] }) =>
    field === undefined
      ? undefined
      : world.editEntry(workspaceId, id, { customFieldValues: { [field.customFieldId]: `value ${picks[2] % 3}` } }),
  ),
  setRate: ofOne(entriesIn, ({ world, picks }, workspaceId, { id }) =>
    world.editEntry(workspaceId, id, { hourlyRate: { amount: 1_000 + (picks[2] % 3), currency: 'USD' } }),
  ),
  deleteEntry: ofOne(entriesIn, ({ world }, workspaceId, { id }) => world.deleteEntry(workspaceId, id)),
  deleteRunning: ofOne(
    ({ world }, workspaceId) => world.store.running(workspaceId),
    ({ world }, workspaceId, { id }) => world.deleteEntry(workspaceId, id),
  ),
  restoreEntry: ofOne(deletedIn, ({ world }, workspaceId, { id }) => world.restoreEntry(workspaceId, id)),
  joinUser: (given, workspaceId) =>
    usersIn(given, workspaceId).length < 6 ? given.world.joinUser({ workspaceId }) : undefined,
  removeUser: ofOne(othersIn, ({ world }, workspaceId, { id }) => world.removeUser(workspaceId, id)),
  rejoinUser: ofOne(leftOf, ({ world }, workspaceId, { id: userId }) => world.joinUser({ workspaceId, userId })),
  deactivateUser: ofOne(othersIn, ({ world }, workspaceId, { id }) => world.deactivateUser(workspaceId, id)),
  activateUser: ofOne(othersIn, ({ world }, workspaceId, { id }) => world.activateUser(workspaceId, id)),
  renameUser: ofOne(usersIn, ({ world, picks }, _workspaceId, { id }) => world.renameUser(id, `name ${picks[2] % 3}`)),
  createProject: (given, workspaceId) =>
    projectsIn(given, workspaceId).length < 6
      ? given.world.createProject({ workspaceId, name: `project ${given.picks[2]}` })
      : undefined,
  renameProject: ofOne(projectsIn, ({ world, picks }, workspaceId, { id }) =>
    world.renameProject(workspaceId, id, `name ${picks[2] % 3}`),
  ),
  archiveProject: ofOne(projectsIn, ({ world }, workspaceId, { id, archived }) =>
    archived ? world.unarchiveProject(workspaceId, id) : world.archiveProject(workspaceId, id),
  ),
  deleteProject: ofOne(projectsIn, ({ world }, workspaceId, { id }) => world.deleteProject(workspaceId, id)),
  renameWorkspace: ({ world, picks }, workspaceId) => world.renameWorkspace(workspaceId, `name ${picks[2] % 3}`),
};

/** What Clockify would refuse, or has nothing to be done to, does not happen. */
export function happen(kind: MutationKind, given: Given): void {
  const workspaceId = pick(given.world.store.workspaceIds(), given.picks[0]);
  if (workspaceId === undefined) return;
  try {
    KINDS[kind](given, workspaceId);
  } catch (error) {
    if (error instanceof UnknownRowError || error instanceof RefusedMutationError || error instanceof RangeError)
      return;
    throw error;
  }
}
