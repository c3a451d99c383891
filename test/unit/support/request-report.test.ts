import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { createRequestLog } from '../../../src/simulator/request-log.ts';
import { type Limits, reportRequests } from '../../support/request-report.ts';

const DAY_MS = 86_400_000;
const LIMITS: Limits = {
  rate: { requests: 2, windowMs: 1_000, burst: 2 },
  reportsRate: { requests: 1, windowMs: 1_000, burst: 1 },
  recentMs: DAY_MS,
};

function logOf(limit: number, requests: readonly (readonly [atMs: number, path: string, query?: string])[]) {
  const log = createRequestLog(limit);
  for (const [atMs, path, query = ''] of requests) {
    const workspaceId = path.includes('{workspaceId}') ? 'w' : null;
    log.add({ atMs, method: 'GET', path, query, workspaceId }).status = 200;
  }
  return log;
}

const USERS = '/api/v1/workspaces/{workspaceId}/users';
const REPORT = '/report/v1/workspaces/{workspaceId}/reports/detailed';

test('P6: a window that holds more than the limit is told, of a workspace, of none, and of the reports host', () => {
  const within = logOf(
    100,
    [0, 500, 1_000, 1_500].map((atMs) => [atMs, USERS]),
  );
  deepEqual(reportRequests(within, LIMITS).budgets, [
    { owner: 'w', requests: 4, limit: 2, windowMs: 1_000, most: 2, violations: 0 },
  ]);
  const beyond = logOf(100, [
    [0, USERS],
    [500, USERS],
    [999, USERS],
    [999, '/api/v1/user'],
    [1_000, REPORT],
    [1_001, REPORT],
  ]);
  const { budgets, violations } = reportRequests(beyond, LIMITS);
  deepEqual(
    budgets.map(({ owner, most, violations: over }) => [owner, most, over]),
    [
      ['w', 3, 1],
      ['no workspace', 1, 0],
      ['reports host', 2, 1],
    ],
  );
  equal(violations, 2);
});

test('a log that has dropped requests is no witness', () => {
  const log = logOf(
    10,
    Array.from({ length: 30 }, (_, atMs) => [atMs, USERS] as const),
  );
  throws(() => reportRequests(log, LIMITS), /holds \d+ of 30 requests/);
});

test('requests are told apart by the rhythm they are for', () => {
  const now = Date.parse('2026-03-16T12:00:00Z');
  const list = '/api/v1/workspaces/{workspaceId}/user/{userId}/time-entries';
  const { spent } = reportRequests(
    logOf(100, [
      [now, '/api/v1/workspaces/{workspaceId}/time-entries/status/in-progress'],
      [now, '/api/v1/workspaces/{workspaceId}/entities/deleted'],
      [now, '/api/v1/workspaces/{workspaceId}/time-entries/{id}'],
      [now, list, '?start=2026-03-14T22:00:00Z&page=1'],
      [now, list, '?page=1&page-size=1'],
      [now, list, '?start=2026-02-01T00:00:00Z&page=1'],
      [now, list, '?start=2026-03-14T22:00:00Z&end=2026-03-15T00:00:00Z'],
      [now, USERS],
    ]),
    LIMITS,
  );
  deepEqual(spent, {
    '/workspaces/{workspaceId}/users': 1,
    changes: 1,
    recent: 1,
    reconcile: 3,
    running: 1,
    'time entries by id': 1,
  });
});
