import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { practice } from './practice.ts';

type Node = { _id?: string; name: string; duration: number; amount: number; children?: Node[] };
const brief = (nodes: readonly Node[]) => nodes.map(({ _id, name, duration }) => [_id, name, duration]);

async function office(t: Parameters<typeof practice>[0]) {
  const made = await practice(t, { days: 0 });
  const { mutate, simulator, userId, workspaceId } = made;
  for (const { id } of simulator.world.store.rows('timeEntries', workspaceId)) await mutate('deleteEntry', { id });
  for (const { id } of simulator.world.store.rows('userGroups', workspaceId)) await mutate('deleteGroup', { id });
  const client = await mutate('createClient', { name: 'Client A' });
  const project = await mutate('createProject', { name: 'Project A', clientId: client.id, hourlyRate: 6000 });
  const task = await mutate('createTask', { projectId: project.id, name: 'Task A' });
  const red = await mutate('createTag', { name: 'Red' });
  const blue = await mutate('createTag', { name: 'Blue' });
  const hour = (day: string, hours: number) => ({ start: `${day}T10:00:00Z`, end: `${day}T${10 + hours}:00:00Z` });
  const add = (given: object) => mutate('addEntry', { userId, ...given });
  await add({ ...hour('2026-03-08', 1), projectId: project.id, taskId: task.id, tagIds: [red.id, blue.id] });
  await add({ ...hour('2026-03-09', 2), projectId: project.id, tagIds: [red.id], description: 'Two' });
  await add({ ...hour('2026-03-10', 3), tagIds: null, description: 'Three' });
  return { ...made, client, project, task, red, blue };
}

test('groups tell their time and money, and what they are without', async (t) => {
  const { report, project } = await office(t);
  const { body } = await report('summary');
  const [first, second] = body.groupOne;
  deepStrictEqual(first, {
    _id: project.id,
    name: 'Project A',
    color: project.color,
    clientName: 'Client A',
    nameLowerCase: 'project a',
    duration: 10_800,
    amount: 18_000,
    amounts: [
      { type: 'EARNED', value: 18_000 },
      { type: 'COST', value: 0 },
      { type: 'PROFIT', value: 18_000 },
    ],
    currency: 'USD',
    workspaceCurrencyCode: 'USD',
  });
  deepStrictEqual(brief([second]), [['', 'Without project', 10_800]]);
  deepStrictEqual(brief(body.donutChart), brief(body.groupOne));
  deepStrictEqual(body.groupTotals, { groupOneTotalCount: 2, groupTwoTotalCount: 0 });
  deepStrictEqual([body.totals[0].totalTime, body.totals[0].entriesCount], [21_600, 3]);
});

test('every group has its name for an entry that has none, with an empty id or none at all', async (t) => {
  const { report, client, project, task, red, blue, userId, mutate } = await office(t);
  const of = async (group: string, body = {}) =>
    brief((await report('summary', { ...body, summaryFilter: { groups: [group] } })).body.groupOne);
  deepStrictEqual(await of('CLIENT'), [
    [client.id, 'Client A', 10_800],
    ['', 'Without client', 10_800],
  ]);
  deepStrictEqual(await of('TASK'), [
    [task.id, 'Task A', 3600],
    [undefined, 'Without task', 18_000],
  ]);
  deepStrictEqual(await of('TAG'), [
    [blue.id, 'Blue', 3600],
    [red.id, 'Red', 10_800],
    [undefined, 'Without tag', 10_800],
  ]);
  deepStrictEqual(await of('USER'), [[userId, 'Ada Berg', 21_600]]);
  deepStrictEqual(await of('USER_GROUP'), [[undefined, 'Without group', 21_600]]);
  const group = await mutate('createGroup', { name: 'G', userIds: [userId] });
  deepStrictEqual(await of('USER_GROUP'), [[group.id, 'G', 21_600]]);
  deepStrictEqual(await of('MONTH'), [['2026-03', '2026-03', 21_600]]);
  deepStrictEqual(await of('DATE'), [
    ['2026-03-08', '2026-03-08', 3600],
    ['2026-03-09', '2026-03-09', 7200],
    ['2026-03-10', '2026-03-10', 10_800],
  ]);
  deepStrictEqual(await of('WEEK'), [
    ['2026-03-02', '2026-03-02 - 2026-03-08', 3600],
    ['2026-03-09', '2026-03-09 - 2026-03-15', 18_000],
  ]);
  deepStrictEqual(await of('WEEK', { weekStart: 'SUNDAY' }), [['2026-03-08', '2026-03-08 - 2026-03-14', 21_600]]);
  deepStrictEqual(await of('TIMEENTRY'), [
    ['', '(no description)', 3600],
    ['Three', 'Three', 10_800],
    ['Two', 'Two', 7200],
  ]);
  equal((await of('DATE', { timeZone: 'Pacific/Kiritimati' }))[0]?.[0], '2026-03-09');
  equal((await of('PROJECT', { billable: true }))[0]?.[0], project.id);
});

test('groups nest three deep, and leaves have no children', async (t) => {
  const { report, client, project } = await office(t);
  const { body } = await report('summary', { summaryFilter: { groups: ['CLIENT', 'PROJECT', 'DATE'] } });
  const [first] = body.groupOne as Node[];
  equal(first?._id, client.id);
  deepStrictEqual(brief(first?.children ?? []), [[project.id, 'Project A', 10_800]]);
  const leaves = first?.children?.[0]?.children ?? [];
  deepStrictEqual(
    leaves.map(({ _id }) => _id),
    ['2026-03-08', '2026-03-09'],
  );
  equal(
    leaves.some((leaf) => 'children' in leaf),
    false,
  );
  deepStrictEqual(body.groupTotals, { groupOneTotalCount: 2, groupTwoTotalCount: 2 });
});

test('groups come by name, or by time or money, either way', async (t) => {
  const { report } = await office(t);
  const names = async (sortColumn: string, sortOrder: string) =>
    (await report('summary', { sortOrder, summaryFilter: { groups: ['TIMEENTRY'], sortColumn } })).body.groupOne.map(
      ({ name }: Node) => name,
    );
  deepStrictEqual(await names('DURATION', 'ASCENDING'), ['(no description)', 'Two', 'Three']);
  deepStrictEqual(await names('DURATION', 'DESCENDING'), ['Three', 'Two', '(no description)']);
  deepStrictEqual(await names('EARNED', 'DESCENDING'), ['Two', '(no description)', 'Three']);
  deepStrictEqual(await names('PROFIT', 'ASCENDING'), ['Three', '(no description)', 'Two']);
});

test('a summary needs its filter and groups that there are', async (t) => {
  const { report } = await office(t);
  const missing = await report('summary', { summaryFilter: undefined });
  deepStrictEqual([missing.status, missing.body.message], [400, 'Please provide summary filter.']);
  for (const groups of [['MOOD'], ['project'], [], ['USER', 'TAG', 'DATE', 'TASK'], ['constructor']]) {
    const { status, body } = await report('summary', { summaryFilter: { groups } });
    deepStrictEqual([status, body.code, body.message], [400, 501, 'Invalid group name']);
  }
  equal((await report('summary', { summaryFilter: { groups: 'USER' } })).body.code, 3002);
});

test('an empty summary has no groups and totals of null; money can be hidden; the chart can be of billability', async (t) => {
  const { report } = await office(t);
  const nothing = { dateRangeStart: '2001-01-01T00:00:00', dateRangeEnd: '2001-01-02T00:00:00' };
  const { body } = await report('summary', nothing);
  deepStrictEqual([body.totals, body.groupOne, body.donutChart], [[null], [], []]);
  const hidden = (await report('summary', { amountShown: 'HIDE_AMOUNT' })).body;
  equal('amount' in hidden.groupOne[0], false);
  const summaryFilter = { groups: ['USER'], summaryChartType: 'BILLABILITY' };
  deepStrictEqual((await report('summary', { summaryFilter })).body.donutChart, [
    { name: 'Billable', duration: 10_800 },
    { name: 'Non-billable', duration: 10_800 },
  ]);
});

test('a weekly report has seven days of each user or project, and of all', async (t) => {
  const { report, userId } = await office(t);
  const { body } = await report('weekly');
  const days = body.groupOne[0].days;
  deepStrictEqual([body.groupOne[0]._id, body.groupOne[0].duration, days.length], [userId, 18_000, 7]);
  deepStrictEqual(days.slice(0, 3), [
    { date: '2026-03-09', duration: 7200, amount: 12_000 },
    { date: '2026-03-10', duration: 10_800, amount: 0 },
    { date: '2026-03-11', duration: 0, amount: 0 },
  ]);
  deepStrictEqual(body.totalsByDay, days);
  equal((await report('weekly', { weeklyFilter: { group: 'PROJECT', subgroup: 'TIME' } })).body.groupOne.length, 2);
});

test('a weekly report is of exactly seven days, with its last moment or without', async (t) => {
  const { report, mutate, userId } = await office(t);
  await mutate('addEntry', { userId, start: '2026-03-16T00:00:00Z', end: '2026-03-16T01:00:00Z' });
  for (const dateRangeEnd of ['2026-03-15T23:59:59.999Z', '2026-03-15T23:59:59', '2026-03-16T00:00:00Z']) {
    const { status, body } = await report('weekly', { dateRangeEnd });
    deepStrictEqual([status, body.totals[0].totalTime], [200, 18_000], dateRangeEnd);
  }
  for (const dateRangeEnd of ['2026-03-14T23:59:59', '2026-03-16T00:00:01', '2026-03-31T23:59:59']) {
    const { status, body } = await report('weekly', { dateRangeEnd });
    deepStrictEqual(
      [status, body],
      [400, { message: 'Please select date range of exactly 7 days for weekly report', code: 501 }],
    );
  }
});

test('a weekly report needs its filter, by user or project', async (t) => {
  const { report } = await office(t);
  const messages = [];
  for (const weeklyFilter of [undefined, { group: 'TAG' }, { group: 'USER', subgroup: 'MOOD' }]) {
    messages.push((await report('weekly', { weeklyFilter })).body.message);
  }
  deepStrictEqual(messages, ['Please provide weekly filter.', 'Invalid group name', 'Invalid sub group name']);
});
