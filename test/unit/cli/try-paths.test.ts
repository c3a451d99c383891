import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { keyCandidates } from '../../../src/clockify/try-keys.ts';
import { dataCandidates, metadataCandidates } from '../../../src/clockify/try-paths.ts';

const pathsOf = (json: unknown): readonly string[] => dataCandidates(json).map(({ path }) => path);

test('N13: a list of objects with ids comes first, the outer before the inner', () => {
  const people = [
    { id: 'a', tags: [{ id: 't' }] },
    { id: 'b', tags: [] },
  ];
  deepStrictEqual(pathsOf(people), ['$[*]', '$[*].tags[*]']);
  deepStrictEqual(pathsOf({ data: { items: people }, links: [{ rel: 'self' }] }).slice(0, 2), [
    '$.data.items[*]',
    '$.links[*]',
  ]);
});

test('N13: a single object is one record', () => {
  const [first] = dataCandidates({ id: 'a', name: 'Ada' });
  deepStrictEqual(first, { path: '$', count: 1, first: { id: 'a', name: 'Ada' } });
});

test('N13: an empty list is a candidate with no rows, and what is no data is none', () => {
  deepStrictEqual(dataCandidates({ items: [], count: 0 })[0], { path: '$.items[*]', count: 0, first: null });
  for (const json of [null, 1, 'text', true]) deepStrictEqual(dataCandidates(json), []);
});

test('names with other signs are put in quotes, and each candidate can be read by the worker', () => {
  const json = { 'a b': [{ id: 1 }], "it's": [{ id: 2 }], 'x.y': { list: [{ id: 3 }] }, __proto__x: [{ id: 4 }] };
  const candidates = dataCandidates(json);
  ok(candidates.some(({ path, count }) => path === "$['a b'][*]" && count === 1));
  ok(candidates.some(({ path }) => path === "$['x.y'].list[*]"));
  ok(candidates.every(({ count }) => count === 1));
});

test('a deep and a wide answer are looked at with measure', () => {
  let deep: unknown = [];
  for (let level = 0; level < 500; level += 1) deep = { in: deep, list: [{ deep: level }] };
  const wide = Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`k${at}`, [{ id: at }]]));
  for (const json of [deep, wide, Array.from({ length: 20_000 }, (_, id) => ({ id }))]) {
    const found = dataCandidates(json);
    ok(found.length > 0 && found.length <= 12);
  }
});

test('N13: metadata stands beside the data, objects before lists before values', () => {
  const json = { totals: [{ sum: 5 }], page: { items: [{ id: 1 }], size: 50, links: { next: null } }, at: 'now' };
  deepStrictEqual(
    metadataCandidates(json, '$.page.items[*]').map(({ path }) => path),
    ['$.totals[0]', '$.page.links', '$.at', '$.page.size'],
  );
  deepStrictEqual(metadataCandidates([{ id: 1 }], '$[*]'), []);
  deepStrictEqual(metadataCandidates(json, '$'), []);
});

test('N13: a key is in every row and in no two the same, and an id before anything else', () => {
  const rows = [
    { name: 'a', id: '1', day: '2027-01-01', same: 1, ref: { id: 'x' } },
    { name: 'b', id: '2', day: '2027-01-02', same: 1, ref: { id: 'y' } },
    { name: 'c', id: '3', day: '2027-01-03', same: 1, ref: { id: 'z' } },
    { name: 'd', id: '4', day: '2027-01-04', same: 1, ref: { id: 'w' }, only: 1 },
  ];
  const paths = keyCandidates(rows).map(({ path }) => path);
  deepStrictEqual(paths.slice(0, 2), ['$.id', '$.ref.id']);
  for (const path of ['$.same', '$.only', '$.day']) ok(!paths.includes(path), path);
});

test('what is unique by chance among few rows is no key', () => {
  deepStrictEqual(keyCandidates([{ name: 'a' }, { name: 'b' }]), []);
  strictEqual(keyCandidates([{ projectId: 'a' }, { projectId: 'b' }])[0]?.path, '$.projectId');
  deepStrictEqual(keyCandidates([]), []);
  deepStrictEqual(keyCandidates([{ id: 1.5 }, { id: null }, 'text']), []);
});
