import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/load-config.ts';
import { watchKeys } from '../../../src/config/rotation.ts';
import { TEMPLATES } from './support.ts';

function scene(t: TestContext, apiKey: string, env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-rotation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'config.yaml');
  const secret = join(folder, 'key');
  writeFileSync(secret, 'first-key\n');
  writeFileSync(
    file,
    `credentials: { acme: { api_key: ${apiKey} } }\nsources: [{ name: users, template: users, credential: acme }]\n`,
  );
  const variables = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.replace('@', folder)]));
  const options = { file, env: variables, templates: TEMPLATES };
  const told: unknown[] = [];
  const clock = { ms: 0 };
  const watch = {
    now: () => clock.ms,
    onRotated: (credentials: readonly string[], keys: readonly string[]) => void told.push([credentials, keys]),
    onFault: () => void told.push('fault'),
  };
  const { keyOf } = watchKeys(options, loadConfig(options), watch);
  const later = (ms = 5_000) => {
    clock.ms += ms;
    return keyOf('acme');
  };
  return { folder, secret, told, keyOf, later };
}

const BY_REFERENCE = `"\${file:key}"`;
const BY_VARIABLE = `"\${KEY}"`;

for (const [how, apiKey, env] of [
  ['a file that the configuration names', BY_REFERENCE, {}],
  ['a file that a variable names', BY_VARIABLE, { KEY_FILE: '@/key' }],
] as const) {
  test(`P7: another key in ${how} is used without a restart, and told before that`, (t) => {
    const { secret, told, keyOf, later } = scene(t, apiKey, env);
    equal(later(), 'first-key');
    writeFileSync(secret, 'second-key\n');
    equal(keyOf('acme'), 'first-key', 'it is not looked at all the time');
    equal(later(), 'second-key');
    deepEqual(told, [[['acme'], ['second-key']]]);
    equal(later(), 'second-key');
    equal(told.length, 1);
  });
}

test('a secret that is mounted as a link to a folder is found when the link moves', (t) => {
  const { folder, secret, later } = scene(t, BY_REFERENCE);
  writeFileSync(join(folder, 'new'), 'second-key');
  rmSync(secret);
  symlinkSync(join(folder, 'new'), secret);
  equal(later(), 'second-key');
  writeFileSync(join(folder, 'newer'), 'third--key');
  symlinkSync(join(folder, 'newer'), join(folder, 'link'));
  renameSync(join(folder, 'link'), secret);
  equal(later(), 'third--key');
});

test('a file that is empty or away for a moment leaves the old key, and is told once', (t) => {
  const { secret, told, later } = scene(t, BY_REFERENCE);
  writeFileSync(secret, '');
  equal(later(), 'first-key');
  equal(later(), 'first-key');
  deepEqual(told, ['fault']);
  rmSync(secret);
  equal(later(), 'first-key');
  writeFileSync(secret, 'second-key');
  equal(later(), 'second-key');
});

test('a key that stands in no file is never looked for', (t) => {
  const { secret, told, later } = scene(t, 'a-key-in-the-file-itself');
  writeFileSync(secret, 'second-key');
  equal(later(), 'a-key-in-the-file-itself');
  deepEqual(told, []);
});
