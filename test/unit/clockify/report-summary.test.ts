import { deepStrictEqual, strictEqual, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { readSummary } from '../../../src/clockify/report-summary.ts';
import { templateNamed } from '../../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../../src/core/field.ts';

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/clockify/${name}.json`, import.meta.url), 'utf8'));
const mapper = compileMapping(templateNamed('summary-report'));
const range = { start: '2026-03-02T00:00:00.000Z', end: '2026-03-08T23:59:59.999Z' };
const OPTIONS = { source: 'weekly', groups: ['PROJECT', 'USER', 'TIMEENTRY'], range, totals: false };

const rowsOf = (reports: unknown, over: Partial<typeof OPTIONS> = {}) =>
  readSummary(Buffer.from(JSON.stringify(reports)), { ...OPTIONS, ...over });
const keysOf = (reports: unknown, over: Partial<typeof OPTIONS> = {}) =>
  rowsOf(reports, over).map((row) => mapper.keyOf(row, { workspace: 'w1' }).slice(1).join(' '));
const leaf = (fields: object) => [{ groupOne: [fields] }];

test('a nested report is flat: one row for each innermost group, every field mapped', () => {
  const rows = rowsOf([fixture('reports/summary')], { totals: true });
  deepStrictEqual(JSON.parse(JSON.stringify(rows)), fixture('summary-report'));
  for (const row of rows) deepStrictEqual(mapper.unknownFields(row), []);
  const [first] = rows.map((row) => mapper.rowOf(row, { workspace: 'w1' }));
  deepStrictEqual(
    [first?.duration_seconds, first?.amount, first?.range_start, first?.range_end, first?.total_entries_count],
    [9030, 21320.833333333332, Date.UTC(2026, 2, 2), Date.UTC(2026, 2, 9) - 1, 4],
  );
});

test('totals come only where they are asked for, and may be null or missing', () => {
  const report = fixture('reports/summary');
  const totalsOf = (totals: unknown) =>
    mapper.rowOf(rowsOf([{ ...report, totals }], { totals: true })[0], { workspace: 'w1' }).total_time_seconds;
  deepStrictEqual(
    [totalsOf(report.totals), totalsOf([null]), totalsOf([]), totalsOf(undefined)],
    [16250, null, null, null],
  );
  strictEqual(rowsOf([report])[0]?.total_time_seconds, undefined);
});

test('the path of a group holds ids, "without" for what has none, and names for the rest', () => {
  const pathOf = (type: string, node: object) => keysOf(leaf(node), { groups: [type] })[0];
  strictEqual(pathOf('PROJECT', { _id: 'p1', name: 'Survey' }), 'weekly PROJECT:p1');
  strictEqual(pathOf('PROJECT', { _id: '', name: 'Without project' }), 'weekly PROJECT:without');
  strictEqual(pathOf('TAG', { name: '(Without tag)' }), 'weekly TAG:without');
  strictEqual(pathOf('TAG', { _id: null, name: null }), 'weekly TAG:without');
  strictEqual(pathOf('DATE', { name: '2026-03-02' }), 'weekly DATE:2026-03-02');
  strictEqual(pathOf('TASK', { _id: ['t1', 't2'], name: 'Two' }), 'weekly TASK:t1,t2');
  strictEqual(pathOf('TIMEENTRY', { _id: 'a/b%' }), 'weekly TIMEENTRY:a%2Fb%25');
  strictEqual(pathOf('TIMEENTRY', { _id: 'without' }), 'weekly TIMEENTRY:%77ithout');
});

test('two groups have two paths, whatever their ids and wherever they stand', () => {
  const label = fc.oneof(fc.string({ minLength: 1 }), fc.constantFrom('without', '%77ithout', 'a/USER:b', 'a', '%'));
  const path = fc.tuple(label, label);
  fc.assert(
    fc.property(path, path, (one, other) => {
      const node = ([outer, inner]: readonly string[]) => ({ _id: outer, children: [{ _id: inner }] });
      const [first, second] = [one, other].map((each) => keysOf(leaf(node(each)), { groups: ['PROJECT', 'USER'] })[0]);
      strictEqual(first === second, one[0] === other[0] && one[1] === other[1]);
    }),
  );
});

test('a row that stands twice, or in several pieces of the range, is one with the sum', () => {
  const money = (value: number) => [{ type: 'EARNED', value, amountByCurrency: [{ currency: 'EUR', amount: value }] }];
  const node = (duration: number, amount: number) => ({ _id: 'p1', duration, amount, amounts: money(amount) });
  const total = (n: number) => ({
    totalTime: n,
    entriesCount: 1,
    totalAmountByCurrency: [{ currency: 'EUR', amount: n }],
  });
  const [row, ...rest] = rowsOf(
    [
      { groupOne: [node(10, 0.5)], totals: [total(10)] },
      { groupOne: [], totals: [null] },
      { groupOne: [node(20, 0.25), { _id: 'p2', duration: 1 }], totals: [total(21)] },
    ],
    { groups: ['PROJECT'], totals: true },
  );
  deepStrictEqual([row?.duration_seconds, row?.amount, row?.amounts], [30, 0.75, money(0.75)]);
  deepStrictEqual(
    [row?.total_time_seconds, row?.total_entries_count, row?.total_amount_by_currency],
    [31, 2, [{ currency: 'EUR', amount: 31 }]],
  );
  deepStrictEqual(
    rest.map(({ group_path, duration_seconds }) => [group_path, duration_seconds]),
    [['PROJECT:p2', 1]],
  );
});

test('hidden amounts are null, unknown fields are told, and a sum of what is no number is a fault of the row', () => {
  const [row] = rowsOf(leaf({ _id: 'p1', name: 'x', duration: 5, novelty: 1 }), { groups: ['PROJECT'] });
  deepStrictEqual(mapper.unknownFields(row), ['novelty']);
  deepStrictEqual(mapper.rowOf(row, { workspace: 'w1' }).amounts_json, null);
  const [bad] = rowsOf([...leaf({ _id: 'p1', duration: 'PT5S' }), ...leaf({ _id: 'p1', duration: 5 })], {
    groups: ['PROJECT'],
  });
  throws(() => mapper.rowOf(bad, { workspace: 'w1' }), { kind: 'record', code: 'extract.wrong_type' });
});

test('groups are no deeper than asked for, and one without children is a row of its own', () => {
  const nested = { _id: 'p1', duration: 3, children: [{ _id: 'u1', duration: 3 }] };
  deepStrictEqual(keysOf(leaf(nested), { groups: ['PROJECT'] }), ['weekly PROJECT:p1']);
  deepStrictEqual(keysOf(leaf({ ...nested, children: [] }), { groups: ['PROJECT', 'USER'] }), ['weekly PROJECT:p1']);
});

test('what is no report is unreadable, worth another try, and never quoted', () => {
  for (const report of [null, [], {}, { groupOne: {} }, { groupOne: ['SECRET'] }]) {
    throws(() => rowsOf([report]), {
      kind: 'transient',
      code: 'report.unreadable',
      message: 'the answer is no report',
    });
  }
  throws(() => rowsOf({}), { code: 'report.unreadable' });
  throws(() => readSummary(Buffer.from('[<html>SECRET</html>]'), OPTIONS), { message: 'the answer is no report' });
});
