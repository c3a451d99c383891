import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkerError } from '../../../src/core/errors.ts';
import { PAGE_RETRY } from '../../../src/pipeline/retry.ts';
import type { SliceEvent } from '../../../src/pipeline/sweep.ts';
import { createWorld, driftIn, endOf, fakeEndpoint, opsOf, published, sweep } from '../../support/pipeline-world.ts';

const pagesOf = (events: readonly SliceEvent[]) => events.flatMap((event) => (event.type === 'page' ? [event] : []));
const errorOf = (events: readonly SliceEvent[]): WorkerError | undefined => {
  const end = endOf(events);
  return end.outcome === 'partial' ? end.error : undefined;
};
const ids = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `${at}` }));

test('the last-page header ends the list, also on an empty or a short page', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.pageSize = 2;
  for (const [count, pages] of [
    [0, 1],
    [2, 1],
    [3, 2],
    [4, 2],
  ] as const) {
    endpoint.items = ids(count);
    strictEqual(pagesOf(await sweep(world.context(endpoint))).length, pages, `${count} items`);
  }
});

test('without the header an empty page ends the list, and never a short one', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.header = false;
  endpoint.pageSize = 2;
  for (const [count, pages] of [
    [0, 1],
    [1, 2],
    [2, 2],
    [3, 3],
  ] as const) {
    endpoint.items = ids(count);
    strictEqual(pagesOf(await sweep(world.context(endpoint))).length, pages, `${count} items`);
  }
});

test('a header that says there is more wins over an empty page', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = ids(1);
  const page = endpoint.page;
  const scripted = {
    ...endpoint,
    page: async (number: number, signal: AbortSignal) => ({ ...(await page(number, signal)), lastPage: number === 4 }),
  };
  strictEqual(pagesOf(await sweep(world.context(scripted))).length, 4);
});

test('a list without pages is one page', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint({ paged: false });
  endpoint.header = false;
  endpoint.items = ids(500);
  strictEqual(pagesOf(await sweep(world.context(endpoint))).length, 1);
  deepStrictEqual(endpoint.asked, [1]);
});

const utf8 = new TextEncoder();
const SECRET = 'abcdefSECRET';
const broken: readonly [string, Uint8Array, string][] = [
  ['HTML', utf8.encode(`<html>${SECRET}</html>`), 'extract.not_json'],
  ['a cut body', utf8.encode(`[{"id":"${SECRET}`), 'extract.not_json'],
  ['nothing at all', new Uint8Array(), 'extract.not_json'],
  ['bytes that are not UTF-8', Uint8Array.from([0x5b, 0x22, 0xff, 0x22, 0x5d]), 'extract.not_json'],
  ['an object', utf8.encode(`{"message":"${SECRET}"}`), 'extract.not_a_list'],
  ['null', utf8.encode('null'), 'extract.not_a_list'],
];
for (const [what, body, code] of broken) {
  test(`P7: ${what} is no page: tried again, a bounded number of times, and never quoted`, async () => {
    const world = await createWorld();
    const endpoint = fakeEndpoint();
    endpoint.body = () => body;
    const error = errorOf(await sweep(world.context(endpoint)));
    deepStrictEqual([error?.code, error?.kind], [code, 'transient']);
    strictEqual(endpoint.asked.length, PAGE_RETRY.attempts + 1);
    ok(!JSON.stringify([error?.message, error?.hint, String(error?.cause), error?.stack]).includes(SECRET));
  });
}

test('lone surrogates in an item neither stop the page nor give one entity two keys', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.body = () => utf8.encode('[{"id":"1","name":"\\ud800"},{"id":"2","name":7,"x":"\\udfff"}]');
  const context = world.context(endpoint);
  strictEqual(endOf(await sweep(context)).outcome, 'complete');
  await sweep(context);
  deepStrictEqual(opsOf(world.sink, '1'), ['r']);
});

test('P1: of an entity shown twice in one page the later counts', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [{ id: '1', name: 'a' }, { id: '2' }, { id: '1', name: 'b' }];
  const [page] = pagesOf(await sweep(world.context(endpoint)));
  deepStrictEqual([page?.counts.extracted, page?.counts.superseded, page?.counts.published.r], [3, 1, 2]);
  deepStrictEqual(published(world.sink), ['r 2', 'r 1']);
  ok(Buffer.from(world.sink.committed[1]?.value ?? []).includes('b'));
});

test('paths that no field takes are counted, and are no error', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.items = [
    { id: '1', extra: 1 },
    { id: '2', extra: 2, more: { a: 1 } },
  ];
  deepStrictEqual(driftIn(await sweep(world.context(endpoint))), [
    ['new', 'extra', 2, 'whole number'],
    ['new', 'more', 1, 'object'],
  ]);
});

/** A source whose mapper counts what it is given. */
async function counting() {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  const seen = { items: 0 };
  const { mapper } = world.context(endpoint).source;
  const source = {
    mapper: {
      ...mapper,
      rowOf: (item: unknown, params: Readonly<Record<string, string>>) => {
        seen.items += 1;
        return mapper.rowOf(item, params);
      },
    },
  };
  return { world, endpoint, seen, context: world.context(endpoint, { source }) };
}

test('an unchanged page is not parsed, and everybody on it was met', async () => {
  const { endpoint, seen, context } = await counting();
  endpoint.items = ids(3);
  await sweep(context);
  const events = await sweep(context);
  strictEqual(seen.items, 3);
  deepStrictEqual([pagesOf(events)[0]?.counts.unchanged, endpoint.witnessed], [3, []]);
});

test('an unchanged page is parsed again where another slice changed one of its entities meanwhile', async () => {
  const { world, endpoint, seen, context } = await counting();
  endpoint.items = [{ id: '1', name: 'a' }];
  await sweep(context);
  const other = fakeEndpoint();
  other.items = [{ id: '1', name: 'b' }];
  await sweep(world.context(other, { slice: 'b' }));
  await sweep(context);
  strictEqual(seen.items, 2);
  deepStrictEqual(opsOf(world.sink, '1'), ['r', 'u', 'u']);
  strictEqual(world.shard.state.entry('things', ['1'])?.slice, 'things/a');
});

test('a page with rejects is looked at each time', async () => {
  const { endpoint, seen, context } = await counting();
  endpoint.items = [{ id: '1' }, { id: '2', name: 5 }];
  await sweep(context);
  await sweep(context);
  strictEqual(seen.items, 4);
});

test('P8: pages beyond the end of the list are forgotten', async () => {
  const { endpoint, seen, context } = await counting();
  endpoint.pageSize = 1;
  endpoint.items = ids(3);
  await sweep(context);
  endpoint.items = ids(1);
  await sweep(context);
  seen.items = 0;
  endpoint.items = ids(3);
  await sweep(context);
  strictEqual(seen.items, 2);
});

test('P1: the next page is asked for only after the one before it is committed', async () => {
  const world = await createWorld();
  const endpoint = fakeEndpoint();
  endpoint.pageSize = 1;
  endpoint.items = ids(4);
  const committedBefore: number[] = [];
  endpoint.before = () => committedBefore.push(world.sink.committed.length);
  await sweep(world.context(endpoint));
  deepStrictEqual(committedBefore, [0, 1, 2, 3]);
});
