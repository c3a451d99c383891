import { ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WorkerError } from '../../../src/core/errors.ts';
import { clientFor, everythingIn, KEY, never, serve } from './loopback.ts';

test('P7: no base URL and no path takes the key to another origin', async (t) => {
  const own = await serve(t, (_, response) => response.end('[]'));
  const other = await serve(t, (_, response) => response.end('[]'));
  const [ownHost, otherHost] = [own.origin, other.origin].map((origin) => origin.slice('http://'.length));
  const base = fc.constantFrom(
    own.origin,
    `${own.origin}/`,
    `${own.origin}/api`,
    other.origin,
    `http://${ownHost}@${otherHost}`,
    `http://user:pass@${ownHost}`,
    `http://localhost:${ownHost?.split(':')[1]}`,
    `http:\\\\${otherHost}`,
  );
  const path = fc.oneof(
    fc.constantFrom(
      `@${otherHost}/x`,
      `//${otherHost}/x`,
      `/\\${otherHost}`,
      `/../..//${otherHost}`,
      `/x?y=${otherHost}`,
      '/%2f',
      '',
    ),
    fc.webPath(),
  );
  await fc.assert(
    fc.asyncProperty(base, path, async (baseUrl, at) => {
      if (!URL.canParse(baseUrl + at)) return;
      const client = clientFor(t, own.origin, { baseUrl });
      await client.get({ path: at, query: {}, owner: '' }, never()).catch((error: unknown) => {
        ok(!everythingIn(error).includes(KEY));
      });
      await client.close();
      strictEqual(other.requests.length, 0);
    }),
  );
  ok(own.requests.length > 0, 'the law is not empty');
});

test('P7: a refused host says which host and what would be right, and costs no request', async (t) => {
  const { origin, requests } = await serve(t, (_, response) => response.end('[]'));
  const client = clientFor(t, origin, { allowedOrigins: ['https://api.clockify.me'] });
  await rejects(client.get({ path: '/x', query: {}, owner: '' }, never()), (error: WorkerError) => {
    strictEqual(error.code, 'clockify.host_refused');
    return error.message.includes(origin) && (error.hint ?? '').includes('https://api.clockify.me');
  });
  strictEqual(requests.length, 0);
});

test('a query value is a value, whatever characters it has', async (t) => {
  const { origin, requests } = await serve(t, (_, response) => response.end('[]'));
  const client = clientFor(t, origin);
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 20 }), async (value) => {
      await client.get({ path: '/x', query: { q: value }, owner: '' }, never());
      const asked = new URL(requests.at(-1)?.url ?? '', origin);
      strictEqual(asked.searchParams.get('q'), value.toWellFormed());
      strictEqual(asked.pathname, '/v1/x');
    }),
    { numRuns: 50 },
  );
});
