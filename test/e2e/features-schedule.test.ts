import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf, serve } from '../support/feature-place.ts';

test('N25: a source is read at once and then by its interval, by the clock, or once; and not after a stop', async (t) => {
  const api = await serve(t, ({ path }) => [{ id: path }]);
  const source = (name: string, schedule: object) => ({
    name,
    key: '$.id',
    schema: 'thing.avsc',
    endpoint: { url: `${api.url}/${name}` },
    ...schedule,
  });
  const times = (name: string) => api.asked.flatMap((each) => (each.path.endsWith(`/${name}`) ? [each.atMs] : []));
  const place = placeOf(t, api);
  const fields = [{ name: 'id', type: 'string' }];
  place.file('thing.avsc', JSON.stringify({ type: 'record', name: 'Thing', namespace: 'features', fields }));
  let startedAtMs = 0;
  const { code, err } = await place.run(
    [source('interval', { every: '1s' }), source('once', { once: true }), source('clock', { cron: '*/2 * * * * *' })],
    [],
    {
      env: { CLOCKIFY_KAFKA_LOG_LEVEL: 'debug' },
      onErr: (text, kill) => {
        if (startedAtMs === 0 && text.includes('source.started')) startedAtMs = Date.now();
        // A first run may be put off by some seconds, so that not all begin in the same instant.
        const isRead = times('interval').length >= 5 && times('clock').length >= 2 && times('once').length > 0;
        if (isRead) kill('SIGTERM');
      },
    },
  );
  const stoppedAtMs = Date.now();
  assert.equal(code, 0, err);
  assert.equal(times('once').length, 1);
  const [first = 0, ...later] = times('interval');
  assert.ok(first - startedAtMs < 900, `the first read came ${first - startedAtMs} ms after the start`);
  for (const [index, at] of later.entries()) {
    const sinceMs = at - first - (index + 1) * 1_000;
    assert.ok(Math.abs(sinceMs) < 700, `read ${index + 2} came ${sinceMs} ms off its interval`);
  }
  for (const at of times('clock')) {
    const off = at % 2_000;
    assert.ok(off < 600 || off > 1_900, `${new Date(at).toISOString()} is on an even second`);
  }
  await sleep(1_500);
  assert.ok(
    api.asked.every(({ atMs }) => atMs <= stoppedAtMs),
    'nobody asks after the stop',
  );
});
