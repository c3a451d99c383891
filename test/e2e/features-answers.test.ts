import { strict as assert } from 'node:assert';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { type Asked, placeOf, serve } from '../support/feature-place.ts';

/** From the answers of a manual endpoint to its rows: where they are, how pages follow, and what is no answer. */
const things = (...ids: string[]) => ids.map((id) => ({ id, name: `thing ${id}` }));

test('N19: the data is a list, a list further down, or one object', async (t) => {
  const api = await serve(t, ({ path }) => {
    if (path.endsWith('/list')) return things('a', 'b');
    if (path.endsWith('/deep')) return { data: { items: things('c', 'd') } };
    if (path.endsWith('/groups')) return { groups: [{ items: things('e') }, { items: things('f', 'g') }] };
    return { data: { id: 'h', name: 'one' } };
  });
  const source = (name: string, data_path: string) => ({
    name,
    key: '$.id',
    endpoint: { url: `${api.url}/${name}`, data_path },
  });
  const { code, lines, err } = await placeOf(t, api).runOnce([
    source('list', '$[*]'),
    source('deep', '$.data.items[*]'),
    source('groups', '$.groups[*].items[*]'),
    source('object', '$.data'),
  ]);
  assert.equal(code, 0, err);
  assert.deepEqual(lines.map(({ topic, key }) => `${topic} ${key.id}`).sort(), [
    ...['clockify.deep c', 'clockify.deep d', 'clockify.groups e', 'clockify.groups f', 'clockify.groups g'],
    ...['clockify.list a', 'clockify.list b', 'clockify.object h'],
  ]);
});

test('N19: a path where nothing is says what is there instead, and deletes nothing', async (t) => {
  let isMoved = false;
  const api = await serve(t, () => (isMoved ? { data: { rows: [] } } : { data: { items: things('a') } }));
  const place = placeOf(t, api);
  const endpoint = { url: `${api.url}/things`, data_path: '$.data.items[*]' };
  assert.equal((await place.runOnce([{ name: 'things', key: '$.id', endpoint }])).lines.length, 1);
  isMoved = true;
  const { code, lines, err } = await place.runOnce([{ name: 'things', key: '$.id', endpoint }]);
  assert.deepEqual([code, lines], [2, []]);
  assert.match(err, /\$\.data\.items.*\$\.data has .*rows/);
});

test('N20: metadata beside the data is merged into every row', async (t) => {
  const api = await serve(t, () => ({
    items: things('a', 'b'),
    meta: { total: 7, currency: 'EUR', days: [{ b: 1, a: 2 }] },
  }));
  const endpoint = {
    url: `${api.url}/things`,
    data_path: '$.items[*]',
    metadata_path: '$.meta',
    metadata_prefix: 'all_',
  };
  const { code, lines, err } = await placeOf(t, api).runOnce([{ name: 'things', key: '$.id', endpoint }]);
  assert.equal(code, 0, err);
  assert.deepEqual(
    lines.map(({ value }) => [value.id, value.all_total, value.all_currency, value.all_days]),
    ['a', 'b'].map((id) => [id, 7, 'EUR', '[{"a":2,"b":1}]']),
  );
});

describe('N9 N19: all pages, in every way in which they can follow each other', () => {
  const ALL = ['a', 'b', 'c', 'd', 'e'];
  const slice = (from: number, size: number) => things(...ALL.slice(from, from + size));
  type Answering = (asked: Asked, response: ServerResponse, origin: string) => unknown;
  const ways: Readonly<
    Record<
      string,
      { readonly paging: object; readonly data_path?: string; readonly body?: object; readonly answer: Answering }
    >
  > = {
    'page number, until the header says so': {
      paging: { type: 'page', parameter: 'page', size_parameter: 'page-size', size: 2, last_page_header: 'last-page' },
      answer({ query }, response) {
        const page = Number(query.get('page'));
        response.setHeader('last-page', String(page === 3));
        return slice((page - 1) * Number(query.get('page-size')), 2);
      },
    },
    'page number, until a page is empty': {
      paging: { type: 'page', parameter: 'p', first_page: 0 },
      answer: ({ query }) => slice(Number(query.get('p')) * 3, 3),
    },
    'page number in the body': {
      paging: { type: 'page', parameter: 'filter.page', in: 'body' },
      body: { filter: { kept: true } },
      answer({ body }) {
        const { filter } = JSON.parse(body) as { filter: { page: number; kept: boolean } };
        return filter.kept ? slice((filter.page - 1) * 4, 4) : [];
      },
    },
    'row offset, though fewer come than were asked for': {
      paging: { type: 'offset', parameter: 'offset', limit_parameter: 'limit', limit: 3 },
      answer: ({ query }) => slice(Number(query.get('offset')), 2),
    },
    'next token': {
      paging: { type: 'next-token', path: '$.next', parameter: 'after' },
      data_path: '$.items[*]',
      answer({ query }) {
        const from = Number(query.get('after') ?? 0);
        return { items: slice(from, 2), next: from + 2 < ALL.length ? from + 2 : null };
      },
    },
    'next URL': {
      paging: { type: 'next-url', path: '$.links.next' },
      data_path: '$.items[*]',
      answer({ query }, _, origin) {
        const from = Number(query.get('from') ?? 0);
        const next = `${origin}/api/v1/things?from=${from + 2}`;
        return { items: slice(from, 2), links: from + 2 < ALL.length ? { next } : {} };
      },
    },
    'Link header': {
      paging: { type: 'link-header' },
      answer({ query }, response) {
        const from = Number(query.get('from') ?? 0);
        const first = '<?from=0>; rel="first"';
        response.setHeader('link', from + 2 < ALL.length ? `${first}, <?from=${from + 2}>; rel="next"` : first);
        return slice(from, 2);
      },
    },
  };
  for (const [name, { paging, body, data_path = '$[*]', answer }] of Object.entries(ways)) {
    test(name, async (t) => {
      const api = await serve(t, (asked, response) => answer(asked, response, api.origin));
      const method = body === undefined ? {} : { method: 'POST', body };
      const endpoint = { ...method, url: `${api.url}/things`, data_path, paging };
      const { code, lines, err } = await placeOf(t, api).runOnce([{ name: 'things', key: '$.id', endpoint }]);
      assert.equal(code, 0, err);
      assert.deepEqual(
        lines.map(({ key }) => key.id),
        ALL,
      );
    });
  }
});

test('N27: what is no whole answer in JSON and UTF-8 is an error of its own, and nothing is deleted for it', {
  timeout: 60_000,
}, async (t) => {
  const good = JSON.stringify(things('a', 'b', 'c'));
  const json = { 'content-type': 'application/json' };
  const send =
    (status: number, headers: Readonly<Record<string, string>>, body: string | Buffer) => (response: ServerResponse) =>
      response.writeHead(status, headers).end(body);
  const bad: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
    'clockify.not_json': send(200, { 'content-type': 'text/html' }, '<html>Please log in</html>'),
    'clockify.empty_answer': send(204, {}, ''),
    'clockify.compressed': send(200, { ...json, 'content-encoding': 'gzip' }, gzipSync('[]')),
    'clockify.charset': send(
      200,
      { 'content-type': 'application/json; charset=utf-16le' },
      Buffer.from('[]', 'utf16le'),
    ),
    'clockify.not_utf8': send(200, json, Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d])),
    'clockify.cut_off'(response) {
      response.writeHead(200, { ...json, 'content-length': '500' }).write(good.slice(0, 20), () => response.destroy());
    },
    'path.no_rows': send(200, json, '7'),
  };
  const codes = Object.keys(bad);
  /** Two good ones, from which the schema and the rows come; then bad, good, bad, good, …: there is always something to lose. */
  let count = -2;
  const api = await serve(t, (_asked, response) => {
    const at = count++;
    const lie = at >= 0 && at % 2 === 0 ? bad[codes[at / 2] ?? ''] : undefined;
    if (lie === undefined) return things('a', 'b', 'c');
    lie(response);
    return new Promise((resolve) => response.once('close', resolve));
  });
  const source = { name: 'things', key: '$.id', every: '1s', endpoint: { url: `${api.url}/things` } };
  const { code, lines, log } = await placeOf(t, api).run([source], [], {
    env: { CLOCKIFY_KAFKA_LOG_LEVEL: 'debug' },
    onErr: (_text, kill) => count > 2 * codes.length + 1 && kill('SIGTERM'),
  });
  assert.equal(code, 0);
  assert.deepEqual(
    lines.map(({ op, key }) => `${op} ${key.id}`),
    ['r a', 'r b', 'r c'],
  );
  for (const each of codes)
    assert.ok(
      log.some((line) => line.code === each),
      `${each} is in the log`,
    );
  assert.ok(!JSON.stringify(log).includes('Please log in'), 'no answer is quoted');
});
