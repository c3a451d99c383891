import * as approvals from './approval-mutations.ts';
import * as entries from './entry-mutations.ts';
import { listedExpense } from './expense-list.ts';
import * as expenses from './expense-mutations.ts';
import * as groups from './group-mutations.ts';
import type { History } from './history.ts';
import * as projects from './project-mutations.ts';
import * as references from './reference-mutations.ts';
import { type DetailedRange, detailedRows } from './report-detailed.ts';
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
  renameClient: references.renameClient,
  archiveClient: references.archiveClient,
  unarchiveClient: references.unarchiveClient,
  deleteClient: references.deleteClient,
  renameTag: references.renameTag,
  archiveTag: references.archiveTag,
  unarchiveTag: references.unarchiveTag,
  deleteTag: references.deleteTag,
  renameTask: references.renameTask,
  finishTask: references.finishTask,
  reopenTask: references.reopenTask,
  deleteTask: references.deleteTask,
  createGroup: groups.createGroup,
  renameGroup: groups.renameGroup,
  addToGroup: groups.addToGroup,
  removeFromGroup: groups.removeFromGroup,
  deleteGroup: groups.deleteGroup,
  createExpenseCategory: expenses.createExpenseCategory,
  addExpense: expenses.addExpense,
  editExpense: expenses.editExpense,
  deleteExpense: expenses.deleteExpense,
  submitApproval: approvals.submitApproval,
  approveApproval: approvals.approveApproval,
  rejectApproval: approvals.rejectApproval,
  withdrawApproval: approvals.withdrawApproval,
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
  /** What a detailed report over a range would tell, all of it: what a topic of it must come to. */
  detailedRows(workspaceId: string, range: DetailedRange): readonly object[];
  /** The expenses of a workspace as the list shows them, oldest first; the truth has them as they are read alone. */
  listedExpenses(workspaceId: string): readonly object[];
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
    detailedRows: (workspaceId, range) => detailedRows(context.store, workspaceId, range),
    listedExpenses: (workspaceId) =>
      context.store.rows('expenses', workspaceId).map((row) => listedExpense(context.store, row)),
  };
}
