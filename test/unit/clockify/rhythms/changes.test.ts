import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../../src/clockify/client.ts';
import { type ChangesOptions, createChanges } from '../../../../src/clockify/rhythms/changes.ts';
import { fakeClient, fakeWitness, idsOf, NOTHING, type Reply, sweepAll } from './fake-client.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const NOW = Date.parse('2026-05-01T12:00:00Z');

type ListName = 'created' | 'updated' | 'deleted';
type Lists = Partial<Record<ListName, readonly object[] | number>>;

const iso = (atMs: number) => new Date(atMs).toISOString();
const made = (id: string, atMs = NOW - 2_000) => ({
  id,
  auditMetadata: { createdAt: iso(atMs), updatedAt: iso(atMs) },
  documentCode: 'TIME_ENTRY',
});
const gone = (id: string, over: object = {}) => ({ id, deletedAt: NOW - 2_000, document: { _id: id }, ...over });
const nameOf = ({ path }: Call) => path.split('/').at(-1) as ListName;

interface Scene {
  lists: Lists;
  entries: Record<string, object>;
  live: (id: string) => boolean;
}

/** Lists whose pages count from `firstPage`. */
function open(over: Partial<Scene> = {}, answer?: (call: Call, lists: Lists) => Reply) {
  const scene: Scene = { lists: {}, entries: {}, live: () => true, ...over };
  const paged = (call: Call): Reply => {
    const items = scene.lists[nameOf(call)] ?? [];
    if (typeof items === 'number') return items;
    const page = Number(call.query.page);
    return items.slice(page * Number(call.query.limit), (page + 1) * Number(call.query.limit));
  };
  const client = fakeClient((call) => answer?.(call, scene.lists) ?? paged(call));
  const { witness, asked } = fakeWitness(() => scene.entries);
  const turns: unknown[] = [];
  const options: ChangesOptions = {
    client,
    witness,
    workspace: 'w',
    users: undefined,
    onSwitch: (turn) => turns.push(turn.on ? 'on' : turn.code),
  };
  const changes = createChanges(options);
  const known = { ...NOTHING, isLive: (key: readonly string[]) => scene.live(key.at(-1) ?? '') };
  const sweep = (nowMs: number, progress = {}) => sweepAll(changes.begin(nowMs, { ...known, progress }));
  return { scene, client, asked, turns, changes, sweep };
}

test('what is created or updated is read by id, once, and again when the lists say something new of it', async () => {
  const { scene, asked, sweep } = open({
    lists: { created: [made('a')], updated: [made('b')] },
    entries: { a: {}, b: {} },
  });
  deepStrictEqual(idsOf((await sweep(NOW)).items), ['a', 'b']);
  deepStrictEqual(idsOf((await sweep(NOW + MINUTE_MS)).items), []);
  scene.lists = { created: [made('a')], updated: [made('b', NOW + 1_000)] };
  deepStrictEqual(idsOf((await sweep(NOW + 2 * MINUTE_MS)).items), ['b']);
  deepStrictEqual(asked, ['a', 'b', 'b']);
});

test('P1: what was read in the second of its last change is read again: a second one within it looks the same', async () => {
  const { scene, asked, sweep } = open({ lists: { created: [made('a', NOW)] }, entries: { a: { name: 'a' } } });
  deepStrictEqual((await sweep(NOW + 500)).items, [{ id: 'a', name: 'a' }]);
  scene.entries = { a: { name: 'b' } };
  deepStrictEqual((await sweep(NOW + MINUTE_MS)).items, [{ id: 'a', name: 'b' }]);
  await sweep(NOW + 2 * MINUTE_MS);
  deepStrictEqual(asked, ['a', 'a'], 'and then no more');
});

test('P4: what was made and deleted in one second, and read between, is read again for being named no more', async () => {
  const { scene, asked, sweep } = open({ lists: { created: [made('a', NOW)] }, entries: { a: {} } });
  await sweep(NOW + 500);
  scene.lists = {};
  scene.entries = {};
  deepStrictEqual((await sweep(NOW + 1_000)).gone, ['a']);
  scene.live = () => false;
  await sweep(NOW + MINUTE_MS);
  deepStrictEqual(asked, ['a', 'a']);
});

test('each window begins five minutes before the last one was asked for, after a restart too', async () => {
  const { client, sweep } = open();
  const first = await sweep(NOW);
  await sweep(NOW + 10 * MINUTE_MS);
  const starts = client.calls.map(({ query }) => query.start);
  deepStrictEqual([...new Set(starts)], ['2026-05-01T11:55:00Z'], 'the first reaches back as far');
  deepStrictEqual(first.advance, { progress: { changesToMs: NOW }, isNews: false });
  const restarted = open();
  await restarted.sweep(NOW + 60 * MINUTE_MS, first.advance?.progress);
  strictEqual(restarted.client.calls[0]?.query.start, '2026-05-01T11:55:00Z');
  await restarted.sweep(NOW + 61 * MINUTE_MS);
  strictEqual(restarted.client.calls.at(-1)?.query.start, '2026-05-01T12:55:00Z');
});

test('the lists are asked for nothing older than they reach, and a clock put back asks for the past', async () => {
  const { client, sweep } = open();
  await sweep(NOW, { changesToMs: NOW - 99 * DAY_MS });
  strictEqual(client.calls[0]?.query.start, '2026-04-03T12:00:00Z');
  await sweep(NOW - DAY_MS);
  strictEqual(client.calls.at(-1)?.query.start, '2026-04-30T11:55:00Z');
});

test('once a page was seen, an idle look costs three requests', async () => {
  const { scene, client, sweep } = open({ lists: { created: [made('a')] }, entries: { a: {} } });
  await sweep(NOW);
  scene.lists = {};
  client.calls.length = 0;
  await sweep(NOW + MINUTE_MS);
  deepStrictEqual(
    client.calls.map((call) => `${nameOf(call)} ${call.query.page}`),
    ['created 0', 'updated 0', 'deleted 0'],
  );
});

const MANY = Array.from({ length: 120 }, (_, index) => made(`e${index}`));
const ENTRIES = Object.fromEntries(MANY.map(({ id }) => [id, {}]));
const slice = (items: readonly object[], page: number) => items.slice(page * 50, (page + 1) * 50);
const BASES: Readonly<Record<string, (page: number, items: readonly object[]) => Reply>> = {
  'pages from 0': (page, items) => slice(items, page),
  'pages from 1, and page 0 is page 1': (page, items) => slice(items, Math.max(0, page - 1)),
  'pages from 1, and page 0 is empty': (page, items) => (page === 0 ? [] : slice(items, page - 1)),
  'pages from 1, and page 0 is refused': (page, items) => (page === 0 ? 400 : slice(items, page - 1)),
  'a list in an object': (page, items) => ({ response: slice(items, page) }),
};
for (const [name, answer] of Object.entries(BASES)) {
  test(`P1: every item is read: ${name}`, async () => {
    const reply = (call: Call) => answer(Number(call.query.page), nameOf(call) === 'updated' ? MANY : []);
    const { sweep } = open({ entries: ENTRIES }, reply);
    deepStrictEqual(idsOf((await sweep(NOW)).items).toSorted(), Object.keys(ENTRIES).toSorted());
  });
}

test('a list without pages, which is the same each time, is read and left', async () => {
  const { client, sweep } = open({ entries: ENTRIES }, (call) => (nameOf(call) === 'updated' ? slice(MANY, 0) : []));
  strictEqual((await sweep(NOW)).items.length, 50);
  strictEqual(client.calls.filter((call) => nameOf(call) === 'updated').length, 3);
});

test('custom values and rates are hints of their entry, and their deletion is none of its', async () => {
  const { sweep } = open({
    lists: {
      updated: [
        { id: 'v', timeEntryId: 'a', documentType: 'TIME_ENTRY_CUSTOM_FIELD_VALUE' },
        { id: 'x', documentCode: 'PROJECTS' },
      ],
      deleted: [
        { id: 'r', document: { _id: 'r', timeEntryId: 'b' }, documentCode: 'TIME_ENTRY_RATE' },
        { id: 'r2', document: { _id: 'r2' }, documentCode: 'TIME_ENTRY_RATE' },
        gone('c', { documentType: 'TIME_ENTRY' }),
        gone('d'),
      ],
    },
    entries: { a: {} },
  });
  const { items, gone: proved } = await sweep(NOW);
  deepStrictEqual([idsOf(items), proved], [['a'], ['c', 'd']]);
});

test('P4: what is deleted by the list alone, or gone by the read alone, is not deleted', async () => {
  const { sweep } = open({
    lists: { created: [made('only-read-is-gone')], deleted: [gone('lives')] },
    entries: { lives: {} },
  });
  const { items, gone: proved } = await sweep(NOW);
  deepStrictEqual([idsOf(items), proved], [['lives'], []]);
});

test('what is deleted and was never published is not even read', async () => {
  const { asked, sweep } = open({ lists: { deleted: [gone('a')] }, live: () => false });
  await sweep(NOW);
  deepStrictEqual(asked, []);
});

test('an entry made and deleted within the range is named by no list, and read for that', async () => {
  const { scene, sweep } = open({ lists: { created: [made('a'), made('b')] }, entries: { a: {}, b: {} } });
  await sweep(NOW);
  scene.lists = { created: [made('b')] };
  scene.entries = { b: {} };
  deepStrictEqual((await sweep(NOW + MINUTE_MS)).gone, ['a']);
  scene.live = (id) => id !== 'a';
  deepStrictEqual((await sweep(NOW + 2 * MINUTE_MS)).gone, []);
});

test('an entry that the range has left is not read for being named no more', async () => {
  const { scene, asked, sweep } = open({ lists: { created: [made('a')] }, entries: { a: {} } });
  await sweep(NOW);
  await sweep(NOW + 9 * MINUTE_MS);
  scene.lists = {};
  await sweep(NOW + 20 * MINUTE_MS);
  deepStrictEqual(asked, ['a']);
});

test('P3: what another rhythm has changed meanwhile is read again', async () => {
  const { asked, changes } = open({ lists: { created: [made('a')] }, entries: { a: {} } });
  await sweepAll(changes.begin(NOW, NOTHING), { left: new Set(['a']) });
  await sweepAll(changes.begin(NOW + MINUTE_MS, NOTHING));
  deepStrictEqual(asked, ['a', 'a']);
});

test('P4: while the guard holds deletes back they are not read again, and a restart begins before them', async () => {
  const { asked, changes } = open({ lists: { deleted: [gone('a')] } });
  await sweepAll(changes.begin(NOW, NOTHING), { guarded: true });
  const { advance } = await sweepAll(changes.begin(NOW + MINUTE_MS, NOTHING));
  deepStrictEqual([asked, advance?.progress.changesToMs], [['a'], NOW]);
});

test('items of users that the source does not have are not its entries', async () => {
  const { witness } = fakeWitness(() => ({ a: { userId: 'ours' }, b: { userId: 'other' } }));
  const client = fakeClient((call) =>
    call.query.page === '0' && nameOf(call) === 'created' ? [made('a'), made('b')] : [],
  );
  const changes = createChanges({ client, witness, workspace: 'w', users: new Set(['ours']), onSwitch: () => {} });
  deepStrictEqual(idsOf((await sweepAll(changes.begin(NOW, NOTHING))).items), ['a']);
});

const UNUSABLE: Readonly<Record<string, { readonly answer: Reply; readonly code: string }>> = {
  'a 403': { answer: 403, code: 'changes.refused' },
  'a 404': { answer: 404, code: 'changes.refused' },
  'a 402': { answer: 402, code: 'changes.refused' },
  'an object': { answer: { message: 'no' }, code: 'changes.shapeless' },
  'a list of what has no id': { answer: [{ name: 'a' }], code: 'changes.shapeless' },
  'a list of texts': { answer: ['a'], code: 'changes.shapeless' },
};
for (const [name, { answer, code }] of Object.entries(UNUSABLE)) {
  test(`${name}, three times in a row, switches it off; it says so once, and tries again each day`, async () => {
    let current: Reply | undefined = answer;
    const { client, turns, sweep } = open({}, () => current ?? []);
    for (let at = 0; at < 3; at++) await sweep(NOW + at * MINUTE_MS);
    deepStrictEqual(turns, [code]);
    client.calls.length = 0;
    for (let hours = 1; hours < 24; hours++) await sweep(NOW + hours * 60 * MINUTE_MS);
    strictEqual(client.calls.length, 0);
    await sweep(NOW + DAY_MS + 5 * MINUTE_MS);
    ok(client.calls.length > 0);
    await sweep(NOW + DAY_MS + 6 * MINUTE_MS);
    deepStrictEqual(turns, [code], 'once refused again it is off again, without another word');
    current = undefined;
    await sweep(NOW + 3 * DAY_MS);
    deepStrictEqual(turns, [code, 'on']);
    strictEqual(client.calls.at(-1)?.query.start, '2026-05-01T11:55:00Z', 'what was missed meanwhile is caught up');
  });
}

test('one refusal between answers is a mishap', async () => {
  let refuses = false;
  const { turns, sweep } = open({}, () => (refuses ? 403 : []));
  for (let at = 0; at < 9; at++) {
    refuses = at % 3 !== 0;
    await sweep(NOW + at * MINUTE_MS);
  }
  deepStrictEqual(turns, []);
});

test('lists that stay silent where others find changes are asked once as if the zone shifted them, then no more', async () => {
  const { client, turns, changes, sweep } = open();
  const findThree = (nowMs: number): void => {
    for (let count = 0; count < 3; count++) changes.found(nowMs);
  };
  await sweep(NOW);
  findThree(NOW);
  await sweep(NOW + 6 * MINUTE_MS);
  deepStrictEqual(turns, []);
  await sweep(NOW + 7 * MINUTE_MS);
  strictEqual(client.calls.at(-1)?.query.start, '2026-04-30T22:01:00Z', 'fourteen hours more');
  findThree(NOW + 8 * MINUTE_MS);
  await sweep(NOW + 14 * MINUTE_MS);
  deepStrictEqual(turns, ['changes.silent']);
});

test('lists that name anything are not silent', async () => {
  const { turns, changes, sweep } = open({ lists: { updated: [made('a')] }, entries: { a: {} } });
  for (let at = 0; at < 20; at++) {
    changes.found(NOW + at * MINUTE_MS);
    await sweep(NOW + at * MINUTE_MS);
  }
  deepStrictEqual(turns, []);
});
