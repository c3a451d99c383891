import type { Moment } from './entry-mutations.ts';
import type { ExpenseCategoryRow, ExpenseRow } from './paperwork-rows.ts';
import { isoSecond } from './time.ts';
import { rowOf, type WorldContext } from './world-context.ts';

export interface ExpenseFields {
  readonly projectId?: string | null | undefined;
  readonly taskId?: string | null | undefined;
  readonly notes?: string | undefined;
  /** Units, where the category has a price for one; else 1. */
  readonly quantity?: number | undefined;
  /** Major units; where the category has a price for a unit, that times the quantity. */
  readonly total?: number | undefined;
  readonly billable?: boolean | undefined;
}

export interface NewExpense extends ExpenseFields {
  readonly workspaceId: string;
  readonly userId: string;
  readonly categoryId: string;
  /** Default: now. */
  readonly date?: Moment | undefined;
  readonly createdAtMs?: number | undefined;
}

export interface NewExpenseCategory {
  readonly workspaceId: string;
  readonly name: string;
  /** Minor units for one `unit`; without it an expense says its total itself. */
  readonly priceInCents?: number | undefined;
  readonly unit?: string | undefined;
  readonly createdAtMs?: number | undefined;
}

export function createExpenseCategory(context: WorldContext, input: NewExpenseCategory): ExpenseCategoryRow {
  const { workspaceId, name, priceInCents, unit = '' } = input;
  rowOf(context, 'workspaces', workspaceId, workspaceId);
  const id = context.mintId(input.createdAtMs ?? context.clock());
  const after: ExpenseCategoryRow = {
    id,
    name,
    hasUnitPrice: priceInCents !== undefined,
    priceInCents: priceInCents ?? 0,
    unit,
    workspaceId,
    archived: false,
  };
  context.store.write({ kind: 'expenseCategoryCreated', resource: 'expenseCategories', workspaceId, id, after });
  return rowOf(context, 'expenseCategories', workspaceId, id);
}

export function addExpense(context: WorldContext, input: NewExpense): ExpenseRow {
  const { workspaceId, userId, projectId = null, taskId = null, notes = '', billable = true } = input;
  rowOf(context, 'users', workspaceId, userId);
  if (projectId !== null) rowOf(context, 'projects', workspaceId, projectId);
  const category = rowOf(context, 'expenseCategories', workspaceId, input.categoryId);
  const date = input.date ?? context.clock();
  return put(context, 'expenseAdded', {
    id: context.mintId(input.createdAtMs ?? context.clock()),
    workspaceId,
    userId,
    date: isoSecond(typeof date === 'number' ? date : Date.parse(date)),
    projectId,
    taskId,
    categoryId: category.id,
    notes,
    ...moneyOf(category, input.quantity ?? 1, input.total ?? 0),
    billable,
    fileId: null,
    locked: false,
  });
}

export function editExpense(context: WorldContext, workspaceId: string, id: string, edit: ExpenseFields): ExpenseRow {
  const before = rowOf(context, 'expenses', workspaceId, id);
  if (typeof edit.projectId === 'string') rowOf(context, 'projects', workspaceId, edit.projectId);
  const category = rowOf(context, 'expenseCategories', workspaceId, before.categoryId);
  const given = Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined));
  const after = { ...before, ...given };
  return put(context, 'expenseEdited', { ...after, ...moneyOf(category, after.quantity, after.total) });
}

export function deleteExpense(context: WorldContext, workspaceId: string, id: string): ExpenseRow {
  const before = rowOf(context, 'expenses', workspaceId, id);
  context.store.write({ kind: 'expenseDeleted', resource: 'expenses', workspaceId, id, after: null });
  return before;
}

function moneyOf(
  { hasUnitPrice, priceInCents }: ExpenseCategoryRow,
  quantity: number,
  total: number,
): Pick<ExpenseRow, 'quantity' | 'total'> {
  return hasUnitPrice ? { quantity, total: (quantity * priceInCents) / 100 } : { quantity: 1, total };
}

function put(context: WorldContext, kind: string, after: ExpenseRow): ExpenseRow {
  const { workspaceId, id } = after;
  context.store.write({ kind, resource: 'expenses', workspaceId, id, after });
  return rowOf(context, 'expenses', workspaceId, id);
}
