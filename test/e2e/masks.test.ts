import { deepEqual, equal, match, notEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { placeOf, serve } from '../support/feature-place.ts';

const EMAIL = 'canary-person@example.com';
const NOTE = 'canary-note-of-a-person';
const KEY = 'a-mask-key-of-some-length';

const people = (amount: unknown) => [
  { id: 'a', user: { email: EMAIL, city: 'Bern' }, note: NOTE, amount: 1 },
  { id: 'b', user: { email: EMAIL, city: 'Rom' }, note: `${NOTE} too`, amount },
];

test('masked fields reach neither topic nor state nor dead letters, and hashes join', async (t) => {
  let amount: unknown = 2;
  const api = await serve(t, () => people(amount));
  const place = placeOf(t, { ...api, lines: [`mask: { key: ${KEY} }`] });
  const mask = [
    { fields: ['$.user.email'], how: 'hash' },
    { fields: ['$.note'], how: 'redact' },
    { fields: ['$.user.city'], how: 'drop' },
  ];
  const source = (name: string) => ({
    name,
    key: '$.id',
    mask,
    endpoint: { url: `${api.url}/${name}`, data_path: '$[*]' },
  });
  const first = await place.runOnce([source('one'), source('other')]);
  equal(first.code, 0, first.err);
  const values = first.lines.map(({ value }) => value);
  equal(values.length, 4);
  const [email] = values.map(({ user_email }) => user_email);
  match(String(email), /^[0-9a-f]{64}$/);
  ok(values.every((value) => value.user_email === email && value.note === '[redacted]' && !('user_city' in value)));
  amount = 'no number any more';
  const second = await place.runOnce([source('one'), source('other')]);
  const letters = second.lines.filter(({ topic }) => topic === 'dlq.clockify');
  equal(letters.length, 2, second.out);
  deepEqual(letters[0]?.value, { id: 'b', user: { email }, note: '[redacted]', amount });
  for (const text of [first.out, first.err, second.out, second.err, place.kept()]) {
    ok(!/canary|Bern|Rom/.test(text), 'nothing of what is masked is anywhere');
  }
});

test('fields of a template are named as they are published, and a new mask republishes what it changes', async (t) => {
  const simulator = await startSimulator({ workspaces: 1, users: 2, days: 2 });
  t.after(() => simulator.close());
  const source = { name: 'users', template: 'users' };
  const api = { url: simulator.url, apiKey: simulator.apiKey };
  const open = placeOf(t, { ...api, lines: [`mask: { key: ${KEY} }`] });
  const before = await open.runOnce([source]);
  equal(before.code, 0, before.err);
  const after = await open.runOnce([{ ...source, mask: { fields: ['email', 'name'], how: 'hash' } }]);
  equal(after.code, 0, after.err);
  deepEqual(
    after.lines.map(({ op }) => op),
    before.lines.map(() => 'u'),
  );
  for (const { value } of after.lines) match(`${value.email} ${value.name}`, /^[0-9a-f]{64} [0-9a-f]{64}$/);
  const otherKey = await placeOf(t, { ...api, lines: ['mask: { key: another-key-of-some-length }'] }).runOnce([
    { ...source, mask: { fields: ['email'], how: 'hash' } },
  ]);
  notEqual(otherKey.lines[0]?.value.email, after.lines[0]?.value.email);
});
