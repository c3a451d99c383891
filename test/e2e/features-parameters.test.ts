import { strict as assert } from 'node:assert';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { type Line, placeOf } from '../support/feature-place.ts';

/** What a template may be asked for: one id, several, or all; filters; the body of a report. */
async function practice(t: TestContext) {
  const simulator = await startSimulator({ seed: 8, workspaces: 2, users: 6, days: 6, projectsPerWorkspace: 4 });
  t.after(() => simulator.close());
  const [workspace = ''] = simulator.world.store.workspaceIds();
  return { simulator, workspace, place: placeOf(t, simulator), store: simulator.world.store };
}

const idsOf = (lines: readonly Line[], topic: string) =>
  lines.flatMap((line) => (line.topic === `clockify.${topic}` ? [String(line.key.id)] : [])).sort();
const sorted = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id).sort();

test('N3 N8 N9: a parameter is all, one id, or a list of ids', async (t) => {
  const { simulator, workspace, place, store } = await practice(t);
  const projects = store.rows('projects', workspace).slice(0, 2);
  const [user] = store.rows('users', workspace);
  const { code, lines, err } = await place.runOnce([
    { name: 'users', template: 'users', workspace },
    { name: 'tasks', template: 'tasks', workspace: [workspace], project: sorted(projects) },
    { name: 'time-entries', template: 'time-entries', workspace, user: user?.id },
    { name: 'tags', template: 'tags', workspace: 'all' },
  ]);
  assert.equal(code, 0, err);
  assert.deepEqual(idsOf(lines, 'users'), sorted(store.rows('users', workspace)));
  assert.deepEqual(idsOf(lines, 'tags'), sorted(store.workspaceIds().flatMap((id) => store.rows('tags', id))));
  const isWanted = ({ projectId }: { readonly projectId: string }) => projects.some(({ id }) => id === projectId);
  assert.deepEqual(idsOf(lines, 'tasks'), sorted(store.rows('tasks', workspace).filter(isWanted)));
  const entries = store.rows('timeEntries', workspace).filter(({ userId }) => userId === user?.id);
  assert.ok(entries.length > 0);
  assert.deepEqual(idsOf(lines, 'time_entries'), sorted(entries));
  const asked = simulator.requests.entries.map(({ path }) => path);
  assert.ok(
    !asked.some((path) => path === '/api/v1/workspaces/{workspaceId}/projects'),
    'ids that are given are not looked for',
  );
});

test('N10: the body of a detailed report is the user’s: filters, times by macro, pages of its size, and totals as metadata', async (t) => {
  const { simulator, workspace, place, store } = await practice(t);
  const finished = store.rows('timeEntries', workspace).filter(({ timeInterval }) => timeInterval.end !== null);
  const user = finished[0]?.userId;
  const entries = finished.filter(({ userId }) => userId === user);
  const report = {
    dateRangeStart: '{now-30}',
    dateRangeEnd: '{now+1}',
    detailedFilter: { pageSize: 3 },
    users: { ids: [user], contains: 'CONTAINS', status: 'ALL' },
  };
  const { code, lines, err } = await place.runOnce([
    { name: 'report', template: 'detailed-report', workspace, time_unit: 'day', totals: true, report },
  ]);
  assert.equal(code, 0, err);
  assert.ok(entries.length > 3);
  assert.deepEqual(idsOf(lines, 'detailed_report'), sorted(entries));
  const seconds = lines.reduce((sum, { value }) => sum + Number(value.time_interval_duration_seconds), 0);
  for (const { value } of lines) {
    assert.deepEqual([value.total_entries_count, value.total_time_seconds], [entries.length, seconds]);
  }
  const asked = simulator.requests.entries.filter(({ path }) => path.endsWith('/reports/detailed'));
  assert.equal(asked.length, Math.ceil(entries.length / 3));
});

test('N11: the order of the groups is the order of the nesting, and one row is one innermost group', async (t) => {
  const { workspace, place } = await practice(t);
  const summaryFilter = { groups: ['USER', 'TAG'] };
  const report = JSON.stringify({ dateRangeStart: '{now-30}', dateRangeEnd: '{now+1}', summaryFilter });
  const { code, lines, err } = await place.runOnce([
    { name: 'sums', template: 'summary-report', workspace, totals: true, report },
  ]);
  assert.equal(code, 0, err);
  assert.ok(lines.length > 3);
  for (const { key, value } of lines) {
    assert.match(String(key.group_path), /^USER:[^/]+\/TAG:[^/]+$/);
    assert.deepEqual([value.group_1_type, value.group_2_type, value.group_3_type], ['USER', 'TAG', null]);
    assert.equal(value.total_time_seconds, lines[0]?.value.total_time_seconds);
  }
});

test('N2: the current user has its default and its active workspace', async (t) => {
  const { workspace, place, store } = await practice(t);
  const { lines } = await place.runOnce([{ name: 'me', template: 'current-user' }]);
  assert.deepEqual(
    lines.map(({ key, value }) => [key.id, value.default_workspace, typeof value.active_workspace]),
    [[store.rows('users', workspace)[0]?.id, workspace, 'string']],
  );
});
