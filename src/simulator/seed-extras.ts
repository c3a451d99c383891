import { approveApproval, submitApproval } from './approval-mutations.ts';
import { addExpense, createExpenseCategory } from './expense-mutations.ts';
import { createGroup } from './group-mutations.ts';
import type { InvoiceRow } from './paperwork-rows.ts';
import { EXPENSE_CATEGORIES, EXPENSE_NOTES, GROUP_NAMES } from './seed-names.ts';
import { isoSecond } from './time.ts';
import type { WorldContext } from './world-context.ts';

const DAY_MS = 86_400_000;

/** Groups, expenses, approvals and invoices. Draws from numbers of its own, so that the rest of the world stays as it is. */
export function seedExtras(world: WorldContext, workspaceId: string, bornMs: number, days: number): void {
  const context = { ...world, ...world.spare };
  seedGroups(context, workspaceId, bornMs);
  seedExpenses(context, workspaceId, bornMs, days);
  seedApprovals(context, workspaceId);
  seedInvoices(context, workspaceId, bornMs);
}

/** Nobody manages one, so that the list answers them with and without their managers alike. */
function seedGroups(context: WorldContext, workspaceId: string, bornMs: number): void {
  const userIds = context.store.rows('users', workspaceId).map(({ id }) => id);
  for (const [index, name] of GROUP_NAMES.slice(0, 3).entries()) {
    createGroup(context, {
      workspaceId,
      name,
      userIds: userIds.filter(() => context.random.chance(0.4)),
      createdAtMs: bornMs + index * 1000,
    });
  }
}

function seedExpenses(context: WorldContext, workspaceId: string, bornMs: number, days: number): void {
  const { random, store } = context;
  const categories = EXPENSE_CATEGORIES.map((category, index) =>
    createExpenseCategory(context, { workspaceId, ...category, createdAtMs: bornMs + index * 1000 }),
  );
  const projects = store.rows('projects', workspaceId).filter(({ template }) => !template);
  for (const { id: userId } of store.rows('users', workspaceId)) {
    for (let left = Math.min(4, days); left > 0; left -= 1) {
      const atMs = context.clock() - random.integer(1, Math.max(1, days)) * DAY_MS - random.integer(0, 600) * 60_000;
      addExpense(context, {
        workspaceId,
        userId,
        categoryId: random.pick(categories).id,
        projectId: projects.length === 0 ? null : random.pick(projects).id,
        notes: random.pick(EXPENSE_NOTES),
        quantity: random.integer(1, 300),
        total: random.integer(500, 40_000) / 100,
        billable: random.chance(0.6),
        date: atMs,
        createdAtMs: atMs,
      });
    }
  }
}

/** Some have handed in the week before this one, and of them some were told that it is well. */
function seedApprovals(context: WorldContext, workspaceId: string): void {
  const { random, store } = context;
  for (const { id: userId } of store.rows('users', workspaceId)) {
    if (!random.chance(0.4)) continue;
    const { approvalRequest } = submitApproval(context, { workspaceId, userId, weekOf: context.clock() - 7 * DAY_MS });
    if (random.chance(0.5)) approveApproval(context, workspaceId, approvalRequest.id);
  }
}

function seedInvoices(context: WorldContext, workspaceId: string, bornMs: number): void {
  const { random, store } = context;
  const statuses = ['PAID', 'SENT', 'UNSENT'] as const;
  for (const [index, client] of store.rows('clients', workspaceId).slice(0, statuses.length).entries()) {
    const issuedMs = bornMs + index * 7 * DAY_MS;
    const amount = random.integer(1000, 900_000);
    const status = statuses[index] as InvoiceRow['status'];
    const after: InvoiceRow = {
      id: context.mintId(issuedMs),
      number: `INV-${1000 + index}`,
      status,
      issuedDate: isoSecond(issuedMs),
      dueDate: isoSecond(issuedMs + 30 * DAY_MS),
      clientId: client.id,
      clientName: client.name,
      amount,
      paid: status === 'PAID' ? amount : null,
      balance: status === 'PAID' ? 0 : amount,
      currency: client.currencyCode,
    };
    store.write({ kind: 'invoiceCreated', resource: 'invoices', workspaceId, id: after.id, after });
  }
}
