import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { practice } from './practice.ts';

type Row = Record<string, never> & { _id: string; timeInterval: { start: string; end: string; duration: number } };
const idsIn = (rows: readonly Row[]) => rows.map(({ _id }) => _id);

/** One entry of each kind in an empty world. */
async function office(t: Parameters<typeof practice>[0], options = {}) {
  const made = await practice(t, { days: 0, ...options });
  const { mutate, simulator, userId, workspaceId } = made;
  for (const { id } of simulator.world.store.rows('timeEntries', workspaceId)) await mutate('deleteEntry', { id });
  for (const { approvalRequest } of simulator.world.store.rows('approvals', workspaceId)) {
    await mutate('withdrawApproval', { id: approvalRequest.id });
  }
  const client = await mutate('createClient', { name: 'Client A' });
  const project = await mutate('createProject', { name: 'Project A', clientId: client.id, hourlyRate: 5000 });
  const task = await mutate('createTask', { projectId: project.id, name: 'Task A' });
  const tag = await mutate('createTag', { name: 'Tag A' });
  const full = await mutate('addEntry', {
    id: '69b00000aaaaaaaaaaaaaaa2',
    userId,
    projectId: project.id,
    taskId: task.id,
    tagIds: [tag.id],
    description: 'Everything',
    start: '2026-03-10T22:30:00Z',
    end: '2026-03-10T23:30:10Z',
    costRate: { amount: 3000, currency: 'USD' },
  });
  const bare = await mutate('addEntry', {
    id: '69b00001aaaaaaaaaaaaaaa3',
    userId,
    start: '2026-03-11T08:00:00Z',
    end: '2026-03-11T09:00:00Z',
  });
  return { ...made, client, project, task, tag, full, bare };
}

test('a row is written in the dialect of the reports', async (t) => {
  const { report, client, project, task, tag, full, userId } = await office(t);
  const { body } = await report('detailed');
  const earned = (5000 * 3610) / 3600;
  deepStrictEqual(body.timeentries[1], {
    _id: full.id,
    description: 'Everything',
    userId,
    userName: 'Ada Berg',
    userEmail: 'ada.berg.1@example.com',
    projectId: project.id,
    projectName: 'Project A',
    projectColor: project.color,
    clientId: client.id,
    clientName: 'Client A',
    taskId: task.id,
    taskName: 'Task A',
    tagIds: [tag.id],
    tags: [{ _id: tag.id, name: 'Tag A' }],
    timeInterval: { start: '2026-03-10T22:30:00Z', end: '2026-03-10T23:30:10Z', duration: 3610 },
    billable: true,
    isLocked: false,
    type: 'REGULAR',
    approvalRequestId: null,
    amount: earned,
    rate: 5000,
    earnedAmount: earned,
    earnedRate: 5000,
    costAmount: (3000 * 3610) / 3600,
    costRate: 3000,
    currency: 'USD',
    customFields: full.customFieldValues,
  });
  equal(Number.isInteger(earned), false);
  const [bare] = body.timeentries;
  deepStrictEqual(
    [bare.projectId, bare.projectName, bare.clientId, bare.taskName, bare.tags, bare.amount, bare.rate],
    [null, null, null, null, [], 0, 0],
  );
  deepStrictEqual(body.totals, [
    {
      _id: '',
      totalTime: 7210,
      totalBillableTime: 3610,
      entriesCount: 2,
      totalAmount: earned,
      totalAmountByCurrency: [{ currency: 'USD', amount: earned }],
      amounts: ['EARNED', 'COST', 'PROFIT'].map((type, index) => {
        const value = [earned, (3000 * 3610) / 3600, earned - (3000 * 3610) / 3600][index];
        return { type, value, amountByCurrency: [{ currency: 'USD', amount: value }] };
      }),
      numOfCurrencies: 1,
    },
  ]);
});

test('bounds are wall clock in the zone of the report, whatever suffix they have, and rows are shown in it', async (t) => {
  const { report, full, bare } = await office(t, { accountTimeZone: 'Europe/Berlin' });
  const of = async (body: object) => (await report('detailed', body)).body.timeentries;
  const tenth = { dateRangeStart: '2026-03-10T00:00:00Z', dateRangeEnd: '2026-03-10T23:29:59.999Z' };
  deepStrictEqual(idsIn(await of({ ...tenth, timeZone: 'UTC' })), [full.id]);
  deepStrictEqual(idsIn(await of({ ...tenth, timeZone: undefined })), []);
  const local = { dateRangeStart: '2026-03-10T23:30:00', dateRangeEnd: '2026-03-11T09:00:00+05:00' };
  const rows = await of({ ...local, timeZone: 'Europe/Berlin' });
  deepStrictEqual(idsIn(rows), [bare.id, full.id]);
  deepStrictEqual(rows[1].timeInterval, {
    start: '2026-03-10T23:30:00+01:00',
    end: '2026-03-11T00:30:10+01:00',
    duration: 3610,
  });
  const west = await of({ timeZone: 'America/St_Johns' });
  equal(west[1].timeInterval.start, '2026-03-10T20:00:00-02:30');
});

test('an entry belongs to the moment it starts, both bounds included', async (t) => {
  const { report, full } = await office(t);
  const at = (dateRangeStart: string, dateRangeEnd: string) => report('detailed', { dateRangeStart, dateRangeEnd });
  deepStrictEqual(idsIn((await at('2026-03-10T22:30:00', '2026-03-10T22:30:00')).body.timeentries), [full.id]);
  deepStrictEqual((await at('2026-03-10T22:30:01', '2026-03-10T23:30:00')).body.timeentries, []);
});

test('nothing at all has totals of null, and none where they are excluded', async (t) => {
  const { report } = await office(t);
  const nothing = { dateRangeStart: '2001-01-01T00:00:00', dateRangeEnd: '2001-01-02T00:00:00' };
  deepStrictEqual((await report('detailed', nothing)).body, { totals: [null], timeentries: [] });
  const detailedFilter = { options: { totals: 'EXCLUDE' } };
  const { body } = await report('detailed', { detailedFilter });
  deepStrictEqual([body.totals, body.timeentries.length], [[], 2]);
});

test('a detailed report needs its filter, and pages of 1000 rows at most', async (t) => {
  const { report } = await practice(t, { users: 20, days: 20 });
  equal((await report('detailed', { detailedFilter: undefined })).body.message, 'Please provide detailed filter.');
  for (const pageSize of [1001, 5000, 0]) {
    const { status, body } = await report('detailed', { detailedFilter: { pageSize } });
    deepStrictEqual([status, body.code], [400, 501]);
  }
  equal((await report('detailed', { detailedFilter: { pageSize: 'all' } })).body.code, 3002);
  equal((await report('detailed', { detailedFilter: {} })).body.timeentries.length, 50);
  const first = await report('detailed', { detailedFilter: { page: 1, pageSize: 7 } });
  deepStrictEqual((await report('detailed', { detailedFilter: { page: 0, pageSize: 7 } })).body, first.body);
  const past = await report('detailed', { detailedFilter: { page: 900, pageSize: 7 } });
  deepStrictEqual([past.body.timeentries, past.body.totals, past.lastPage], [[], first.body.totals, null]);
});

test('rows are newest first, or as asked for', async (t) => {
  const { report } = await practice(t);
  const by = async (
    sortColumn: string | undefined,
    sortOrder: string | undefined,
    read: (row: Row) => string | number,
  ) => {
    const { body } = await report('detailed', { sortOrder, detailedFilter: { sortColumn, pageSize: 1000 } });
    const values = body.timeentries.map(read);
    const up = values.toSorted((one: string, other: string) => (one === other ? 0 : one < other ? -1 : 1));
    deepStrictEqual(values, sortOrder === 'ASCENDING' ? up : up.reverse(), sortColumn);
  };
  await by(undefined, undefined, ({ timeInterval }) => timeInterval.start);
  await by('DATE', 'ASCENDING', ({ timeInterval }) => timeInterval.start);
  await by('ID', 'ASCENDING', ({ _id }) => _id);
  await by('DURATION', 'DESCENDING', ({ timeInterval }) => timeInterval.duration);
  await by('DESCRIPTION', 'ASCENDING', ({ description }) => String(description).toLowerCase());
  await by('USER', 'ASCENDING', ({ userName }) => String(userName ?? '').toLowerCase());
  equal((await report('detailed', { detailedFilter: { sortColumn: 'MOOD' } })).body.code, 3002);
});

test('filters: users, projects, clients, tasks, tags, billable and description', async (t) => {
  const { report, client, project, task, tag, full, bare, userId, simulator } = await office(t);
  const of = async (body: object) => idsIn((await report('detailed', body)).body.timeentries);
  const only = (id: string) => ({ ids: [id], contains: 'CONTAINS', status: 'ALL' });
  const not = (id: string) => ({ ids: [id], contains: 'DOES_NOT_CONTAIN', status: 'ALL' });
  for (const [name, id] of [
    ['projects', project.id],
    ['clients', client.id],
    ['tasks', task.id],
    ['tags', tag.id],
  ]) {
    deepStrictEqual(await of({ [name]: only(id) }), [full.id], name);
    deepStrictEqual(await of({ [name]: not(id) }), [bare.id], name);
  }
  deepStrictEqual(await of({ users: { ids: [userId] } }), [bare.id, full.id]);
  deepStrictEqual(await of({ users: not(userId) }), []);
  deepStrictEqual(await of({ users: { ids: [], status: 'INACTIVE' } }), []);
  deepStrictEqual(await of({ tags: { ids: [tag.id], containedInTimeentry: 'CONTAINS_ONLY' } }), [full.id]);
  deepStrictEqual(await of({ billable: true }), [full.id]);
  deepStrictEqual(await of({ description: 'EVERY' }), [full.id]);
  deepStrictEqual(await of({ withoutDescription: true }), [bare.id]);
  deepStrictEqual(await of({ detailedFilter: { auditFilter: { withoutProject: true } } }), [bare.id]);
  const group = simulator.world.createGroup({ workspaceId: full.workspaceId, name: 'G', userIds: [userId] });
  deepStrictEqual(await of({ userGroups: only(group.id) }), [bare.id, full.id]);
});

test('filters: archived projects and clients, tasks that are done', async (t) => {
  const { report, mutate, client, project, task, full, bare } = await office(t);
  const of = async (name: string, status: string) =>
    idsIn((await report('detailed', { [name]: { ids: [], contains: 'CONTAINS', status } })).body.timeentries);
  for (const [name, kind, id] of [
    ['projects', 'archiveProject', project.id],
    ['clients', 'archiveClient', client.id],
    ['tasks', 'finishTask', task.id],
  ]) {
    deepStrictEqual(await of(name, 'ACTIVE'), [bare.id, full.id], name);
    await mutate(kind, { id });
    deepStrictEqual(await of(name, 'ACTIVE'), [bare.id], name);
    equal((await of(name, 'ARCHIVED')).includes(full.id), true, name);
    deepStrictEqual(await of(name, 'ALL'), [bare.id, full.id], name);
  }
});

test('filters: custom fields by text, number, choice and absence', async (t) => {
  const { report, mutate, full, bare } = await office(t);
  const [text, number, , choice] = full.customFieldValues.map(
    (value: { customFieldId: string }) => value.customFieldId,
  );
  const customFieldValues = { [text]: 'CC-1', [number]: 5, [choice]: ['travel', 'desk'] };
  await mutate('editEntry', { id: full.id, customFieldValues });
  const of = async (asked: object) => idsIn((await report('detailed', { customFields: [asked] })).body.timeentries);
  deepStrictEqual(await of({ id: text, type: 'TXT', value: 'cc-1' }), [full.id]);
  deepStrictEqual(await of({ id: text, type: 'TXT', isEmpty: true }), [bare.id]);
  deepStrictEqual(await of({ id: number, type: 'NUMBER', value: 5 }), [full.id]);
  deepStrictEqual(await of({ id: number, type: 'NUMBER', value: 5, numberCondition: 'GREATER_THAN' }), []);
  deepStrictEqual(await of({ id: number, type: 'NUMBER', value: 6, numberCondition: 'LESS_THAN' }), [full.id]);
  deepStrictEqual(await of({ id: choice, type: 'DROPDOWN_MULTIPLE', value: 'desk' }), [full.id]);
  deepStrictEqual(await of({ id: choice, type: 'DROPDOWN_MULTIPLE', value: 'site' }), []);
  equal((await report('detailed', { customFields: 'all' })).body.code, 3002);
});

test('a member finds nothing but their own, without being told', async (t) => {
  const { report, mutate, simulator, workspaceId } = await office(t);
  const memberId = simulator.world.store.rows('users', workspaceId)[1]?.id;
  const { id } = await mutate('addEntry', { userId: memberId });
  const { status, body } = await report('detailed', {}, { 'x-api-key': simulator.memberKey });
  deepStrictEqual([status, idsIn(body.timeentries), body.totals[0].entriesCount], [200, [id], 1]);
});

test('what still runs is in no report', async (t) => {
  const { report, mutate, userId } = await office(t);
  const { id } = await mutate('startTimer', { userId, start: '2026-03-12T08:00:00Z' });
  equal(idsIn((await report('detailed')).body.timeentries).includes(id), false);
  await mutate('stopTimer', { userId });
  equal(idsIn((await report('detailed')).body.timeentries).includes(id), true);
});

test('names are those of now, and somebody who has left is a deleted user', async (t) => {
  const { report, mutate, project } = await office(t);
  const { id: userId } = await mutate('joinUser', { name: 'Guest' });
  await mutate('addEntry', { userId, projectId: project.id });
  await mutate('renameProject', { id: project.id, name: 'Project B' });
  await mutate('removeUser', { userId });
  const [row] = (await report('detailed', { sortOrder: 'DESCENDING' })).body.timeentries;
  deepStrictEqual([row.userId, row.userName, row.projectName], [userId, 'DeletedUser', 'Project B']);
  await mutate('deleteClient', { id: row.clientId });
  const [later] = (await report('detailed')).body.timeentries;
  deepStrictEqual(['clientId' in later, 'clientName' in later], [false, false]);
});

test('approval and invoicing: the id while it is open, three shapes of invoicing', async (t) => {
  const { report, mutate, full, bare, userId } = await office(t);
  const { approvalRequest } = await mutate('submitApproval', { userId, weekOf: Date.parse('2026-03-11T00:00:00Z') });
  const approvalIds = async () =>
    (await report('detailed')).body.timeentries.map((row: { approvalRequestId: string }) => row.approvalRequestId);
  deepStrictEqual(await approvalIds(), [approvalRequest.id, approvalRequest.id]);
  equal((await report('detailed', { approvalState: 'UNAPPROVED' })).body.timeentries.length, 0);
  await mutate('withdrawApproval', { id: approvalRequest.id });
  deepStrictEqual(await approvalIds(), [null, null]);
  const times = { start: '2026-03-01T00:00:00Z', end: '2026-03-01T01:00:00Z', userId };
  await mutate('addEntry', { id: '69b00002aaaaaaaaaaaaaaa0', billable: true, ...times });
  await mutate('addEntry', { id: '69b00003aaaaaaaaaaaaaaa1', ...times });
  const { body } = await report('detailed', { detailedFilter: { sortColumn: 'ID' }, sortOrder: 'ASCENDING' });
  const shapes = body.timeentries.map(({ invoicingInfo }: { invoicingInfo?: object }) => invoicingInfo);
  deepStrictEqual(shapes, [undefined, undefined, { manuallyInvoiced: true, invoiceId: null, invoiceNumber: null }, []]);
  equal((await report('detailed', { invoicingState: 'INVOICED' })).body.timeentries.length, 1);
  deepStrictEqual(idsIn((await report('detailed', { invoicingState: 'UNINVOICED' })).body.timeentries).slice(0, 2), [
    bare.id,
    full.id,
  ]);
});

test('money can be hidden, and fields nobody has heard of can appear', async (t) => {
  const { report, control } = await office(t);
  const { body } = await report('detailed', { amountShown: 'HIDE_AMOUNT' });
  equal('amount' in body.timeentries[0] || 'totalAmount' in body.totals[0], false);
  await control('POST', '/settings', { extraFields: true });
  equal((await report('detailed')).body.timeentries[0].simulatorReport.version, 2);
});

test('the rows of a range can be had without asking for a report, in this process and over HTTP', async (t) => {
  const { report, control, simulator, workspaceId } = await practice(t);
  const range = { start: '2026-03-01T00:00:00', end: '2026-03-31T23:59:59.999', timeZone: 'Asia/Kolkata' };
  const { timeentries } = (await report('detailed', { timeZone: 'Asia/Kolkata' })).body;
  deepStrictEqual(simulator.world.detailedRows(workspaceId, range), timeentries);
  const { body } = await control('GET', `/detailed-rows?${new URLSearchParams({ workspaceId, ...range })}`);
  deepStrictEqual(body.rows, timeentries);
  equal((await control('GET', `/detailed-rows?workspaceId=${workspaceId}`)).status, 400);
  equal((await control('GET', `/detailed-rows?workspaceId=${workspaceId}&start=x&end=y`)).status, 400);
});
