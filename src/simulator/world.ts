import * as entries from './entry-mutations.ts';
import type { History } from './history.ts';
import * as projects from './project-mutations.ts';
import type { Store, Truth } from './store.ts';
import * as users from './user-mutations.ts';
import type { WorldContext } from './world-context.ts';

type Bound<F> = F extends (context: WorldContext, ...rest: infer A) => infer R ? (...rest: A) => R : never;

const MUTATIONS = {
  addEntry: (context: WorldContext, input: entries.NewEntry) => entries.addEntry(context, input),
  editEntry: entries.editEntry,
  deleteEntry: entries.deleteEntry,
  restoreEntry: entries.restoreEntry,
  startTimer: entries.startTimer,
  stopTimer: entries.stopTimer,
  createProject: projects.createProject,
  renameProject: projects.renameProject,
  archiveProject: projects.archiveProject,
  unarchiveProject: projects.unarchiveProject,
  deleteProject: projects.deleteProject,
  createClient: projects.createClient,
  createTag: projects.createTag,
  createTask: projects.createTask,
  createWorkspace: users.createWorkspace,
  renameWorkspace: users.renameWorkspace,
  joinUser: users.joinUser,
  deactivateUser: users.deactivateUser,
  activateUser: users.activateUser,
  removeUser: users.removeUser,
  renameUser: users.renameUser,
  setTimeZone: users.setTimeZone,
} as const;

type Mutations = { readonly [K in keyof typeof MUTATIONS]: Bound<(typeof MUTATIONS)[K]> };

/** The world and all that can happen in it. Each mutation returns the row as the API answers it from now on. */
export interface World extends Mutations {
  readonly store: Store;
  readonly history: History;
  /** Each resource as `workspaceId/id` → the row; a user as `status=ALL&memberships=WORKSPACE` lists it. */
  truth(): Truth;
}

export function createWorld(context: WorldContext): World {
  const bound = Object.entries(MUTATIONS).map(([name, mutate]) => [
    name,
    (...rest: unknown[]) => (mutate as (context: WorldContext, ...rest: unknown[]) => unknown)(context, ...rest),
  ]);
  return {
    ...(Object.fromEntries(bound) as Mutations),
    store: context.store,
    history: context.store.history,
    truth: () => context.store.truth(),
  };
}
