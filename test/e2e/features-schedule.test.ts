import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { placeOf, serve } from '../support/feature-place.ts';

/** A timer may fire a little before its moment. */
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
  const { code, err } = await place.run(
    [source('interval', { every: '1s' }), source('once', { once: true }), source('clock', { cron: '*/2 * * * * *' })],
    [],
    {
      env: { CLOCKIFY_KAFKA_LOG_LEVEL: 'debug' },
      onErr: (_, kill) => {
        // A first run may be put off by some seconds, so that not all begin in the same instant.
        const isRead = times('interval').length >= 5 && times('clock').length >= 2 && times('once').length > 0;
        if (isRead) kill('SIGTERM');
      },
    },
  );
  const stoppedAtMs = Date.now();
  assert.equal(code, 0, err);
  assert.equal(times('once').length, 1);
  // A busy machine is late now and then; lateness does not add up.
  const phases = times('interval').map((at, index) => at - index * 1_000);
  const drift = Math.min(...phases.slice(-2)) - Math.min(...phases);
  assert.ok(
    drift < 1_000,
    `reads came at ${phases.map((at) => at - (phases[0] ?? 0)).join()} ms off the first one's time`,
  );
  const clock = times('clock').map((at) => Math.floor((at + EARLY_MS) / 2_000));
  assert.equal(new Set(clock).size, clock.length, `one read in each two seconds of the clock: ${clock.join()}`);
  await sleep(1_500);
  assert.ok(
    api.asked.every(({ atMs }) => atMs <= stoppedAtMs),
    'nobody asks after the stop',
  );
});
