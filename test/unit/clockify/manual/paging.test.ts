import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Paging } from '../../../../src/clockify/manual/step.ts';
import type { WorkerError } from '../../../../src/core/errors.ts';
import { never, serve } from '../loopback.ts';
import { manualPlace, walkAll } from './place.ts';

const ids = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, at) => ({ id: from + at }));
const page: Extract<Paging, { type: 'page' }> = {
  type: 'page',
  parameter: 'page',
  sizeParameter: 'page-size',
  size: 2,
  firstPage: 1,
  lastPageHeader: 'Last-Page',
  expectedRows: undefined,
  in: 'query',
};
const code = (kind: string, wanted: string) => (error: WorkerError) => {
  deepStrictEqual([error.kind, error.code], [kind, wanted], error.message);
  return true;
};

test('pages by number end by the header, and the URL keeps what stands in its query', async (t) => {
  const place = await manualPlace(
    t,
    ({ query }) => {
      const number = Number(query.get('page'));
      return {
        headers: { 'last-page': String(number === 3) },
        body: ids(number * 2, number * 2 + (number === 2 ? 1 : 2)),
      };
    },
    [{ url: '/things?a=b%20c&page=9', paging: page }],
  );
  const { items, pages } = await walkAll(place.begin());
  deepStrictEqual(items, [{ id: 2 }, { id: 3 }, { id: 4 }, { id: 6 }, { id: 7 }], 'a short page is not the last');
  deepStrictEqual(
    place.asked.map(({ query }) => `${query}`),
    ['a=b+c&page=1&page-size=2', 'a=b+c&page=2&page-size=2', 'a=b+c&page=3&page-size=2'],
  );
  deepStrictEqual(
    pages.map(({ last }) => last),
    [false, false, true],
    'known without reading',
  );
});

test('without the header pages end by an empty one, or by fewer rows than expected', async (t) => {
  const answer = ({ query }: { query: URLSearchParams }) => {
    const at = Number(query.get('page')) * 2;
    return { body: ids(at, Math.min(at + 2, 5)) };
  };
  const sizeless = { ...page, firstPage: 0, sizeParameter: undefined, size: undefined };
  const empty = await manualPlace(t, answer, [{ paging: { ...sizeless, lastPageHeader: undefined } }]);
  deepStrictEqual((await walkAll(empty.begin())).items, ids(0, 5));
  strictEqual(empty.asked.length, 4);
  const short = await manualPlace(t, answer, [{ paging: { ...sizeless, expectedRows: 2 } }]);
  deepStrictEqual((await walkAll(short.begin())).items, ids(0, 5));
  strictEqual(short.asked.length, 3);
});

test('an offset moves on by the rows it got, so that a silent cap loses nothing', async (t) => {
  const place = await manualPlace(
    t,
    ({ query }) => {
      const at = Number(query.get('skip'));
      return { body: { items: ids(at, Math.min(at + 3, 7)) } };
    },
    [
      {
        dataPath: '$.items[*]',
        paging: { type: 'offset', parameter: 'skip', limitParameter: 'limit', limit: 100, in: 'query' },
      },
    ],
  );
  deepStrictEqual((await walkAll(place.begin())).items, ids(0, 7));
  deepStrictEqual(
    place.asked.map(({ query }) => `${query}`),
    ['skip=0&limit=100', 'skip=3&limit=100', 'skip=6&limit=100', 'skip=7&limit=100'],
  );
});

test('parameters go into the body, where a dotted path says so', async (t) => {
  const place = await manualPlace(
    t,
    ({ body }) => {
      const number = (JSON.parse(body) as { detailedFilter: { page: number } }).detailedFilter.page;
      return { body: { rows: ids(number, Math.min(number + 1, 3)) } };
    },
    [
      {
        method: 'POST',
        body: { dateRangeStart: '{now-1}', detailedFilter: { sortColumn: 'DATE' } },
        dataPath: '$.rows',
        paging: {
          ...page,
          parameter: 'detailedFilter.page',
          sizeParameter: 'detailedFilter.pageSize',
          lastPageHeader: undefined,
          in: 'body',
        },
      },
    ],
  );
  deepStrictEqual((await walkAll(place.begin())).items, ids(1, 3));
  deepStrictEqual(JSON.parse(place.asked[1]?.body ?? ''), {
    dateRangeStart: '2026-03-30T10:20:30Z',
    detailedFilter: { sortColumn: 'DATE', page: 2, pageSize: 2 },
  });
  strictEqual(place.asked[0]?.headers['content-type'], 'application/json');
});

test('a next token is followed until there is none', async (t) => {
  const tokens = ['a b&c', 7, null];
  const place = await manualPlace(
    t,
    (_, count) => ({ body: { data: ids(count, count + 1), page: { next: tokens[count - 1] } } }),
    [{ dataPath: '$.data', paging: { type: 'next-token', path: '$.page.next', parameter: 'cursor', in: 'query' } }],
  );
  deepStrictEqual((await walkAll(place.begin())).items, ids(1, 4));
  deepStrictEqual(
    place.asked.map(({ query }) => query.get('cursor')),
    [null, 'a b&c', '7'],
  );
});

test('a next URL is followed, whole or relative, with method, headers and body', async (t) => {
  const place = await manualPlace(
    t,
    (_, count, origin) => ({
      body: { data: ids(count, count + 1), next: [`${origin}/v2/things?c=1`, '?c=2', ''][count - 1] },
    }),
    [
      {
        method: 'POST',
        body: { x: 1 },
        headers: { 'X-Trace': 'on' },
        dataPath: '$.data',
        paging: { type: 'next-url', path: '$.next' },
      },
    ],
  );
  deepStrictEqual((await walkAll(place.begin())).items, ids(1, 4));
  deepStrictEqual(
    place.asked.map((one) => [one.method, one.path, `${one.query}`, one.headers['x-trace'], one.body]),
    [
      ['POST', '/things', '', 'on', '{"x":1}'],
      ['POST', '/v2/things', 'c=1', 'on', '{"x":1}'],
      ['POST', '/v2/things', 'c=2', 'on', '{"x":1}'],
    ],
  );
});

test('a Link header is followed by its relation next', async (t) => {
  const links = [
    ['<https://elsewhere.example/>; rel="prev", </things?p=2>; title="a, b"; rel="last next"', '<x>; rel=first'],
    ['</things?p=1>; rel=prev', '<?p=3>; rel=next'],
    ['</things?p=2>; rel="prev"'],
  ];
  const place = await manualPlace(
    t,
    (_, count) => ({ headers: { link: links[count - 1] ?? [] }, body: ids(count, count + 1) }),
    [{ paging: { type: 'link-header' } }],
  );
  const { items, pages } = await walkAll(place.begin());
  deepStrictEqual(items, ids(1, 4));
  strictEqual(pages.at(-1)?.last, true);
  strictEqual(place.asked[2]?.query.get('p'), '3');
});

test('P7: every next URL passes the list of hosts again, and the key goes nowhere else', async (t) => {
  const other = await serve(t, (_, response) => response.end('[]'));
  for (const next of [`${other.origin}/things`, 'http://api.clockify.me/', 'https://user:pw@api.clockify.me/']) {
    const place = await manualPlace(t, () => ({ body: { data: ids(0, 1), next } }), [
      { dataPath: '$.data', paging: { type: 'next-url', path: '$.next' } },
    ]);
    await rejects(walkAll(place.begin()), code('config', 'clockify.host_refused'));
  }
  strictEqual(other.requests.length, 0);
});

test('a loop that repeats a page is noticed, by its bytes, its token or its URL', async (t) => {
  const same = await manualPlace(t, () => ({ body: ids(0, 2) }), [{ paging: { ...page, lastPageHeader: undefined } }]);
  await rejects(walkAll(same.begin()), code('config', 'paging.repeats'));
  strictEqual(same.asked.length, 2);
  const circle = await manualPlace(t, (_, count) => ({ body: { d: ids(count, count + 1), n: count % 2 } }), [
    { dataPath: '$.d', paging: { type: 'next-token', path: '$.n', parameter: 'c', in: 'query' } },
  ]);
  await rejects(walkAll(circle.begin()), code('config', 'paging.repeats'));
  const itself = await manualPlace(t, (_, count) => ({ body: { d: ids(count, count + 1), n: '?a=1' } }), [
    { dataPath: '$.d', paging: { type: 'next-url', path: '$.n' } },
  ]);
  await rejects(walkAll(itself.begin()), code('config', 'paging.repeats'));
  strictEqual(itself.asked.length, 2);
});

test('a list that does not end is stopped', async (t) => {
  const place = await manualPlace(t, (_, count) => ({ body: ids(count, count + 1) }), [{ paging: page }], {
    maxPages: 5,
  });
  await rejects(walkAll(place.begin()), code('config', 'paging.endless'));
  strictEqual(place.asked.length, 5);
});

test('what cannot be followed is an error and not an end', async (t) => {
  const token = await manualPlace(t, () => ({ body: { d: [], n: { SECRET: 1 } } }), [
    { dataPath: '$.d', paging: { type: 'next-token', path: '$.n', parameter: 'c', in: 'query' } },
  ]);
  await rejects(walkAll(token.begin()), code('config', 'paging.bad_next'));
  const url = await manualPlace(t, () => ({ body: { d: [], n: 'http://[SECRET' } }), [
    { dataPath: '$.d', paging: { type: 'next-url', path: '$.n' } },
  ]);
  await rejects(walkAll(url.begin()), (error: WorkerError) => {
    ok(!error.message.includes('SECRET'));
    return code('config', 'paging.bad_next')(error);
  });
});

test('P4: one page that says it is not all of them is published, and is no complete list', async (t) => {
  for (const headers of [{ 'last-page': 'false' }, { link: '</things?page=2>; rel=next' }]) {
    const place = await manualPlace(t, () => ({ headers, body: ids(0, 2) }), [{}]);
    const walk = place.begin();
    const first = await walk.page(1, never());
    strictEqual(first.last, false);
    deepStrictEqual(first.read(), { items: ids(0, 2), last: false });
    await rejects(walk.page(2, never()), code('config', 'paging.more_follows'));
    strictEqual(place.asked.length, 1);
  }
});

test('a token of any signs is sent', async (t) => {
  const place = await manualPlace(
    t,
    (_, count) => ({ body: `{"d":[${count}],"n":${count === 1 ? '"\\ud800&=%"' : 'null'}}` }),
    [{ dataPath: '$.d', paging: { type: 'next-token', path: '$.n', parameter: 'c', in: 'query' } }],
  );
  await walkAll(place.begin());
  strictEqual(place.asked[1]?.query.get('c'), '\ufffd&=%');
});

test('the same page asked for again is the same request again', async (t) => {
  const place = await manualPlace(
    t,
    ({ query }, count) => (count === 2 ? { body: '{"broken' } : { body: ids(Number(query.get('page')), 3) }),
    [{ paging: { ...page, lastPageHeader: undefined } }],
  );
  const walk = place.begin();
  (await walk.page(1, never())).read();
  const broken = await walk.page(2, never());
  await rejects(async () => broken.read(), code('transient', 'clockify.not_json'));
  deepStrictEqual((await walk.page(2, never())).read(), { items: [{ id: 2 }], last: false });
  deepStrictEqual((await walk.page(2, never())).read(), { items: [{ id: 2 }], last: false }, 'and once more');
  deepStrictEqual((await walk.page(3, never())).read(), { items: [], last: true });
  deepStrictEqual(
    place.asked.map(({ query }) => query.get('page')),
    ['1', '2', '2', '2', '3'],
  );
  await rejects(walk.page(5, never()), code('fatal', 'manual.out_of_order'));
});
