import { deepStrictEqual, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import {
  namesIn,
  parseBody,
  parseText,
  renderBody,
  renderText,
  segmentsIn,
  splitName,
} from '../../../src/core/request-text.ts';

const values = {
  value: (name: string) => (name === 'count' ? 3 : `<${name}>`),
  now: (offset: number) => 1000 + offset,
};
const body = (value: unknown) => renderBody(parseBody(value), values, String);

test('placeholders and times are found in a text, with their positions', () => {
  deepStrictEqual(parseText('/w/{workspace_id}?from={now-7}&to=(now-4)&x={projects.owner.id}{now}'), [
    { kind: 'text', text: '/w/' },
    { kind: 'value', name: 'workspace_id', position: 4 },
    { kind: 'text', text: '?from=' },
    { kind: 'now', offset: -7, position: 24 },
    { kind: 'text', text: '&to=' },
    { kind: 'now', offset: -4, position: 35 },
    { kind: 'text', text: '&x=' },
    { kind: 'value', name: 'projects.owner.id', position: 45 },
    { kind: 'now', offset: 0, position: 64 },
  ]);
  deepStrictEqual(
    parseText('{now+12}(now)(now+1)').map((each) => each.kind === 'now' && each.offset),
    [12, 0, 1],
  );
  deepStrictEqual(parseText(''), []);
});

test('braces and brackets that are no placeholder stay as they are', () => {
  for (const text of ['{', '}', '{}', '{a b}', '{"a":1}', '{2}', 'a{,3}', '(nowhere)', '(now or never)', '{ now }']) {
    deepStrictEqual(parseText(text), [{ kind: 'text', text }], text);
  }
});

test('a time without a whole number is refused', () => {
  for (const text of ['x{now+1.5}', 'x{now+}', 'x{now-1', 'x{now-99999999999999999999}']) {
    throws(() => parseText(text), { kind: 'config', code: 'placeholder.invalid', position: 2 }, text);
  }
});

test('names come once each, and say what they are of and where in it', () => {
  deepStrictEqual(namesIn(parseText('{b}{a.x}{b}{now}')), ['b', 'a.x']);
  deepStrictEqual(splitName('projects'), { head: 'projects', path: [] });
  deepStrictEqual(splitName("step1['x y'][0].id"), { head: 'step1', path: ['x y', 0, 'id'] });
});

test('a text is put together again', () => {
  strictEqual(
    renderText(parseText('a{x}b{now-1}{}'), values, (value) => `[${value}]`),
    'a[<x>]b[999]{}',
  );
});

test('a body keeps its shape; a placeholder alone keeps the type of its value', () => {
  deepStrictEqual(
    body({
      filter: { page: 1, ids: ['{x}', '{count}'] },
      text: 'n = {count}',
      at: '{now}',
      no: null,
      is: true,
      '{k}': 1,
    }),
    { filter: { page: 1, ids: ['<x>', 3] }, text: 'n = 3', at: 1000, no: null, is: true, '{k}': 1 },
  );
  deepStrictEqual(
    segmentsIn(parseBody({ a: ['{x}', { b: 'y' }] })).map(([path]) => path),
    ['a.0', 'a.1.b'],
  );
});

test('a body may be JSON text, with placeholders in quotes or without', () => {
  deepStrictEqual(body('{"from": {now-1}, "n": {count}, "s": "{count}!", "brace": "{ {", "q": "\\"{x}"}'), {
    from: 999,
    n: 3,
    s: '3!',
    brace: '{ {',
    q: '"<x>',
  });
  throws(
    () => body('{"secret": '),
    (error: Error) => /no JSON/.test(error.message) && !/secret/.test(error.message),
  );
});

test('a member named __proto__ is a member like any other', () => {
  deepStrictEqual(Object.keys(body(JSON.parse('{"__proto__":{"a":"{x}"}}')) as object), ['__proto__']);
});
