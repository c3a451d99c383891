import type { World } from './world.ts';

type Arguments = Readonly<Record<string, unknown>>;
type Mutator = (world: World, given: Arguments) => unknown;

/** Mutations that need to know no more than which row. */
type OfRow = {
  [K in keyof World]: World[K] extends (workspaceId: string, id: string) => object ? K : never;
}[keyof World];

/** Mutations by name, their arguments by name: what `POST /simulator/mutate` takes. */
const MUTATORS: Readonly<Record<string, Mutator>> = {
  addEntry: (world, given) => world.addEntry(given as never),
  editEntry: (world, given) => world.editEntry(text(given, 'workspaceId'), text(given, 'id'), fieldsOf(given)),
  deleteEntry: (world, given) => world.deleteEntry(text(given, 'workspaceId'), text(given, 'id')),
  restoreEntry: (world, given) => world.restoreEntry(text(given, 'workspaceId'), text(given, 'id')),
  startTimer: (world, given) => world.startTimer(given as never),
  stopTimer: (world, given) => world.stopTimer(text(given, 'workspaceId'), text(given, 'userId')) ?? null,
  createProject: (world, given) => world.createProject(given as never),
  renameProject: (world, given) =>
    world.renameProject(text(given, 'workspaceId'), text(given, 'id'), text(given, 'name')),
  archiveProject: (world, given) => world.archiveProject(text(given, 'workspaceId'), text(given, 'id')),
  unarchiveProject: (world, given) => world.unarchiveProject(text(given, 'workspaceId'), text(given, 'id')),
  deleteProject: (world, given) => world.deleteProject(text(given, 'workspaceId'), text(given, 'id')),
  createClient: (world, given) => world.createClient(text(given, 'workspaceId'), text(given, 'name')),
  createTag: (world, given) => world.createTag(text(given, 'workspaceId'), text(given, 'name')),
  createTask: (world, given) =>
    world.createTask(text(given, 'workspaceId'), text(given, 'projectId'), text(given, 'name')),
  createWorkspace: (world, given) => world.createWorkspace(text(given, 'name')),
  renameClient: (world, given) =>
    world.renameClient(text(given, 'workspaceId'), text(given, 'id'), text(given, 'name')),
  renameTag: (world, given) => world.renameTag(text(given, 'workspaceId'), text(given, 'id'), text(given, 'name')),
  renameTask: (world, given) => world.renameTask(text(given, 'workspaceId'), text(given, 'id'), text(given, 'name')),
  ...ofRow('archiveClient', 'unarchiveClient', 'deleteClient', 'archiveTag', 'unarchiveTag', 'deleteTag'),
  ...ofRow('finishTask', 'reopenTask', 'deleteTask', 'deleteGroup', 'deleteExpense'),
  ...ofRow('approveApproval', 'rejectApproval', 'withdrawApproval'),
  createGroup: (world, given) => world.createGroup(given as never),
  renameGroup: (world, given) => world.renameGroup(text(given, 'workspaceId'), text(given, 'id'), text(given, 'name')),
  addToGroup: (world, given) => world.addToGroup(text(given, 'workspaceId'), text(given, 'id'), text(given, 'userId')),
  removeFromGroup: (world, given) =>
    world.removeFromGroup(text(given, 'workspaceId'), text(given, 'id'), text(given, 'userId')),
  createExpenseCategory: (world, given) => world.createExpenseCategory(given as never),
  addExpense: (world, given) => world.addExpense(given as never),
  editExpense: (world, given) => world.editExpense(text(given, 'workspaceId'), text(given, 'id'), fieldsOf(given)),
  submitApproval: (world, given) => world.submitApproval(given as never),
  renameWorkspace: (world, given) => world.renameWorkspace(text(given, 'id'), text(given, 'name')),
  joinUser: (world, given) => world.joinUser(given as never),
  deactivateUser: (world, given) => world.deactivateUser(text(given, 'workspaceId'), text(given, 'userId')),
  activateUser: (world, given) => world.activateUser(text(given, 'workspaceId'), text(given, 'userId')),
  removeUser: (world, given) => world.removeUser(text(given, 'workspaceId'), text(given, 'userId')),
  renameUser: (world, given) => world.renameUser(text(given, 'userId'), text(given, 'name')),
  setTimeZone: (world, given) => world.setTimeZone(text(given, 'userId'), text(given, 'timeZone')),
};

/** A mutation that nobody knows, or without what it needs. */
class BadMutationError extends Error {
  override readonly name = 'BadMutationError';
}

/** @throws {BadMutationError} and what the mutation itself refuses */
export function mutate(world: World, { kind, ...given }: Arguments): unknown {
  const mutator = typeof kind === 'string' && Object.hasOwn(MUTATORS, kind) ? MUTATORS[kind] : undefined;
  if (mutator === undefined) {
    throw new BadMutationError(`unknown kind ${JSON.stringify(kind)}; known are ${Object.keys(MUTATORS).join(', ')}`);
  }
  return mutator(world, given);
}

function text(given: Arguments, name: string): string {
  const value = given[name];
  if (typeof value !== 'string') throw new BadMutationError(`${name} must be a string`);
  return value;
}

function ofRow(...names: readonly OfRow[]): Readonly<Record<string, Mutator>> {
  const mutator =
    (name: OfRow): Mutator =>
    (world, given) =>
      world[name](text(given, 'workspaceId'), text(given, 'id'));
  return Object.fromEntries(names.map((name) => [name, mutator(name)]));
}

function fieldsOf({ workspaceId: _workspaceId, id: _id, ...fields }: Arguments): Arguments {
  return fields;
}
