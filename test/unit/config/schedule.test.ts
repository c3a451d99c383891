import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { hintsOf, lint, problemsOf } from './support.ts';

function withSource(keys: string) {
  return lint(
    [
      'credentials:',
      `  acme: { api_key: \${CLOCKIFY_API_KEY} }`,
      'sources:',
      `  - { name: s, template: users, credential: acme${keys} }`,
    ].join('\n'),
  );
}

function schedule(keys: string) {
  const result = withSource(keys);
  deepEqual(problemsOf(result), []);
  return result.config?.sources[0]?.schedule;
}

/** Without what is the same of all. */
function faults(keys: string) {
  return problemsOf(withSource(keys)).map((problem) => problem.replace(/^4:\d+ sources\[0\]\./, ''));
}

test('a source is read at intervals, by the clock, or once', () => {
  deepEqual(schedule(''), { type: 'every', everyMs: 300_000 });
  deepEqual(schedule(', every: 30s'), { type: 'every', everyMs: 30_000 });
  deepEqual(schedule(', once: true'), { type: 'once' });
  deepEqual(schedule(', once: false'), { type: 'every', everyMs: 300_000 });
  deepEqual(schedule(', cron: "0 30 3 * * *"'), { type: 'cron', expression: '0 30 3 * * *', timeZone: 'UTC' });
  deepEqual(schedule(', cron: "30 3 * * MON-FRI", time_zone: Europe/Berlin'), {
    type: 'cron',
    expression: '30 3 * * MON-FRI',
    timeZone: 'Europe/Berlin',
  });
});

test('a source has one schedule', () => {
  deepEqual(faults(', every: 5m, cron: "0 0 * * * *"'), ['cron: cannot stand beside every']);
  deepEqual(faults(', once: true, cron: "0 0 * * * *"'), ['once: cannot stand beside cron']);
  deepEqual(faults(', time_zone: Europe/Berlin'), ['time_zone: stands without cron']);
});

test('a cron expression that is wrong, or never comes, is refused', () => {
  for (const wrong of ['* * * *', '60 * * * * *', '0 0 25 * * *', '0 0 0 * * * 2030', 'daily', '5/5 * * * * *']) {
    deepEqual(faults(`, cron: "${wrong}"`), [`cron: "${wrong}" is not a cron expression`]);
  }
  deepEqual(faults(', cron: "0 0 0 30 2 *"'), ['cron: "0 0 0 30 2 *" never comes']);
  equal(
    hintsOf(withSource(', cron: x'))[0],
    'Second, minute, hour, day of the month, month, day of the week: "0 30 3 * * MON-FRI". Five: no seconds.',
  );
});

test('a time zone is a name of the tz database', () => {
  for (const right of ['UTC', 'America/New_York', 'Asia/Calcutta', 'Asia/Kolkata', 'Etc/GMT+5']) {
    equal(schedule(`, cron: "0 0 * * * *", time_zone: ${right}`)?.type, 'cron');
  }
  for (const wrong of ['"+02:00"', 'local', 'system', 'Berlin', 'Europe/Berln']) {
    const name = wrong.replaceAll('"', '');
    deepEqual(faults(`, cron: "0 0 * * * *", time_zone: ${wrong}`), [`time_zone: "${name}" is not a time zone`]);
  }
  equal(
    hintsOf(withSource(', cron: "0 0 * * * *", time_zone: Europe/Berln'))[0],
    'Did you mean "Europe/Berlin"? A name such as UTC or Europe/Berlin.',
  );
});
