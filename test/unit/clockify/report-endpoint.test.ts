import { deepStrictEqual, rejects, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import type { Call, Sending } from '../../../src/clockify/client.ts';
import type { Answer, Reply } from '../../../src/clockify/reply.ts';
import { createReportEndpoint, type ReportOptions, type ReportWalk } from '../../../src/clockify/report-endpoint.ts';
import { templateNamed } from '../../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../../src/core/field.ts';
import { never } from './loopback.ts';

const NOON = Date.parse('2026-03-16T12:00:00Z');
const RANGE = { dateRangeStart: '2026-01-01T00:00:00Z', dateRangeEnd: '2026-01-08T00:00:00Z' };

interface Asked {
  readonly dateRangeStart: string;
  readonly dateRangeEnd: string;
  readonly detailedFilter: { readonly page: number; readonly pageSize: number };
}

type Answering = (asked: Asked, attempt: number) => unknown;

/** A report whose answers are the test's: an object is a body, a number a status. */
function reportOf(answer: Answering, over: Partial<ReportOptions> = {}, read?: Answer) {
  const sent: (Sending & { readonly asked: Asked })[] = [];
  const reads: Call[] = [];
  const client: ReportOptions['client'] = {
    async send(sending): Promise<Reply> {
      const asked = JSON.parse(sending.body ?? '') as Asked;
      sent.push({ ...sending, asked });
      const answered = answer(asked, sent.length);
      const status = typeof answered === 'number' ? answered : 200;
      const refusal = status === 200 ? undefined : { status, code: 501, retryAfterMs: undefined };
      const text = typeof answered === 'string' ? answered : JSON.stringify(answered);
      return { status, headers: {}, body: Buffer.from(text), receivedAtMs: NOON + sent.length, refusal };
    },
    async get(call) {
      reads.push(call);
      if (read === undefined) throw new Error('nothing is read');
      return read;
    },
  };
  const endpoint = createReportEndpoint({
    client,
    reportsUrl: 'https://reports.example.org/v1/',
    template: templateNamed('detailed-report'),
    params: { workspace: 'w1' },
    source: 'weekly',
    body: RANGE,
    maxRangeDays: 366,
    time: { unit: 'day', format: "yyyy-MM-dd'T'HH:mm:ss", zone: 'UTC' },
    totals: false,
    ...over,
  });
  return { endpoint, sent, reads };
}

const rows = (...ids: string[]) => ids.map((_id) => ({ _id }));
const counted = (entriesCount: number, ...ids: string[]) => ({ totals: [{ entriesCount }], timeentries: rows(...ids) });

async function walkAll(walk: ReportWalk): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 1; number < 50; number++) {
    const { items, last } = (await walk.page(number, never())).read();
    for (const item of items) ids.push((item as { _id: string })._id);
    if (last) return ids;
  }
  throw new Error('the walk does not end');
}

test('a page is asked by POST on the reports host, on the budget of the workspace', async () => {
  const body = {
    ...RANGE,
    users: { ids: ['u1'] },
    detailedFilter: { pageSize: 2, page: 9, options: { totals: 'CALCULATE' } },
  };
  const { endpoint, sent } = reportOf(() => counted(1, 'a'), { body });
  const page = await endpoint.begin(NOON).page(1, never());
  deepStrictEqual(
    [page.last, page.receivedAtMs, page.read()],
    [undefined, NOON + 1, { ...page.read(), items: rows('a'), last: true }],
  );
  const [{ method, url, headers, owner, label, asked } = {} as Sending & { asked: Asked }] = sent;
  deepStrictEqual(
    [method, url?.href, headers, owner, label],
    [
      'POST',
      'https://reports.example.org/v1/workspaces/w1/reports/detailed',
      { 'content-type': 'application/json' },
      'w1',
      '/workspaces/w1/reports/detailed',
    ],
  );
  deepStrictEqual(asked, {
    sortOrder: 'ASCENDING',
    dateRangeStart: '2026-01-01T00:00:00.000',
    dateRangeEnd: '2026-01-08T00:00:00.000',
    users: { ids: ['u1'] },
    detailedFilter: { sortColumn: 'ID', pageSize: 2, page: 1, options: { totals: 'CALCULATE' } },
    timeZone: 'UTC',
    exportType: 'JSON',
  });
});

test('a report ends when all that the totals count were shown, and not with a short page', async () => {
  const pages = [counted(5, 'a', 'b'), counted(5, 'c', 'd'), counted(5, 'e')];
  const { endpoint, sent } = reportOf(({ detailedFilter }) => pages[detailedFilter.page - 1]);
  deepStrictEqual(await walkAll(endpoint.begin(NOON)), ['a', 'b', 'c', 'd', 'e']);
  strictEqual(sent.length, 3, 'pages were smaller than asked for, and no page was asked in vain');
});

test('without a count an empty page ends it, and so does the null of an empty report', async () => {
  const pages = [
    { totals: [], timeentries: rows('a') },
    { timeentries: rows('b') },
    { totals: [null], timeentries: [] },
  ];
  const { endpoint, sent } = reportOf(({ detailedFilter }) => pages[detailedFilter.page - 1]);
  deepStrictEqual(await walkAll(endpoint.begin(NOON)), ['a', 'b']);
  strictEqual(sent.length, 3);
  const empty = reportOf(() => ({ totals: [null], timeentries: [] }));
  deepStrictEqual(await walkAll(empty.endpoint.begin(NOON)), []);
});

test('pieces of a long range are one walk; an empty piece in the middle is not the end', async () => {
  const days: Record<string, unknown> = {
    '2026-01-01T00:00:00.000': counted(3, 'a', 'b'),
    '2026-01-04T00:00:00.000': { totals: [null], timeentries: [] },
    '2026-01-07T00:00:00.000': counted(1, 'd'),
  };
  const { endpoint, sent } = reportOf(
    ({ dateRangeStart, detailedFilter: { page } }) => (page === 2 ? counted(3, 'c') : days[dateRangeStart]),
    { maxRangeDays: 3, body: { ...RANGE, detailedFilter: { pageSize: 2 } } },
  );
  const walk = endpoint.begin(NOON);
  deepStrictEqual(walk.window, { fromMs: Date.UTC(2026, 0, 1), toMs: Date.UTC(2026, 0, 8) });
  deepStrictEqual(await walkAll(walk), ['a', 'b', 'c', 'd']);
  deepStrictEqual(
    sent.map(({ asked }) => `${asked.dateRangeEnd.slice(8, 10)}/${asked.detailedFilter.page}`),
    ['04/1', '04/2', '07/1', '08/1'],
  );
});

test('a page that failed, or was not committed, is asked again; the walk goes on from it', async () => {
  const { endpoint, sent } = reportOf(({ detailedFilter: { page } }, attempt) => {
    if (attempt === 2) return 503;
    if (attempt === 3) return '<html>';
    return counted(3, `p${page}`);
  });
  const walk = endpoint.begin(NOON);
  await walk.page(1, never());
  await rejects(walk.page(2, never()), { kind: 'transient', code: 'clockify.server_error' });
  const cut = await walk.page(2, never());
  throws(() => cut.read(), { kind: 'transient', code: 'report.unreadable' });
  await walk.page(2, never());
  const again = await walk.page(2, never());
  deepStrictEqual([again.read().items, again.read().last], [rows('p2'), false]);
  strictEqual((await walk.page(3, never())).read().last, true);
  strictEqual((await walk.page(1, never())).read().last, false, 'and page 1 at any time');
  deepStrictEqual(
    sent.map(({ asked }) => asked.detailedFilter.page),
    [1, 2, 2, 2, 2, 3, 1],
  );
  await rejects(walk.page(7, never()), { kind: 'fatal', code: 'report.out_of_order' });
});

test('a refusal is the error of its status, and what is no report is never quoted', async () => {
  for (const [status, code] of [
    [403, 'clockify.forbidden'],
    [400, 'clockify.bad_request'],
    [402, 'clockify.plan'],
  ] as const) {
    await rejects(
      reportOf(() => status)
        .endpoint.begin(NOON)
        .page(1, never()),
      { kind: 'config', code },
    );
  }
  for (const body of ['', '<p>SECRET</p>', 'null', '[]', '{}', '{"timeentries":{}}']) {
    const page = await reportOf(() => body)
      .endpoint.begin(NOON)
      .page(1, never());
    throws(() => page.read(), { kind: 'transient', code: 'report.unreadable', message: 'the answer is no report' });
  }
});

test('totals stand on every row of the answer that has them, where they are asked for', async () => {
  const answer = { totals: [{ entriesCount: 2, totalTime: 90, totalAmount: 1.5 }], timeentries: rows('a', 'b') };
  const read = async (totals: boolean) =>
    (
      await reportOf(() => answer, { totals })
        .endpoint.begin(NOON)
        .page(1, never())
    ).read().items;
  deepStrictEqual(await read(false), rows('a', 'b'));
  const { rowOf } = compileMapping(templateNamed('detailed-report'));
  for (const item of await read(true)) {
    const row = rowOf(item, { workspace: 'w1' });
    deepStrictEqual(
      [row.total_time_seconds, row.total_entries_count, row.total_amount, row.total_billable_time_seconds],
      [90, 2, 1.5, null],
    );
  }
});

test('both spellings of the list are read', async () => {
  const page = await reportOf(() => ({ timeEntries: rows('a') }))
    .endpoint.begin(NOON)
    .page(1, never());
  deepStrictEqual(page.read().items, rows('a'));
});

test('P4: only a read that says so proves a row gone; one that lives comes without an item', async () => {
  const testimony = (read: Answer) => reportOf(() => ({}), {}, read).endpoint.witness?.(['w1', 'e1'], never());
  const answer = (body: string): Answer => ({
    ok: true,
    body: Buffer.from(body),
    lastPage: undefined,
    receivedAtMs: 7,
  });
  const refuse = (status: number, code?: number): Answer => ({
    ok: false,
    receivedAtMs: 7,
    refusal: { status, code, retryAfterMs: undefined },
  });
  deepStrictEqual(await testimony(refuse(400, 501)), { says: 'gone', receivedAtMs: 7 });
  deepStrictEqual(await testimony(answer('{"id":"e1"}')), { says: 'alive', item: undefined, receivedAtMs: 7 });
  for (const unclear of [
    answer('{"id":"e2"}'),
    answer('[]'),
    answer('<html>'),
    refuse(404, 3000),
    refuse(403, 501),
    refuse(400),
  ]) {
    strictEqual((await testimony(unclear))?.says, 'nothing');
  }
  await rejects(async () => testimony(refuse(503)), { kind: 'transient' });
});

test('P4: a row is gone too where its entry was moved out of the range that was swept, and only then', async () => {
  const says = async (start: unknown, isBegun = true) => {
    const body = Buffer.from(JSON.stringify({ id: 'e1', timeInterval: { start } }));
    const { endpoint } = reportOf(() => ({}), {}, { ok: true, body, lastPage: undefined, receivedAtMs: 7 });
    if (isBegun) endpoint.begin(NOON);
    return (await endpoint.witness?.(['w1', 'e1'], never()))?.says;
  };
  strictEqual(await says('2025-12-31T23:59:59Z'), 'gone');
  strictEqual(await says('2026-01-08T00:00:01Z'), 'gone');
  strictEqual(await says('2026-01-01T00:00:00Z'), 'alive', 'both ends belong to the range');
  strictEqual(await says('2026-01-08T00:00:00Z'), 'alive');
  for (const unclear of [null, '', 'soon', 7]) strictEqual(await says(unclear), 'alive');
  strictEqual(await says('2025-12-31T23:59:59Z', false), 'alive', 'no range was swept yet');
});

const SUMMARY = {
  template: templateNamed('summary-report'),
  body: { ...RANGE, summaryFilter: { groups: ['PROJECT'] } },
  maxRangeDays: 4,
};

test('a summary is one page of all pieces, which share no moment; nothing can be read for it', async () => {
  const { endpoint, sent } = reportOf(() => ({ totals: [null], groupOne: [{ _id: 'p1', duration: 5 }] }), SUMMARY);
  const walk = endpoint.begin(NOON);
  const page = await walk.page(1, never());
  deepStrictEqual(
    [endpoint.witness, walk.window, page.last, page.receivedAtMs],
    [undefined, undefined, true, NOON + 2],
  );
  deepStrictEqual(
    sent.map(({ asked }) => [asked.dateRangeStart, asked.dateRangeEnd]),
    [
      ['2026-01-01T00:00:00.000', '2026-01-04T23:59:59.999'],
      ['2026-01-05T00:00:00.000', '2026-01-08T00:00:00.000'],
    ],
  );
  const [row, ...others] = page.read().items as Record<string, unknown>[];
  deepStrictEqual(
    [row?.group_path, row?.source, row?.duration_seconds, row?.range_start, row?.range_end, others],
    ['PROJECT:p1', 'weekly', 10, '2026-01-01T00:00:00.000Z', '2026-01-08T00:00:00.000Z', []],
  );
  await rejects(walk.page(2, never()), { kind: 'fatal', code: 'report.out_of_order' });
});

test('a summary of which one piece is refused is refused', async () => {
  const { endpoint } = reportOf((_, attempt) => (attempt === 2 ? 403 : { groupOne: [] }), SUMMARY);
  await rejects(endpoint.begin(NOON).page(1, never()), { kind: 'config', code: 'clockify.forbidden' });
});
