import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EXPENSES, openTryPlace, type TryPlace, template } from './try-place.ts';

const CHAIN = [
  '  - name: task-details',
  '    credential: acme',
  '    steps:',
  '      - { name: projects, url: "/workspaces/{workspace_id}/projects", paging: { type: page, last_page_header: last-page } }',
  '      - { name: tasks, url: "/workspaces/{workspace_id}/projects/{projects.id}/tasks", paging: { type: page, last_page_header: last-page } }',
  '    key: $.id',
];
const REPORT = [
  '  - name: detailed-report',
  '    template: detailed-report',
  '    credential: acme',
  '    report: { dateRangeStart: "{now-7}", dateRangeEnd: "{now+1}" }',
];

interface SampleJson {
  readonly source: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly params: Readonly<Record<string, string>>;
  readonly exchanges: readonly {
    readonly request: { readonly method: string; readonly url: string; readonly headers: Record<string, string> };
    readonly response: { readonly status: number; readonly headers: Record<string, string> } | null;
  }[];
  readonly items: number;
  readonly records: readonly {
    readonly raw: Record<string, unknown>;
    readonly key: Record<string, string>;
    readonly value: Record<string, unknown>;
    readonly reject?: { readonly code: string };
  }[];
  readonly unmapped: readonly { readonly path: string; readonly count: number }[];
  readonly error: { readonly code: string } | null;
}

describe('sample', { concurrency: 4 }, () => {
  let place: TryPlace;
  let file: string;
  before(async () => {
    place = await openTryPlace({ extraFields: true });
    const metadata = EXPENSES.map((line) =>
      line.replace('data_path: $ #', 'data_path: $.expenses.expenses[*] #').replace('key: hash', 'key: $.id'),
    );
    file = place.configure('sample', [
      template('users'),
      template('projects'),
      template('time-entries'),
      ...CHAIN,
      ...REPORT,
      ...metadata,
    ]);
  });
  after(() => place.close());

  const asJson = async (...args: string[]): Promise<SampleJson> => {
    const { code, out, err } = await place.run(['sample', ...args, '--json', '-c', file]);
    equal(code, 0, err);
    return JSON.parse(out) as SampleJson;
  };

  test('N12: one test call shows the request, the answer, the records and the settings beside them', async () => {
    const { code, out, err } = await place.run(['sample', 'time-entries', '-n', '2', '-c', file]);
    equal(code, 0, err);
    match(out, /template: time-entries/);
    match(out, /GET http:\/\/127\.0\.0\.1:\d+\/api\/v1\/workspaces\/\w+\/user\/\w+\/time-entries\?/);
    match(out, /x-api-key: \[hidden\]/);
    match(out, /answer: 200/);
    match(out, /last-page: true/);
    match(out, /2 shown/);
    match(out, /"timeInterval"/);
    match(out, /"time_interval_start": "20/);
    ok(!out.includes(place.simulator.apiKey));
  });

  test('N12: nothing but GETs and one page is asked for, and nothing is written', async () => {
    const { exchanges, records, items, params } = await asJson('projects', '-n', '3');
    equal(exchanges.length, 1);
    equal(records.length, 3);
    ok(items > 3);
    deepEqual(params, { workspace: place.workspace });
    deepEqual(records[0]?.key, { workspace_id: place.workspace, id: records[0]?.raw.id });
  });

  test('what no field takes is listed with how many items have it', async () => {
    const { unmapped, items } = await asJson('users');
    ok(unmapped.length > 0);
    ok(unmapped.every(({ count }) => count >= 1 && count <= items));
  });

  test('a parameter can be named, and one that the source does not have is refused', async () => {
    const user = place.simulator.world.store.rows('users', place.workspace)[1]?.id ?? '';
    deepEqual((await asJson('time-entries', '--user', user)).params, { workspace: place.workspace, user });
    const odd = await place.run(['sample', 'users', '--project', 'x', '-c', file]);
    equal(odd.code, 2);
    match(odd.err, /has no parameter project/);
  });

  test('N12: a manual endpoint is sampled with its data path, and its schema inferred from the one answer', async () => {
    const { settings, records } = await asJson('expenses', '-n', '1');
    equal(settings.data_path, '$.expenses.expenses[*]');
    equal(records[0]?.value.id, records[0]?.raw.id);
    equal(records[0]?.value.__op, 'r');
  });

  test('a chain shows each of its calls, and no more of them than lead to an answer', async () => {
    const { exchanges, records } = await asJson('task-details', '-n', '1');
    ok(exchanges.length >= 2);
    equal(records.length, 1);
  });

  test('a report shows the body that was sent', async () => {
    const { code, out } = await place.run(['sample', 'detailed-report', '-n', '1', '-c', file]);
    equal(code, 0);
    match(out, /POST .*\/reports\/detailed/);
    match(out, /"dateRangeStart": "20/);
  });

  test("a bad key and a member's key show the answer and end as the worker would", async () => {
    const bad = await place.run(['sample', 'users', '-c', file], { KEY: 'no-such-key-77' });
    equal(bad.code, 2);
    match(bad.err, /does not know the API key/);
    ok(!`${bad.out}${bad.err}`.includes('no-such-key-77'));
    const member = await place.run(['sample', 'users', '--json', '-c', file], { KEY: place.simulator.memberKey });
    equal(member.code, 2);
    const told = JSON.parse(member.out) as SampleJson;
    equal(told.error?.code, 'clockify.forbidden');
    equal(told.exchanges[0]?.response?.status, 403);
  });

  test('an unknown source is named with the nearest one', async () => {
    const { code, err } = await place.run(['sample', 'project', '-c', file]);
    equal(code, 2);
    match(err, /Did you mean "projects"/);
    equal((await place.run(['sample', '-c', file])).code, 2);
  });

  test('a path that leads nowhere says what is there', async () => {
    const wrong = place.configure(
      'wrong',
      EXPENSES.map((line) => line.replace('$ #', '$.items[*] #')),
    );
    const { code, out, err } = await place.run(['sample', 'expenses', '-c', wrong]);
    equal(code, 2);
    match(out, /answer: 200/);
    match(err, /nothing at \$\.items.*"expenses"/);
  });
});
