import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { lint, problemsOf } from './support.ts';

function withSource(...lines: readonly string[]) {
  const source = ['name: s', 'credential: acme', ...lines].map(
    (line, index) => `${index === 0 ? '  - ' : '    '}${line}`,
  );
  return lint([`credentials: { acme: { api_key: '\${CLOCKIFY_API_KEY}' } }`, 'sources:', ...source].join('\n'));
}

function report(...lines: readonly string[]) {
  const result = withSource(...lines);
  deepEqual(problemsOf(result), []);
  return result.config?.sources[0]?.report;
}

const RANGE = { dateRangeStart: '{now-30}', dateRangeEnd: '{now}' };

test('a report has a body, as a map or JSON text, and times', () => {
  const wanted = {
    ...RANGE,
    detailedFilter: { pageSize: 1000, options: { totals: 'EXCLUDE' } },
    users: { ids: ['1'] },
  };
  const time = { unit: 'day', format: "yyyy-MM-dd'T'HH:mm:ssXXX", zone: 'UTC' };
  deepEqual(
    report(
      'template: detailed-report',
      'report:',
      '  dateRangeStart: "{now-30}"',
      '  dateRangeEnd: "{now}"',
      '  detailedFilter: { pageSize: 1000, options: { totals: EXCLUDE } }',
      '  users: { ids: ["1"] }',
    ),
    { body: wanted, time, totals: false },
  );
  deepEqual(report('template: detailed-report', `report: '${JSON.stringify(wanted)}'`), {
    body: wanted,
    time,
    totals: false,
  });
  deepEqual(
    report(
      'template: summary-report',
      `report: '${JSON.stringify({ ...RANGE, summaryFilter: { groups: ['PROJECT'] } })}'`,
      'date_format: yyyy-MM-dd',
      'time_unit: month',
      'time_zone: Europe/Berlin',
      'totals: true',
    ),
    {
      body: { ...RANGE, summaryFilter: { groups: ['PROJECT'] } },
      time: { unit: 'month', format: 'yyyy-MM-dd', zone: 'Europe/Berlin' },
      totals: true,
    },
  );
});

test('a report that Clockify would refuse is refused before', () => {
  const wrong = (template: string, ...lines: readonly string[]) =>
    problemsOf(withSource(`template: ${template}`, ...lines)).map((problem) => problem.replace('sources[0].', ''));
  deepEqual(wrong('detailed-report'), ['3:5 report: is missing']);
  deepEqual(wrong('detailed-report', 'report: []'), ['6:13 report: is a list and should be a map']);
  deepEqual(wrong('detailed-report', "report: '{'"), ['6:13 report: the body is no JSON at position 1']);
  deepEqual(wrong('detailed-report', 'report: { dateRangeStart: { now-30 }, dateRangeEnd: "{nw}" }'), [
    '6:31 report.dateRangeStart: is a placeholder without quotes, which YAML reads as a map',
    '6:58 report.dateRangeEnd: {nw} names nothing',
  ]);
  deepEqual(wrong('detailed-report', 'report: { dateRangeStart: 5, dateRangeEnd: }'), [
    '6:31 report.dateRangeStart: is no date and time',
    '6:48 report.dateRangeEnd: is missing',
  ]);
  const summary = (filter: string) =>
    wrong('summary-report', `report: { dateRangeStart: "{now-1}", dateRangeEnd: "{now}"${filter} }`);
  deepEqual(summary(''), ['6:13 report.summaryFilter.groups: is no list of one to three groups']);
  deepEqual(summary(', summaryFilter: { groups: [] }'), [
    '6:90 report.summaryFilter.groups: is no list of one to three groups',
  ]);
  deepEqual(wrong('users', 'totals: true'), ['6:5 totals: is not a known key']);
  deepEqual(wrong('users', 'time_unit: day'), ['6:5 time_unit: is not a known key']);
});

test('a body may name the parameters of its template, and no others', () => {
  const body = '{ dateRangeStart: "{now-1}", dateRangeEnd: "{now}", x: "{workspace_id}", y: "{user_id}" }';
  deepEqual(problemsOf(withSource('template: detailed-report', `report: ${body}`)), [
    '6:90 sources[0].report.y: {user_id} names nothing',
  ]);
});
