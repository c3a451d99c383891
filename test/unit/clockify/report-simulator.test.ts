import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createClient } from '../../../src/clockify/client.ts';
import { createReportEndpoint, type ReportOptions } from '../../../src/clockify/report-endpoint.ts';
import { templateNamed } from '../../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../../src/core/field.ts';
import type { SimulatorOptions } from '../../../src/simulator/simulator.ts';
import { practice } from '../simulator/practice.ts';
import { KEY, never } from './loopback.ts';

const NOON = Date.parse('2026-03-16T12:00:00Z');
const RANGE = { dateRangeStart: '{now-90}', dateRangeEnd: '{now+90}' };

/** A report of the practice Clockify, walked to its end. */
async function reporting(t: TestContext, options: SimulatorOptions = {}) {
  const made = await practice(t, { apiKey: KEY, days: 60, ...options });
  const { simulator, workspaceId } = made;
  const client = createClient({
    apiKey: KEY,
    baseUrl: simulator.url,
    allowedOrigins: [simulator.origin],
    name: 'acme',
    reportsUrl: simulator.reportsUrl,
    rate: { requests: 1_000, windowMs: 100, burst: 1_000 },
    reportsRate: { requests: 1_000, windowMs: 100, burst: 1_000 },
    connectTimeoutMs: 2_000,
    headersTimeoutMs: 5_000,
    bodyTimeoutMs: 5_000,
    requestTimeoutMs: 10_000,
    maxBodyBytes: 50_000_000,
    connections: 2,
    now: Date.now,
  });
  t.after(() => client.close());
  const open = (name: string, over: Partial<ReportOptions>) =>
    createReportEndpoint({
      client,
      reportsUrl: simulator.reportsUrl,
      template: templateNamed(name),
      params: { workspace: workspaceId },
      source: 'weekly',
      body: RANGE,
      maxRangeDays: 31,
      time: { unit: 'day', format: "yyyy-MM-dd'T'HH:mm:ss'Z'", zone: 'UTC' },
      totals: true,
      ...over,
    });
  const walk = async (name: string, over: Partial<ReportOptions> = {}) => {
    const walking = open(name, over).begin(NOON);
    const items: unknown[] = [];
    for (let number = 1; ; number++) {
      const page = (await walking.page(number, never())).read();
      items.push(...page.items);
      if (page.last) break;
      ok(number < 200);
    }
    const mapper = compileMapping(templateNamed(name));
    for (const item of items) deepStrictEqual(mapper.unknownFields(item), []);
    return items.map((item) => mapper.rowOf(item, { workspace: workspaceId }));
  };
  return { ...made, open, walk };
}

for (const plan of ['free', 'paid'] as const) {
  test(`every finished entry of half a year is in the report of the ${plan} plan, in pieces and small pages`, async (t) => {
    const { simulator, workspaceId, walk } = await reporting(t, { plan });
    const rows = await walk('detailed-report', { body: { ...RANGE, detailedFilter: { pageSize: 50 } } });
    const entries = simulator.world.store.rows('timeEntries', workspaceId);
    const finished = entries.filter(({ timeInterval }) => timeInterval.end !== null);
    ok(finished.length > 100);
    deepStrictEqual([...new Set(rows.map(({ id }) => id))].sort(), finished.map(({ id }) => id).sort());
    const starts = new Map(finished.map(({ id, timeInterval }) => [id, Date.parse(timeInterval.start)]));
    for (const row of rows) strictEqual(row.time_interval_start, starts.get(row.id as string));
  });
}

test('the rows of another zone say the same moments', async (t) => {
  const { walk } = await reporting(t);
  const startsIn = async (timeZone: string) => {
    const rows = await walk('detailed-report', { body: { ...RANGE, timeZone } });
    return new Map(rows.map(({ id, time_interval_start: start }) => [id, start]));
  };
  const utc = await startsIn('UTC');
  ok(utc.size > 100);
  deepStrictEqual(await startsIn('America/New_York'), utc);
});

test('a summary of pieces is that of the whole', async (t) => {
  const { walk } = await reporting(t, { plan: 'paid' });
  const body = { ...RANGE, summaryFilter: { groups: ['PROJECT', 'USER', 'TIMEENTRY'] } };
  const byPath = async (maxRangeDays: number) => {
    const rows = await walk('summary-report', { body, maxRangeDays });
    return rows
      .map(({ group_path, duration_seconds, amount, total_entries_count }) => {
        return { group_path, duration_seconds, cents: Math.round(amount as number), total_entries_count };
      })
      .sort((one, other) => String(one.group_path).localeCompare(String(other.group_path)));
  };
  const whole = await byPath(Number.POSITIVE_INFINITY);
  ok(whole.length > 20);
  ok(whole.some(({ group_path }) => String(group_path).startsWith('PROJECT:without/')));
  deepStrictEqual(await byPath(7), whole);
});

test('P4: the entry behind a row is asked on the main host', async (t) => {
  const { open, mutate, workspaceId, userId } = await reporting(t, { days: 2 });
  const id = '69b00000aaaaaaaaaaaaaaa2';
  await mutate('addEntry', { id, userId, start: '2026-03-10T22:30:00Z', end: '2026-03-10T23:30:10Z' });
  const { witness } = open('detailed-report', {});
  const alive = await witness?.([workspaceId, id], never());
  deepStrictEqual([alive?.says, alive?.says === 'alive' && alive.item], ['alive', undefined]);
  await mutate('deleteEntry', { id });
  strictEqual((await witness?.([workspaceId, id], never()))?.says, 'gone');
});
