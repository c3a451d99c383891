import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JSONPath } from 'jsonpath-plus';
import { extractRows } from '../../src/clockify/manual/rows.ts';
import { WorkerError } from '../../src/core/errors.ts';
import { checkDataPath, compileFieldPath, parseFieldPath } from '../../src/core/json-path.ts';
import { parseText, renderText } from '../../src/core/request-text.ts';
import { TextFault } from '../../src/core/request-text-fault.ts';

const key = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('__proto__', 'constructor', "it's", '\\'),
);
const keys = fc.array(fc.oneof(key, fc.nat({ max: 50 })), { maxLength: 6 });
const quoted = (name: string) => `['${name.replaceAll(/[\\']/g, String.raw`\$&`)}']`;
const pathOf = (path: readonly (string | number)[]) =>
  `$${path.map((each) => (typeof each === 'number' ? `[${each}]` : quoted(each))).join('')}`;

test('any names and indexes can be written as a path, and are read from it again', () => {
  fc.assert(
    fc.property(keys, (path) => {
      fc.pre(path.every((each) => typeof each === 'number' || !/[\n\r\u2028\u2029]/.test(each)));
      deepStrictEqual(parseFieldPath(pathOf(path)), path);
    }),
  );
});

test('a compiled path finds what was put at its place, and nothing one step further', () => {
  fc.assert(
    fc.property(keys, fc.jsonValue(), (path, value) => {
      const item = path.reduceRight<unknown>((inner, each) => {
        if (typeof each === 'string') return Object.fromEntries([[each, inner]]);
        const list: unknown[] = [];
        list[each] = inner;
        return list;
      }, value);
      strictEqual(compileFieldPath(path)(item), value);
      strictEqual(compileFieldPath([...path, 'no such name at all', 0])(item), undefined);
    }),
  );
});

test('any text is a path or is refused with a position inside it', () => {
  const sign = fc.constantFrom(
    '$',
    '.',
    '..',
    '[',
    ']',
    '*',
    "'",
    '"',
    'a',
    'b c',
    '0',
    '1',
    ':',
    ',',
    '?',
    '(',
    ')',
    '@',
    '\\',
    '-',
    '^',
    '~',
  );
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 12 }), fc.jsonValue(), (signs, json) => {
      const text = `$${signs.join('')}`;
      try {
        checkDataPath(text);
      } catch (thrown) {
        ok(thrown instanceof TextFault && thrown.position >= 1 && thrown.position <= text.length + 1, text);
        return;
      }
      try {
        ok(extractRows(json, text).every((row) => typeof row === 'object' && row !== null && !Array.isArray(row)));
      } catch (thrown) {
        ok(thrown instanceof WorkerError && thrown.kind === 'config', `${text}: ${String(thrown)}`);
      }
    }),
    { numRuns: 2_000 },
  );
});

test('lists under plain names are found as the library finds them', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,5}$/);
  const row = fc.dictionary(name, fc.integer(), { maxKeys: 3 });
  fc.assert(
    fc.property(fc.array(name, { maxLength: 3 }), fc.array(row), (path, rows) => {
      const json = path.reduceRight<unknown>((inner, each) => ({ [each]: inner }), rows);
      const text = `${['$', ...path].join('.')}[*]`;
      deepStrictEqual(extractRows(json, text), rows);
      deepStrictEqual(JSONPath({ path: text, json: json as object, eval: false, wrap: true }), rows);
    }),
  );
});

test('a text without placeholders is put together as it was; a placeholder is where it says', () => {
  const sign = fc.constantFrom('{', '}', '(', ')', 'now', '+1', '-2', 'a', '.b', ' ', '[0]', 'é', '"');
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 15 }), (signs) => {
      const text = signs.join('');
      try {
        const segments = parseText(text);
        const written = (_: unknown, { position }: { position: number }) => {
          const open = text[position - 1];
          ok(open === '{' || open === '(');
          return text.slice(position - 1, text.indexOf(open === '{' ? '}' : ')', position) + 1);
        };
        strictEqual(renderText(segments, { value: () => '', now: () => '' }, written), text);
      } catch (thrown) {
        ok(thrown instanceof TextFault && text.slice(thrown.position - 1).startsWith('{now'));
      }
    }),
    { numRuns: 1_000 },
  );
});
