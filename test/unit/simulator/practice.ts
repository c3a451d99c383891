import { equal } from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Simulator, SimulatorOptions } from '../../../src/simulator/simulator.ts';
import { startSimulator } from '../../../src/simulator/simulator.ts';

/** A Monday at noon. */
export const NOON = Date.parse('2026-03-16T12:00:00Z');

export interface Got {
  readonly status: number;
  readonly lastPage: string | null;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely here
  readonly body: any;
}

export interface Practice {
  readonly simulator: Simulator;
  readonly workspaceId: string;
  /** Of the owner, whose key `get` uses. */
  readonly userId: string;
  readonly get: (path: string, headers?: Record<string, string>) => Promise<Got>;
  /** Asks for a report of the first workspace, by default all of March 2026 in UTC. */
  readonly report: (kind: string, body?: object, headers?: Record<string, string>) => Promise<Got>;
  /** Does something by name in the first workspace; the row it comes to. */
  readonly mutate: (kind: string, given?: object) => Promise<Got['body']>;
  readonly control: (method: string, path: string, body?: unknown) => Promise<Got>;
}

/** A small practice Clockify with a clock that stands still; closed when the test ends. */
export async function practice(t: TestContext, options: SimulatorOptions = {}): Promise<Practice> {
  const simulator = await startSimulator({ workspaces: 2, users: 6, days: 5, clock: () => NOON, ...options });
  t.after(() => simulator.close());
  const [workspaceId = ''] = simulator.world.store.workspaceIds();
  const userId = simulator.world.store.rows('users', workspaceId)[0]?.id ?? '';
  const get = async (path: string, headers: Record<string, string> = { 'x-api-key': simulator.apiKey }) =>
    gotOf(await fetch(simulator.url + path, { headers, redirect: 'manual' }));
  const control = async (method: string, path: string, body?: unknown) =>
    gotOf(
      await fetch(`${simulator.origin}/simulator${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const report = async (kind: string, body = {}, headers: Record<string, string> = { 'x-api-key': simulator.apiKey }) =>
    gotOf(
      await fetch(`${simulator.reportsUrl}/workspaces/${workspaceId}/reports/${kind}`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ ...MARCH, ...FILTERS[kind], ...body }),
      }),
    );
  const mutate = async (kind: string, given = {}) => {
    const { status, body } = await control('POST', '/mutate', { kind, workspaceId, ...given });
    equal(status, 200, `${kind}: ${JSON.stringify(body)}`);
    return body.row;
  };
  return { simulator, workspaceId, userId, get, report, mutate, control };
}

const MARCH = { dateRangeStart: '2026-03-01T00:00:00', dateRangeEnd: '2026-03-31T23:59:59.999', timeZone: 'UTC' };
const FILTERS: Readonly<Record<string, object>> = {
  detailed: { detailedFilter: { page: 1, pageSize: 1000 } },
  summary: { summaryFilter: { groups: ['PROJECT'] } },
  weekly: {
    dateRangeStart: '2026-03-09T00:00:00',
    dateRangeEnd: '2026-03-15T23:59:59.999',
    weeklyFilter: { group: 'USER' },
  },
};

async function gotOf(response: Response): Promise<Got> {
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return {
    status: response.status,
    lastPage: response.headers.get('last-page'),
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

export function ids(got: Got): readonly string[] {
  return got.body.map(({ id }: { readonly id: string }) => id);
}
