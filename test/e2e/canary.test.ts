import { equal, ok } from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { KEY, without } from '../support/canary.ts';
import { placeOf, serve } from '../support/feature-place.ts';

/** Another origin, to which no key may go. */
async function elsewhere(t: TestContext) {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${JSON.stringify(request.rawHeaders)}`);
    response.end('[]');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('P7: a marker key is in no log at trace level, no data, no state and no error, however the far side throws it back', async (t) => {
  const other = await elsewhere(t);
  const api = await serve(t, ({ path, headers }, response) => {
    const key = String(headers['x-api-key']);
    const [, name = ''] = /\/v1\/([\w-]+)/.exec(path) ?? [];
    const redirect = /^redirect(\d+)$/.exec(name)?.[1];
    if (redirect !== undefined) {
      response.statusCode = Number(redirect);
      response.setHeader('location', `${other.url}/stolen?key=${encodeURIComponent(key)}`);
      return { key };
    }
    if (/^\d+$/.test(name)) response.statusCode = Number(name);
    if (/^\d+$/.test(name)) return { code: 4003, message: `the key ${key} ${Buffer.from(key).toString('base64')}` };
    if (name === 'html') return void response.end(`<html>${key}</html>`);
    if (name === 'cut') return void response.end(`[{"id": "${key}`);
    if (name === 'paths') return { [key]: [], message: key };
    return [
      { id: 'a', amount: 1 },
      { id: 'b', amount: 2 },
    ];
  });
  const place = placeOf(t, { ...api, apiKey: KEY, lines: ['log: { level: trace }'] });
  const names = [
    'things',
    '400',
    '401',
    '403',
    '404',
    '418',
    'html',
    'cut',
    'paths',
    'redirect301',
    'redirect302',
    'redirect307',
  ];
  const sources = names.map((name) => ({
    name: `s${name}`,
    key: '$.id',
    every: '1s',
    endpoint: { url: `${api.url}/${name}`, data_path: name === 'paths' ? '$.items[*]' : '$[*]' },
  }));
  let seen = 0;
  for (const source of sources) {
    const { code, out, err } = await place.run([source], ['--once'], { limitMs: 6_000 });
    if (source.name === 'sthings') equal(code, 0, err);
    seen += err.length;
    without(out, `stdout of ${source.name}`);
    without(err, `the log of ${source.name}`);
  }
  without(place.kept(), 'the state');
  ok(seen > 1_000, 'there was a log to look at');
  equal(other.seen.length, 0, 'nobody followed a redirect');
});
