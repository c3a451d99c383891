import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createScrubber } from '../../src/core/scrubber.ts';
import { formsOf, without } from '../support/canary.ts';

/** As keys can be: printable, of some length. Some are numbers, some have what JSON and URLs escape. */
const SECRET = fc.oneof(
  fc.string({ unit: fc.constantFrom(...'abZ09+/=_-"\\&<'), minLength: 16, maxLength: 50 }),
  fc.string({ unit: fc.constantFrom(...'123456789'), minLength: 16, maxLength: 20 }),
);

/** A JSON text as any server may write it: characters escaped without need, spaces, numbers of any size. */
function textWith(secrets: readonly string[]): fc.Arbitrary<string> {
  const said = fc.oneof(fc.string(), ...secrets.map((secret) => fc.constant(secret)));
  const piece = fc.oneof(
    said,
    fc.tuple(fc.string(), said, fc.string()).map((parts) => parts.join('')),
  );
  const string = fc.tuple(piece, fc.infiniteStream(fc.nat(3))).map(([text, ways]) => quoted(text, ways));
  const digits = secrets.filter((secret) => /^[1-9]\d+$/.test(secret));
  const scalar = fc.oneof(string, fc.constantFrom('1', '-0.5e3', 'true', 'null', '12345678901234567890', ...digits));
  return fc.letrec<{ value: string }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(' , ')}]`),
      fc.array(fc.tuple(string, tie('value')), { maxLength: 4 }).map((all) => `{${all.map((one) => one.join(':'))}}`),
    ),
  })).value;
}

function quoted(text: string, ways: Iterator<number>): string {
  const signs = Array.from({ length: text.length }, (_, at) => {
    const sign = text[at] ?? '';
    const way = ways.next().value;
    if (way === 0) return `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
    return way === 1 && sign === '/' ? '\\/' : JSON.stringify(sign).slice(1, -1);
  });
  return `"${signs.join('')}"`;
}

test('P7: of any JSON, however escaped, no form of a secret is left, and JSON it stays', () => {
  const cases = SECRET.chain((secret) => fc.tuple(fc.constant(secret), textWith([secret, ...formsOf(secret)])));
  fc.assert(
    fc.property(cases, ([secret, text]) => {
      const clean = createScrubber([secret]).json(text);
      const shown = [...scalarsOf(JSON.parse(clean))].join('\n');
      without(shown, text, [secret]);
    }),
    { numRuns: 1_000 },
  );
});

test('what holds no secret stays character for character, numbers beyond doubles and doubled names too', () => {
  fc.assert(
    fc.property(textWith([]), (text) => {
      equal(createScrubber(['no such text stands there']).json(text), text);
    }),
  );
  const text = '{"a": 12345678901234567890, "a": "planted\\u002Dsecret", "b": 1.0, "c": "\\u00e9"}';
  equal(
    createScrubber(['planted-secret']).json(text),
    '{"a": 12345678901234567890, "a": "[redacted]", "b": 1.0, "c": "\\u00e9"}',
  );
});

test('what is cut off, no JSON, very deep or very large loses its secrets as well', () => {
  const { json } = createScrubber(['planted-secret']);
  for (const text of ['[{"id": "planted-secret', '<html>"planted-secret" \'planted-secret', 'planted-secret\\']) {
    ok(!json(text).includes('planted'), text);
  }
  equal(json('Basic d29yOnBsYW50ZWQtc2VjcmV0, 1planted-secret'), 'Basic d29yOn[redacted], 1[redacted]');
  const deep = `${'['.repeat(100_000)}"planted\\u002dsecret"${']'.repeat(100_000)}`;
  equal(json(deep), deep.replace('planted\\u002dsecret', '[redacted]'));
  const large = JSON.stringify([`${'"\n'.repeat(4_000_000)}planted-secret`]);
  equal(json(large), large.replace('planted-secret', '[redacted]'));
});

test('a secret that was learned later is taken out from then on, and short ones never are', () => {
  const scrub = createScrubber(['abc']);
  equal(scrub('abc planted'), 'abc planted');
  scrub.learn(['planted']);
  scrub.learn(['planted']);
  deepEqual([scrub('abc planted'), scrub.json('"abc planted"')], ['abc [redacted]', '"abc [redacted]"']);
});

function* scalarsOf(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) yield String(value);
  else for (const [name, each] of Object.entries(value)) yield* [name, ...scalarsOf(each)];
}
