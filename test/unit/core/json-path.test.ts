import { deepStrictEqual, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { checkDataPath, compileFieldPath, parseDataPath, parseFieldPath } from '../../../src/core/json-path.ts';
import { TextFault } from '../../../src/core/request-text-fault.ts';

const faultAt = (position: number) => (thrown: unknown) => {
  strictEqual(thrown instanceof TextFault, true);
  const { kind, code, position: found, message } = thrown as TextFault;
  deepStrictEqual([kind, code, found], ['config', 'path.invalid', position], message);
  return message.includes(`position ${position}`);
};

test('a field path is names and indexes, outermost first', () => {
  const cases: readonly [string, readonly (string | number)[]][] = [
    ['$', []],
    ['$.a.b', ['a', 'b']],
    ["$['x y']", ['x y']],
    ['$["it\'s"].b[0][12]', ["it's", 'b', 0, 12]],
    [String.raw`$['it\'s']['a\\b']`, ["it's", 'a\\b']],
    ["$['a.b'].last-page", ['a.b', 'last-page']],
    ["$['']", ['']],
    ['$.größe.$ref', ['größe', '$ref']],
  ];
  for (const [text, path] of cases) deepStrictEqual(parseFieldPath(text), path, text);
});

test('a field path that cannot be read, or names many values, is refused with the position of the fault', () => {
  const cases: readonly [string, number][] = [
    ['', 1],
    ['a.b', 1],
    ['$a', 2],
    ['$.', 3],
    ['$.a b', 4],
    ['$.a.', 5],
    ['$.a[', 5],
    ['$.a[b]', 5],
    ["$.a['b]", 5],
    ['$.a[-1]', 5],
    ['$.a[*]', 5],
    ['$.*', 3],
    ['$..a', 2],
    ['$...a', 4],
    ['$.a[0:1]', 5],
    ['$.a[?(@.b)]', 5],
    ['$.a[(@.length-1)]', 5],
    ['$.a~', 4],
    ['$.a^', 4],
  ];
  for (const [text, position] of cases) throws(() => parseFieldPath(text), faultAt(position), text);
});

test('a data path may name many values, but never a filter or a script', () => {
  for (const text of ['$', '$[*]', '$.data.items[*]', '$..id', '$.a[1:3]', '$.a[0,2]', "$.a[*]['b c'].d[*]", '$.*.x']) {
    checkDataPath(text);
  }
  throws(() => checkDataPath('$.a[?(@.b == 1)]'), faultAt(5));
  throws(() => checkDataPath('$[(@.length-1)]'), faultAt(3));
  throws(() => checkDataPath('$.a..'), faultAt(6));
  throws(() => checkDataPath('$[*]["q\'x"]'), faultAt(6));
});

test('a data path is cut where it begins to name many values', () => {
  deepStrictEqual(parseDataPath('$.data[*]'), { definite: ['data'], rest: undefined, each: true });
  deepStrictEqual(parseDataPath('$.a[*].b[*]'), { definite: ['a'], rest: "$[*]['b']", each: true });
  deepStrictEqual(parseDataPath('$..[*]'), { definite: [], rest: '$..*', each: false });
});

test('a compiled path reads own properties of objects and items of arrays, and nothing else', () => {
  const read = (path: string, item: unknown) => compileFieldPath(parseFieldPath(path))(item);
  const item = { a: { b: [1, { c: null }] }, 'x y': false };
  strictEqual(read('$', item), item);
  strictEqual(read('$.a.b[0]', item), 1);
  strictEqual(read('$.a.b[1].c', item), null);
  strictEqual(read("$['x y']", item), false);
  for (const path of [
    '$.z',
    '$.z.y',
    '$.a.b.length',
    '$.a.b[9]',
    '$.a[0]',
    '$.toString',
    '$.__proto__',
    '$.constructor',
  ]) {
    strictEqual(read(path, item), undefined, path);
  }
  for (const nothing of [null, undefined, 'text', 7]) strictEqual(read('$.length', nothing), undefined);
  strictEqual(read('$.__proto__.x', JSON.parse('{"__proto__":{"x":1}}')), 1, 'an own property of that name is one');
});
