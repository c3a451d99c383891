import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { checkSteps } from '../../../src/clockify/manual/check.ts';
import type { Judges } from '../../../src/config/judges.ts';
import { lint, problemsOf } from './support.ts';

function withSource(judges: Partial<Judges>, ...lines: readonly string[]) {
  const source = ['name: s', 'credential: acme', ...lines].map(
    (line, index) => `${index === 0 ? '  - ' : '    '}${line}`,
  );
  const text = [`credentials: { acme: { api_key: '\${CLOCKIFY_API_KEY}' } }`, 'sources:', ...source].join('\n');
  return problemsOf(lint(text, { judges, env: { HIDDEN: 'hidden-{Value' } }));
}

test('what those who make requests refuse is told where it stands', () => {
  deepEqual(withSource({ checkSteps }, 'key: hash', 'endpoint: { url: "/user/{}" }'), [
    '6:29 sources[0].endpoint.url: a brace begins or ends no placeholder at position 37',
  ]);
  deepEqual(
    withSource(
      { checkSteps },
      'key: hash',
      'steps:',
      '  - { name: a, url: /a }',
      '  - { name: b, url: "/a/{a.id}", method: PUT, time_unit: year, body: { since: "{now-9999}" } }',
    ),
    ['8:83 sources[0].steps[1].body.since: now and -9999 years is no date of the years 1 to 9999'],
  );
});

test('of what a reference gives they are not quoted', () => {
  const [problem] = withSource({ checkSteps }, 'key: hash', `endpoint: { url: "/user/\${HIDDEN}" }`);
  deepEqual(problem, '6:22 sources[0].endpoint.url: the reference does not give what is wanted');
  const judges = {
    checkSteps: () => [{ step: 'endpoint', field: 'headers.hidden', position: 3, message: 'hidden', hint: '' }],
  };
  deepEqual(withSource(judges, 'key: hash', `endpoint: { url: /user, headers: "A:\${HIDDEN}" }`), [
    '6:38 sources[0].endpoint.headers: the reference does not give what is wanted',
  ]);
});

test('they are asked only of what is right so far', () => {
  const judges = {
    checkSteps: () => [{ step: 'endpoint', field: 'url', position: undefined, message: 'asked', hint: '' }],
    checkReport: () => ({ message: 'asked', hint: '' }),
  };
  deepEqual(withSource(judges, 'key: hash', 'endpoint: { url: nowhere }'), [
    '6:22 sources[0].endpoint.url: is neither a URL nor a path',
  ]);
  deepEqual(withSource(judges, 'template: detailed-report', 'report: {}').length, 2);
  const report = 'report: { dateRangeStart: "{now-1}", dateRangeEnd: "{now}" }';
  deepEqual(withSource(judges, 'template: detailed-report', report), ['6:13 sources[0].report: asked']);
});
