import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf, serve } from '../support/feature-place.ts';

const INTERVAL_MS = 2_000;
const CLOCK_MS = 4_000;
/** A timer may fire that much early, by the clock of who looks. */
const EARLY_MS = 100;

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
    [
      source('interval', { every: `${INTERVAL_MS / 1_000}s` }),
      source('once', { once: true }),
      source('clock', { cron: `*/${CLOCK_MS / 1_000} * * * * *` }),
    ],
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
  assert.ok(first - startedAtMs < INTERVAL_MS, `the first read came ${first - startedAtMs} ms after the start`);
  for (const [index, at] of later.entries()) {
    const lateMs = at - first - (index + 1) * INTERVAL_MS;
    assert.ok(lateMs > -EARLY_MS && lateMs < INTERVAL_MS, `read ${index + 2} came ${lateMs} ms after its interval`);
  }
  const ticks = times('clock').map((at) => Math.floor((at + EARLY_MS) / CLOCK_MS));
  const from = ticks[0] ?? 0;
  assert.deepEqual(
    ticks,
    ticks.map((_, index) => from + index),
    'one read for each time of the clock',
  );
  await sleep(INTERVAL_MS);
  assert.ok(
    api.asked.every(({ atMs }) => atMs <= stoppedAtMs),
    'nobody asks after the stop',
  );
});
