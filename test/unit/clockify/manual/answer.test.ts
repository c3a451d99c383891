import { deepStrictEqual, match, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { WorkerError } from '../../../../src/core/errors.ts';
import { everythingIn, KEY } from '../loopback.ts';
import { manualPlace, type Told, walkAll } from './place.ts';

const failures: readonly [string, Told, string, string][] = [
  ['no content', { status: 204, body: '' }, 'transient', 'clockify.empty_answer'],
  ['an empty body', { body: '' }, 'transient', 'clockify.empty_answer'],
  ['white space', { body: ' \n ' }, 'transient', 'clockify.empty_answer'],
  ['a page of a proxy', { body: '<html>SECRET</html>' }, 'transient', 'clockify.not_json'],
  ['JSON cut off in the middle', { body: '[{"SECRET":' }, 'transient', 'clockify.not_json'],
  [
    'a compressed answer',
    { headers: { 'content-encoding': 'gzip' }, body: gzipSync('[{"id":1}]') },
    'config',
    'clockify.compressed',
  ],
  [
    'another charset',
    { headers: { 'content-type': 'application/json; charset=ISO-8859-1' }, body: '[]' },
    'config',
    'clockify.charset',
  ],
  ['what is no UTF-8', { body: Buffer.from('["SECRET \xfc"]', 'latin1') }, 'transient', 'clockify.not_utf8'],
  ['too much', { body: `["${'SECRET'.repeat(50_000)}"]` }, 'config', 'clockify.answer_too_large'],
  ['a part of the content', { status: 206, body: [] }, 'config', 'clockify.unexpected_status'],
  ['only a promise', { status: 202, body: [] }, 'config', 'clockify.unexpected_status'],
  ['a redirect', { status: 302, headers: { location: '/x' }, body: '' }, 'config', 'clockify.redirected'],
  ['a failure', { status: 500, body: 'SECRET' }, 'transient', 'clockify.server_error'],
  ['a refusal', { status: 400, body: { code: 501, message: 'SECRET' } }, 'config', 'clockify.bad_request'],
];

for (const [what, told, kind, code] of failures) {
  test(`P4: ${what} is no empty list: ${code}`, async (t) => {
    const place = await manualPlace(t, () => told, [{ name: 'things' }]);
    await rejects(walkAll(place.begin()), (error: WorkerError) => {
      deepStrictEqual([error.kind, error.code], [kind, code]);
      match(error.message, /step things/);
      const said = everythingIn(error);
      ok(!said.includes('SECRET') && !said.includes(KEY), 'P7');
      return true;
    });
  });
}

test('UTF-8 in other words, with a mark of the byte order, and 201 are read', async (t) => {
  for (const type of ['application/json', 'application/json;charset="UTF-8"', 'text/plain; charset=us-ascii']) {
    const place = await manualPlace(
      t,
      () => ({ status: 201, headers: { 'content-type': type }, body: '\ufeff["a"]' }),
      [{}],
    );
    deepStrictEqual((await walkAll(place.begin())).items, [{ value: 'a' }]);
    const [asked] = place.asked;
    strictEqual(asked?.headers['x-api-key'], KEY);
    strictEqual(asked?.headers['accept-encoding'], 'identity');
  }
});
