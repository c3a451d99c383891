import { approveApproval, rejectApproval, submitApproval, withdrawApproval } from './approval-mutations.ts';
import { addExpense, deleteExpense, editExpense } from './expense-mutations.ts';
import type { ApprovalRow, ApprovalState, ExpenseRow } from './paperwork-rows.ts';
import { EXPENSE_NOTES } from './seed-names.ts';
import { isoSecond, startOfDay, startOfWeek } from './time.ts';
import type { WorldContext } from './world-context.ts';

type Deed = (context: WorldContext, workspaceId: string) => boolean;

const DAY_MS = 86_400_000;
const MOST_EXPENSES = 300;

/** What happens to expenses and approvals. */
export const PAPERWORK_DEEDS: readonly (readonly [weight: number, deed: Deed])[] = [
  [0.9, spend],
  [0.6, correct],
  [0.4, discard],
  [0.6, handIn],
  [0.5, decide],
  [0.3, withdraw],
];

function spend(context: WorldContext, workspaceId: string): boolean {
  const { random, store } = context;
  const users = store.rows('users', workspaceId);
  const categories = store.rows('expenseCategories', workspaceId).filter(({ archived }) => !archived);
  const projects = store.rows('projects', workspaceId).filter(({ archived, template }) => !archived && !template);
  const isFull = store.rows('expenses', workspaceId).length >= MOST_EXPENSES;
  if (isFull || users.length === 0 || categories.length === 0) return false;
  addExpense(context, {
    workspaceId,
    userId: random.pick(users).id,
    categoryId: random.pick(categories).id,
    projectId: projects.length === 0 ? null : random.pick(projects).id,
    notes: random.pick(EXPENSE_NOTES),
    quantity: random.integer(1, 300),
    total: random.integer(500, 40_000) / 100,
    billable: random.chance(0.6),
    date: context.clock() - random.integer(0, 5) * DAY_MS,
  });
  return true;
}

function correct(context: WorldContext, workspaceId: string): boolean {
  return withExpense(context, workspaceId, ({ id, billable }) => {
    const { random } = context;
    const notes = `${random.pick(EXPENSE_NOTES)} ${random.integer(1, 99)}`.trim();
    const quantity = random.integer(1, 300);
    const total = random.integer(500, 40_000) / 100;
    editExpense(context, workspaceId, id, { notes, quantity, total, billable: !billable });
  });
}

function discard(context: WorldContext, workspaceId: string): boolean {
  return withExpense(context, workspaceId, ({ id }) => {
    deleteExpense(context, workspaceId, id);
  });
}

/** One of the latest four weeks of somebody who has not handed it in. */
function handIn(context: WorldContext, workspaceId: string): boolean {
  const { random, store } = context;
  const users = store.rows('users', workspaceId);
  if (users.length === 0) return false;
  const { id: userId } = random.pick(users);
  const weekOf = context.clock() - random.integer(0, 3) * 7 * DAY_MS;
  const start = isoSecond(startOfWeek(startOfDay(weekOf), 'MONDAY'));
  const isHandedIn = store.rows('approvals', workspaceId).some(({ approvalRequest: { owner, dateRange, status } }) => {
    const isOpen = status.state === 'PENDING' || status.state === 'APPROVED';
    return isOpen && owner.userId === userId && dateRange.start === start;
  });
  if (isHandedIn) return false;
  submitApproval(context, { workspaceId, userId, weekOf });
  return true;
}

function decide(context: WorldContext, workspaceId: string): boolean {
  return withApproval(context, workspaceId, ['PENDING'], (id) => {
    (context.random.chance(0.8) ? approveApproval : rejectApproval)(context, workspaceId, id);
  });
}

function withdraw(context: WorldContext, workspaceId: string): boolean {
  return withApproval(context, workspaceId, ['PENDING', 'APPROVED'], (id) => {
    withdrawApproval(context, workspaceId, id);
  });
}

function withExpense(context: WorldContext, workspaceId: string, use: (expense: ExpenseRow) => void): boolean {
  const expenses = context.store.rows('expenses', workspaceId);
  if (expenses.length === 0) return false;
  use(context.random.pick(expenses));
  return true;
}

function withApproval(
  { random, store }: WorldContext,
  workspaceId: string,
  states: readonly ApprovalState[],
  use: (id: string) => void,
): boolean {
  const hasState = ({ approvalRequest: { status } }: ApprovalRow): boolean => states.includes(status.state);
  const approvals = store.rows('approvals', workspaceId).filter(hasState);
  if (approvals.length === 0) return false;
  use(random.pick(approvals).approvalRequest.id);
  return true;
}
