import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { errorOf, provesGone, retryAfterMs } from '../../../src/clockify/answers.ts';

const refusal = (status: number, code?: number) => ({ status, code, retryAfterMs: undefined });

test('each status has one meaning', () => {
  const table: readonly [number, string, string][] = [
    [301, 'config', 'clockify.redirected'],
    [307, 'config', 'clockify.redirected'],
    [400, 'config', 'clockify.bad_request'],
    [401, 'config', 'clockify.unauthorized'],
    [402, 'config', 'clockify.plan'],
    [403, 'config', 'clockify.forbidden'],
    [404, 'config', 'clockify.not_found'],
    [405, 'config', 'clockify.not_found'],
    [408, 'transient', 'clockify.timeout'],
    [418, 'config', 'clockify.unexpected_status'],
    [429, 'transient', 'clockify.rate_limited'],
    [500, 'transient', 'clockify.server_error'],
    [503, 'transient', 'clockify.server_error'],
    [599, 'transient', 'clockify.server_error'],
    [204, 'config', 'clockify.unexpected_status'],
  ];
  for (const [status, kind, code] of table) {
    const error = errorOf(refusal(status, 4), '/things');
    deepStrictEqual([error.kind, error.code], [kind, code], `${status}`);
    ok(error.message.includes(`${status}, code 4 at /things`));
  }
});

test('P4: of all answers 400 with code 501 alone proves an entity gone', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.option(fc.integer(), { nil: undefined }), (status, code) => {
      strictEqual(provesGone(refusal(status, code)), status === 400 && code === 501);
    }),
  );
  strictEqual(provesGone(refusal(400, 501)), true);
  for (const [status, code] of [
    [400, 3000],
    [400, undefined],
    [404, 501],
    [403, 501],
    [500, 501],
    [410, 501],
  ] as const) {
    strictEqual(provesGone(refusal(status, code)), false);
  }
});

test('P6: Retry-After is read in seconds and as a date, and never believed beyond an hour', () => {
  const now = Date.parse('2026-03-01T00:00:00Z');
  const cases: readonly [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['soon', undefined],
    ['0', 0],
    ['-5', 0],
    ['1.5', 1_500],
    [' 3 ', 3_000],
    ['99999', 3_600_000],
    ['Sun, 01 Mar 2026 00:00:09 GMT', 9_000],
    ['Sun, 01 Mar 2025 00:00:09 GMT', 0],
    ['Sun, 01 Mar 2027 00:00:09 GMT', 3_600_000],
    ['Infinity', undefined],
  ];
  for (const [header, ms] of cases) strictEqual(retryAfterMs(header, now), ms, header);
  fc.assert(
    fc.property(fc.string(), (header) => {
      const ms = retryAfterMs(header, now);
      ok(ms === undefined || (ms >= 0 && ms <= 3_600_000));
    }),
  );
});
