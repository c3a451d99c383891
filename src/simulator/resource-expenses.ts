import { type Answer, type ApiRequest, accessDenied, notOfWorkspace, ok } from './answer.ts';
import { listedExpense } from './expense-list.ts';
import { pageOf } from './paging.ts';
import type { ExpenseCategoryRow, ExpenseRow } from './paperwork-rows.ts';
import { booleanOf, nameFilterOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import { sorted } from './sorting.ts';
import { isoSecond, startOfDay, startOfWeek } from './time.ts';

const CATEGORY_COLUMNS = {
  NAME: ({ name }: ExpenseCategoryRow) => name.toLowerCase(),
  ID: ({ id }: ExpenseCategoryRow) => id,
};

/** Newest first, in an envelope with the totals of the page. Of `start` and `end` it takes no notice (observed 2026). */
export function listExpenses(request: ApiRequest): Answer {
  const { caller, query, store } = request;
  const { workspace } = enterWorkspace(request);
  const userId = query.get('user-id') ?? '';
  const rows = store
    .rows('expenses', workspace.id)
    .filter((row) => (userId === '' || row.userId === userId) && isVisible(row, caller))
    .toSorted(newestFirst);
  const shown: ExpenseRow[] = [];
  const answer = pageOf(request, rows, {}, (row) => {
    shown.push(row);
    return listedExpense(store, row);
  });
  const body = {
    expenses: { expenses: answer.body, count: rows.length },
    dailyTotals: totalsBy(shown, startOfDay).map((total) => ({ ...total, dateAsInstant: `${total.date}T00:00:00Z` })),
    weeklyTotals: totalsBy(shown, (ms) => startOfWeek(startOfDay(ms), 'SUNDAY')),
  };
  return { ...answer, body };
}

/** Read alone, it has plain ids. */
export function getExpense(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const row = request.store.row('expenses', workspace.id, request.params.id ?? '');
  if (row === undefined) throw notOfWorkspace('Expense');
  if (!isVisible(row, request.caller)) throw accessDenied();
  return ok(row);
}

export function listExpenseCategories(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const archived = booleanOf(request.query, 'archived');
  const hasName = nameFilterOf(request.query);
  const rows = request.store
    .rows('expenseCategories', workspace.id)
    .filter((row) => hasName(row) && (archived === undefined || row.archived === archived));
  const answer = pageOf(request, sorted(request, rows, CATEGORY_COLUMNS));
  return { ...answer, body: { categories: answer.body, count: rows.length } };
}

function isVisible({ userId }: ExpenseRow, caller: ApiRequest['caller']): boolean {
  return caller.role === 'ADMIN' || userId === caller.userId;
}

function newestFirst(one: ExpenseRow, other: ExpenseRow): number {
  if (one.date !== other.date) return one.date < other.date ? 1 : -1;
  return one.id < other.id ? 1 : -1;
}

function totalsBy(
  rows: readonly ExpenseRow[],
  dayOf: (ms: number) => number,
): readonly { readonly date: string; readonly total: number }[] {
  const totals = new Map<string, number>();
  for (const { date: at, total } of rows.toReversed()) {
    const date = isoSecond(dayOf(Date.parse(at))).slice(0, 10);
    totals.set(date, (totals.get(date) ?? 0) + total);
  }
  return [...totals].map(([date, total]) => ({ date, total }));
}
