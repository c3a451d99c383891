import { deepStrictEqual, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { compileReportBody, type ReportTime } from '../../../src/clockify/report-body.ts';

const NOON = Date.parse('2026-03-16T12:00:00Z');
const TIME: ReportTime = { unit: 'day', format: "yyyy-MM-dd'T'HH:mm:ss'Z'", zone: 'UTC' };
const RANGE = { dateRangeStart: '{now-7}', dateRangeEnd: '(now)' };
const params = { workspace: 'w1' };

const detailed = (body: unknown, time = TIME) => compileReportBody({ kind: 'detailed', body, params, time });
const summary = (body: unknown) => compileReportBody({ kind: 'summary', body, params, time: TIME });
const windowOf = ({ range }: ReturnType<ReturnType<typeof detailed>['at']>) =>
  [range.from, range.to].map((at) => new Date(at.toMillis()).toISOString());

test('times and parameters stand in any string, and the range follows the clock', () => {
  const body = {
    ...RANGE,
    description: 'since {now-1} in {workspace_id}',
    tags: { ids: ['{workspace}', 5], contains: null },
  };
  const { range, fields } = detailed(body).at(NOON);
  deepStrictEqual(windowOf({ range, fields }), ['2026-03-09T12:00:00.000Z', '2026-03-16T12:00:00.000Z']);
  strictEqual(fields.description, 'since 2026-03-15T12:00:00Z in w1');
  deepStrictEqual(fields.tags, { ids: ['w1', 5], contains: null });
  deepStrictEqual([fields.timeZone, fields.exportType], ['UTC', 'JSON']);
  deepStrictEqual(windowOf(detailed(body).at(NOON + 86_400_000)), [
    '2026-03-10T12:00:00.000Z',
    '2026-03-17T12:00:00.000Z',
  ]);
});

test('a body may be JSON text, and what is exported is always JSON', () => {
  const text = '{ "dateRangeStart": {now-1}, "dateRangeEnd": "{now}", "billable": true, "exportType": "CSV" }';
  const { fields, range } = detailed(text).at(NOON);
  deepStrictEqual([fields.billable, fields.exportType], [true, 'JSON']);
  deepStrictEqual(windowOf({ range, fields }), ['2026-03-15T12:00:00.000Z', '2026-03-16T12:00:00.000Z']);
});

test("a zone of the body is the report's: the bounds and the window are of it, across a change of clocks", () => {
  const time = { ...TIME, format: "yyyy-MM-dd'T'00:00:00" };
  const body = { ...RANGE, timeZone: 'America/New_York' };
  const at = detailed(body, time).at(Date.parse('2026-03-10T02:00:00Z'));
  strictEqual(at.fields.timeZone, 'America/New_York');
  deepStrictEqual(windowOf(at), ['2026-03-02T05:00:00.000Z', '2026-03-09T04:00:00.000Z']);
  const elsewhere = detailed(RANGE, { ...TIME, zone: 'Asia/Tokyo' }).at(NOON);
  deepStrictEqual(windowOf(elsewhere), ['2026-03-09T12:00:00.000Z', '2026-03-16T12:00:00.000Z'], 'no zone: UTC');
});

test('a page size is respected up to what a report gives', () => {
  const sizeOf = (pageSize: unknown) => detailed({ ...RANGE, detailedFilter: { pageSize } }).pageSize;
  deepStrictEqual([sizeOf(50), sizeOf(1000), sizeOf(5000), sizeOf(undefined)], [50, 1000, 1000, 1000]);
  strictEqual(detailed(RANGE).pageSize, 1000);
});

test('the groups of a summary are one to three of those there are', () => {
  const groupsOf = (...groups: unknown[]) => summary({ ...RANGE, summaryFilter: { groups } }).groups;
  deepStrictEqual(groupsOf('CLIENT', 'PROJECT', 'TAG'), ['CLIENT', 'PROJECT', 'TAG']);
  for (const groups of [
    [],
    ['project'],
    ['PROJECT', 'PROJECT'],
    ['DATE', 'WEEK', 'MONTH', 'USER'],
    [5],
    ['toString'],
  ]) {
    throws(() => groupsOf(...groups), { kind: 'config', code: 'report.bad_body' });
  }
  throws(() => summary(RANGE), { code: 'report.bad_body' });
});

const REFUSED: readonly (readonly [string, unknown, string])[] = [
  ['no map', [], 'report.bad_body'],
  ['no JSON', 'dateRangeStart: now', 'body.invalid'],
  ['no range', {}, 'report.bad_range'],
  ['a date alone', { dateRangeStart: '2026-03-01', dateRangeEnd: '{now}' }, 'report.bad_range'],
  ['a range by name', { ...RANGE, dateRangeType: 'LAST_WEEK' }, 'report.bad_body'],
  ['a zone that is none', { ...RANGE, timeZone: 'Mars/Olympus' }, 'macro.bad_zone'],
  ['a zone that is no text', { ...RANGE, timeZone: 2 }, 'report.bad_body'],
  ['a filter that is no map', { ...RANGE, detailedFilter: 'all' }, 'report.bad_body'],
  ['no page size', { ...RANGE, detailedFilter: { pageSize: 0 } }, 'report.bad_body'],
  ['a name that nobody knows', { ...RANGE, description: '{project_id}' }, 'placeholder.unknown'],
  ['a time without a number', { ...RANGE, description: `{now-${'9'.repeat(20)}}` }, 'placeholder.invalid'],
];

for (const [what, body, code] of REFUSED) {
  test(`a body with ${what} is refused before anything is asked`, () => {
    throws(() => detailed(body), { kind: 'config', code });
  });
}

test('a date format without a time cannot be a bound, and a range may turn over only as time goes by', () => {
  throws(() => detailed(RANGE, { ...TIME, format: 'yyyy-MM-dd' }), { code: 'report.bad_range' });
  throws(() => detailed(RANGE, { ...TIME, format: 'epoch_millis' }), { code: 'report.bad_range' });
  strictEqual(
    detailed({ ...RANGE, description: '{now}' }, { ...TIME }).at(0).fields.description,
    '1970-01-01T00:00:00Z',
  );
  const fixed = detailed({ dateRangeStart: '{now}', dateRangeEnd: '2026-02-01T00:00:00' });
  strictEqual(fixed.at(Date.UTC(2026, 0, 1)).range.to.toMillis(), Date.UTC(2026, 1, 1));
  throws(() => fixed.at(NOON), { kind: 'config', code: 'report.bad_range' });
});
