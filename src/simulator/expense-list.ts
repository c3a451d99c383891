import type { ExpenseRow } from './paperwork-rows.ts';
import type { Store } from './store.ts';

/** As the list shows an expense: the project, the task and the category in place of their ids (observed 2026-03). */
export function listedExpense(store: Store, row: ExpenseRow): object {
  const { projectId, taskId, categoryId, ...rest } = row;
  const { id, workspaceId, userId, date, notes, quantity, billable, fileId, total, locked, ...unknown } = rest;
  const category = store.row('expenseCategories', workspaceId, categoryId) ?? null;
  return {
    id,
    workspaceId,
    userId,
    date,
    project: projectRef(store, workspaceId, projectId),
    task: taskRef(store, workspaceId, taskId),
    category,
    notes,
    quantity: category?.hasUnitPrice === true ? quantity : total,
    billable,
    fileId,
    fileName: fileId === null ? null : `receipt_${fileId.slice(-8)}.jpg`,
    total,
    locked,
    ...unknown,
  };
}

export function projectRef({ row }: Store, workspaceId: string, projectId: string | null): object | null {
  const project = projectId === null ? undefined : row('projects', workspaceId, projectId);
  if (project === undefined) return null;
  const { id, name, color, clientId, clientName } = project;
  return { id, name, color, clientId, clientName };
}

export function taskRef({ row }: Store, workspaceId: string, taskId: string | null): object | null {
  const task = taskId === null ? undefined : row('tasks', workspaceId, taskId);
  return task === undefined ? null : { id: task.id, name: task.name };
}
