import { deepEqual, match } from 'node:assert/strict';
import { test } from 'node:test';
import { templates } from '../../../src/clockify/templates/catalogue.ts';
import { secretsOf } from '../../../src/config/secrets.ts';
import { lint } from './support.ts';

const KEYED = 'mask: { key: "0123456789abcdef-key" }\n';
const text = (source: string) =>
  `credentials:\n  acme: { api_key: \${CLOCKIFY_API_KEY} }\nsources:\n  - { credential: acme, ${source} }\n`;
const entries = (mask: string) => text(`name: e, template: time-entries, mask: ${mask}`);
const manual = (mask: string) => text(`name: m, key: $.id, endpoint: { url: /things }, mask: ${mask}`);
const read = (file: string) => lint(file, { templates });

test('a mask is one map or several, by field of a template or by path', () => {
  const { config, problems } = read(KEYED + entries('{ fields: [description], how: hash }'));
  deepEqual(problems, []);
  deepEqual(config?.sources[0]?.mask, [{ path: ['description'], how: 'hash' }]);
  deepEqual(config && secretsOf(config).slice(1), ['0123456789abcdef-key']);
  const several = read(manual('[{ fields: [$.a.b, $.c], how: drop }, { fields: [$.d], how: redact }]'));
  deepEqual(several.problems, []);
  deepEqual(several.config?.sources[0]?.mask, [
    { path: ['a', 'b'], how: 'drop' },
    { path: ['c'], how: 'drop' },
    { path: ['d'], how: 'redact' },
  ]);
});

for (const [what, file, message, hint] of [
  ['a field that is not there', entries('{ fields: [descripton], how: drop }'), /not a field/, /description/],
  ['the key of an entity', entries('{ fields: [id], how: hash }'), /cannot be masked/, /key/],
  ['the start of an entity', entries('{ fields: [time_interval_start], how: drop }'), /cannot be masked/, /start/],
  ['a hash of what is no text', KEYED + entries('{ fields: [billable], how: hash }'), /no text/, /drop/],
  ['a hash without a key', entries('{ fields: [description], how: hash }'), /is missing/, /MASK_KEY/],
  ['a key that can be guessed', `mask: { key: short }\n${entries('{ fields: [description], how: drop }')}`, /16/, /16/],
  ['a path that is none', manual('{ fields: [note], how: drop }'), /begins with \$/, /\$/],
  ['the path of the key', manual('{ fields: [$.id], how: drop }'), /cannot be masked/, /key/],
  ['an unknown way', manual('{ fields: [$.a], how: hide }'), /not a way to mask/, /drop/],
  ['no fields', manual('{ how: drop }'), /missing/, /fields/],
] as const) {
  test(`${what} is refused`, () => {
    const { problems } = read(file);
    match(problems.map((problem) => problem.message).join('; '), message);
    match(problems.map((problem) => problem.hint).join('; '), hint);
  });
}
