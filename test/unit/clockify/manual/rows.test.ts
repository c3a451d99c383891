import { deepStrictEqual, match, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { extractRows } from '../../../../src/clockify/manual/rows.ts';
import type { WorkerError } from '../../../../src/core/errors.ts';

const refused = (code: string, message: RegExp) => (error: WorkerError) => {
  match(error.message, message);
  ok(!error.message.includes('SECRET'), 'P7: no value of the answer');
  return error.kind === 'config' && error.code === code;
};

test('an object is one row, an array one row an element', () => {
  const list = [{ id: 1 }, { id: 2 }];
  const cases: readonly [unknown, string, unknown][] = [
    [list, '$[*]', list],
    [list, '$', list],
    [{ data: { items: list } }, '$.data.items[*]', list],
    [{ data: { items: list } }, '$.data.items', list],
    [{ id: 1 }, '$', [{ id: 1 }]],
    [{ id: 1 }, '$[*]', [{ id: 1 }]],
    [{ data: list }, '$.data[0]', [{ id: 1 }]],
    [{ data: list }, '$.data[1:]', [{ id: 2 }]],
    [{ a: [{ b: list }, { b: [{ id: 3 }] }] }, '$.a[*].b[*]', [...list, { id: 3 }]],
    [{ a: { x: { id: 1 }, y: { id: 2 } } }, '$.a.*', list],
    [{ a: { x: { n: { id: 1 } }, n: { id: 2 } } }, '$..n', [{ id: 2 }, { id: 1 }]],
    [{ 'first items': list }, "$['first items'][*]", list],
  ];
  for (const [json, path, rows] of cases) deepStrictEqual(extractRows(json, path), rows, path);
});

test('an element that is no object is wrapped', () => {
  deepStrictEqual(extractRows(['a', 1, null, [2]], '$[*]'), [
    { value: 'a' },
    { value: 1 },
    { value: null },
    { value: [2] },
  ]);
  deepStrictEqual(extractRows({ a: [{ n: 1 }, { n: 2 }, {}] }, '$.a[*].n'), [{ value: 1 }, { value: 2 }]);
});

test('nothing is an empty list only where its place is there', () => {
  const empty: readonly [unknown, string][] = [
    [[], '$[*]'],
    [{ data: { items: [] } }, '$.data.items[*]'],
    [{ data: { count: 0 } }, '$.data.items'],
    [{ data: { items: null } }, '$.data.items'],
    [{ data: [] }, '$.data[0]'],
    [{ a: [] }, '$.a[*].b'],
    [{ a: [{ c: 1 }] }, '$.a[*].b[*]'],
  ];
  for (const [json, path] of empty) deepStrictEqual(extractRows(json, path), [], path);
  const wrong: readonly [unknown, string, RegExp][] = [
    [{ data: { count: 'SECRET', page: 1 } }, '$.data.items[*]', /\$\.data\.items; \$\.data has "count", "page"$/],
    [{ message: 'SECRET', code: 1 }, '$.data.items', /\$ has "message", "code"$/],
    [{ data: null }, '$.data[*]', /\$ has "data"$/],
    [{ data: 'SECRET' }, '$.data.items', /\$\.data is a string$/],
    [{ data: [1, 2] }, '$.data.items', /\$\.data is a list of 2$/],
    [{}, '$.a[*].b', /an object without keys/],
    [null, '$', /is a null/],
    [null, '$[*]', /is a null/],
  ];
  for (const [json, path, message] of wrong) {
    throws(() => extractRows(json, path), refused('path.nothing_there', message), path);
  }
});

test('a single value that is neither object nor list is no data', () => {
  throws(() => extractRows('SECRET', '$[*]'), refused('path.no_rows', /\$ is a string/));
  throws(() => extractRows({ n: 5 }, '$.n'), refused('path.no_rows', /\$\.n is a whole number/));
});

test('many keys are told by the first of them', () => {
  const json = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`k${at}`, 'SECRET']));
  throws(() => extractRows(json, '$.x[*]'), refused('path.nothing_there', /"k19" and 10 more$/));
});

test('depth makes an error and not a crash', () => {
  let json: unknown = {};
  for (let depth = 0; depth < 100_000; depth++) json = { a: json };
  throws(() => extractRows(json, '$..b'), refused('path.too_deep', /too deeply/));
});

test('a list of metadata that is too deep makes an error and not a crash', () => {
  let list: unknown = [];
  for (let depth = 0; depth < 100_000; depth++) list = [list];
  throws(() => extractRows({ rows: [], totals: list }, '$.rows', '$.totals'), refused('path.too_deep', /too deeply/));
});

test('metadata goes into each row under the prefix, lists as JSON', () => {
  const json = { data: [{ id: 1 }, { id: 2 }], meta: { total: 2, tags: [{ b: 1, a: 2 }], by: { name: 'x' } } };
  deepStrictEqual(extractRows(json, '$.data[*]', '$.meta'), [
    { id: 1, meta_total: 2, meta_tags: '[{"a":2,"b":1}]', meta_by: { name: 'x' } },
    { id: 2, meta_total: 2, meta_tags: '[{"a":2,"b":1}]', meta_by: { name: 'x' } },
  ]);
  deepStrictEqual(extractRows({ totals: [{ n: 1 }], rows: [{ id: 1 }] }, '$.rows[*]', '$.totals', 'page_'), [
    { id: 1, page_totals: '[{"n":1}]' },
  ]);
  deepStrictEqual(extractRows({ count: 7, rows: ['a'] }, '$.rows', '$.count', ''), [{ value: 'a', count: 7 }]);
  deepStrictEqual(extractRows({ rows: [{ id: 1 }] }, '$.rows[*]', '$.totals'), [{ id: 1 }]);
  throws(() => extractRows({ rows: [] }, '$.rows', '$.a.b'), refused('path.nothing_there', /\$ has "rows"/));
});

test('metadata never overwrites a field of a row', () => {
  const json = { rows: [{ id: 1 }, { id: 2, meta_n: 'SECRET' }], meta: { n: 'SECRET' } };
  throws(() => extractRows(json, '$.rows', '$.meta'), refused('metadata.collides', /"meta_n"/));
  const own = JSON.parse('{"rows":[{"__proto__":1}],"meta":{"__proto__":"SECRET"}}');
  throws(() => extractRows(own, '$.rows', '$.meta', ''), refused('metadata.collides', /"__proto__"/));
});
