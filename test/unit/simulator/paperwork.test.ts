import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { ids, NOON, practice } from './practice.ts';

test('expenses come newest first in an envelope, with nested names and totals; one alone has plain ids', async (t) => {
  const { get, mutate, simulator, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/expenses`;
  const category = await mutate('createExpenseCategory', { name: 'Books' });
  const project = await mutate('createProject', { name: 'Reading' });
  const given = { userId, categoryId: category.id, projectId: project.id, total: 12.5, notes: 'Two' };
  const made = await mutate('addExpense', { ...given, date: '2026-04-02T10:00:00Z' });
  const { body, lastPage } = await get(path);
  equal(lastPage, 'true');
  equal(body.expenses.count, simulator.world.store.rows('expenses', workspaceId).length);
  const [first] = body.expenses.expenses;
  deepStrictEqual(
    [first.id, first.project.name, first.category.name, first.total],
    [made.id, 'Reading', 'Books', 12.5],
  );
  equal('projectId' in first, false);
  deepStrictEqual(body.dailyTotals.at(-1), {
    date: '2026-04-02',
    total: 12.5,
    dateAsInstant: '2026-04-02T00:00:00Z',
  });
  deepStrictEqual(body.weeklyTotals.at(-1), { date: '2026-03-29', total: 12.5 });
  const alone = (await get(`${path}/${made.id}`)).body;
  deepStrictEqual(alone, made);
  deepStrictEqual([alone.projectId, alone.categoryId, alone.quantity], [project.id, category.id, 1]);
  deepStrictEqual(new Set(simulator.world.listedExpenses(workspaceId)), new Set(body.expenses.expenses));
});

test('expenses are paged and can be had of one user; a member sees their own', async (t) => {
  const { get, simulator, workspaceId, userId } = await practice(t);
  const path = `/workspaces/${workspaceId}/expenses`;
  const page = await get(`${path}?page-size=3`);
  deepStrictEqual([page.body.expenses.expenses.length, page.lastPage], [3, 'false']);
  const ofOne = (await get(`${path}?user-id=${userId}`)).body.expenses;
  equal(ofOne.count, ofOne.expenses.length);
  equal(
    ofOne.expenses.every((row: { userId: string }) => row.userId === userId),
    true,
  );
  const asMember = { 'x-api-key': simulator.memberKey };
  const own = (await get(path, asMember)).body.expenses;
  equal(own.count < page.body.expenses.count, true);
  equal((await get(`${path}/${ofOne.expenses[0].id}`, asMember)).status, 403);
});

test('an expense is edited and deleted; where a unit has a price the total follows the quantity', async (t) => {
  const { get, mutate, workspaceId, userId } = await practice(t);
  const category = await mutate('createExpenseCategory', { name: 'Bike', priceInCents: 25, unit: 'km' });
  const { id, total } = await mutate('addExpense', { userId, categoryId: category.id, quantity: 10, total: 999 });
  equal(total, 2.5);
  const edited = await mutate('editExpense', { id, quantity: 20, notes: 'Longer' });
  deepStrictEqual([edited.total, edited.notes], [5, 'Longer']);
  await mutate('deleteExpense', { id });
  equal((await get(`/workspaces/${workspaceId}/expenses/${id}`)).body.message, "Expense doesn't belong to Workspace");
});

test('expense categories have an envelope of their own', async (t) => {
  const { get, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/expenses/categories`;
  const { body, lastPage } = await get(path);
  deepStrictEqual([body.count, body.categories.length, lastPage], [3, 3, 'true']);
  equal((await get(`${path}?name=meal`)).body.categories[0].name, 'Meals');
  equal((await get(`${path}?archived=true`)).body.count, 0);
});

test('a week is handed in with all that is in it, approved, withdrawn and handed in again', async (t) => {
  let now = NOON;
  const { get, mutate, control, workspaceId, userId } = await practice(t, { clock: () => now, days: 0 });
  const path = `/workspaces/${workspaceId}/approval-requests`;
  const times = { start: '2026-03-16T08:00:00Z', end: '2026-03-16T09:30:00Z' };
  const entry = await mutate('addEntry', {
    userId,
    ...times,
    billable: true,
    hourlyRate: { amount: 1000, currency: 'USD' },
  });
  await mutate('startTimer', { userId });
  const { approvalRequest } = await mutate('submitApproval', { userId });
  const { id } = approvalRequest;
  const one = async (query = '') =>
    (await get(path + query)).body.find((row: { approvalRequest: { id: string } }) => row.approvalRequest.id === id);
  const handedIn = await one('?status=PENDING');
  deepStrictEqual(
    [handedIn.trackedTime, handedIn.pendingTime, handedIn.approvedTime, handedIn.billableAmount],
    ['PT1H30M', 'PT1H30M', 'PT0S', 1500],
  );
  deepStrictEqual(handedIn.approvalRequest.dateRange, { start: '2026-03-16T00:00:00Z', end: '2026-03-22T23:59:59Z' });
  deepStrictEqual(ids({ body: handedIn.entries } as never), [entry.id]);
  equal((await control('POST', '/mutate', { kind: 'submitApproval', workspaceId, userId })).status, 400);
  const status = async () => {
    const { body } = await get(`/workspaces/${workspaceId}/entities/created?type=TIME_ENTRY&limit=1000`);
    return body.find((row: { id: string }) => row.id === entry.id)?.approvalStatus;
  };
  equal(await status(), 'PENDING');

  now += 60_000;
  await mutate('approveApproval', { id });
  const approved = await one('?status=APPROVED');
  deepStrictEqual([approved.approvedTime, approved.pendingTime], ['PT1H30M', 'PT0S']);
  equal(approved.approvalRequest.status.updatedAt, '2026-03-16T12:01:00Z');
  equal((await control('POST', '/mutate', { kind: 'rejectApproval', workspaceId, id })).status, 400);
  equal(await status(), 'APPROVED');
  await mutate('withdrawApproval', { id });
  equal(await status(), 'UNSUBMITTED');
  equal((await one('?status=WITHDRAWN_APPROVAL')).approvalRequest.id, id);
  equal((await mutate('submitApproval', { userId })).approvalRequest.id, id);
  equal((await mutate('rejectApproval', { id })).approvalRequest.status.state, 'REJECTED');
  equal((await mutate('submitApproval', { userId })).approvalRequest.status.state, 'PENDING');
  equal((await mutate('withdrawApproval', { id })).approvalRequest.status.state, 'WITHDRAWN_SUBMISSION');
});

test('approvals are a bare list in pages, by type and state, in the order asked for', async (t) => {
  const { get, simulator, workspaceId } = await practice(t, { users: 20 });
  const path = `/workspaces/${workspaceId}/approval-requests`;
  const all = await get(path);
  equal(Array.isArray(all.body) && all.body.length > 2 && all.lastPage === 'true', true);
  equal((await get(`${path}?page-size=1`)).lastPage, 'false');
  const updated = (await get(`${path}?sort-column=USER_ID&sort-order=DESCENDING`)).body;
  const owners = updated.map(
    (row: { approvalRequest: { owner: { userId: string } } }) => row.approvalRequest.owner.userId,
  );
  deepStrictEqual(owners, owners.toSorted().reverse());
  const types = await Promise.all(
    ['TIMESHEET', 'EXPENSE', 'TIMESHEET_AND_EXPENSE'].map(
      async (type) => (await get(`${path}?types=${type}`)).body.length,
    ),
  );
  equal(
    types.reduce((sum, count) => sum + count),
    all.body.length,
  );
  equal((await get(`${path}?types=LEAVE`)).body.code, 3000);
  equal((await get(`${path}?status=REJECTED`)).body.code, 3000);
  const own = (await get(path, { 'x-api-key': simulator.memberKey })).body;
  equal(own.length < all.body.length, true);
});

test('invoices have an envelope with the number of all; one alone tells more', async (t) => {
  const { get, simulator, workspaceId } = await practice(t);
  const path = `/workspaces/${workspaceId}/invoices`;
  const { body, lastPage } = await get(path);
  deepStrictEqual([body.total, body.invoices.length, lastPage], [3, 3, 'true']);
  equal((await get(`${path}?statuses=PAID`)).body.invoices[0].balance, 0);
  equal((await get(`${path}?statuses=LOST`)).body.code, 3000);
  const alone = (await get(`${path}/${body.invoices[0].id}`)).body;
  deepStrictEqual([alone.subtotal, alone.items], [body.invoices[0].amount, []]);
  equal((await get(`${path}/${'f'.repeat(24)}`)).body.code, 501);
  equal((await get(path, { 'x-api-key': simulator.memberKey })).status, 403);
});
