import { equal, match, ok } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { without } from '../support/canary.ts';
import { serve } from '../support/feature-place.ts';
import { runProgram } from '../support/program.ts';

const FIRST = 'first-key-of-the-credential';
const SECOND = 'second-key-of-the-credential';

test('P7: a key that is replaced in its file is used without a restart, and neither is ever in the log', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-rotation-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  let accepted = FIRST;
  let answeredSecond = 0;
  const api = await serve(t, ({ headers }, response) => {
    const key = headers['x-api-key'];
    if (key !== accepted) {
      response.statusCode = 401;
      return { code: 4003, message: `no such key ${String(key)}` };
    }
    if (key === SECOND) answeredSecond += 1;
    return [{ id: 'a' }];
  });
  const config = join(folder, 'clockify-kafka.yaml');
  const secret = join(folder, 'key');
  writeFileSync(secret, FIRST);
  writeFileSync(
    config,
    [
      `credentials: { acme: { api_key: "\${file:key}", base_url: "${api.url}" } }`,
      `file: { directory: ${folder} }`,
      `sources: [{ name: things, credential: acme, key: $.id, every: 1s, endpoint: { url: ${api.url}/things, data_path: "$[*]" } }]`,
      'log: { level: trace }',
    ].join('\n'),
  );
  let rotated = false;
  const { code, out, err } = await runProgram(['run', '--sink', 'stdout', '-c', config], {
    onErr: (text, kill) => {
      if (!rotated && text.includes('"sweep')) {
        rotated = true;
        writeFileSync(secret, SECOND);
        accepted = SECOND;
      }
      if (answeredSecond > 1) kill('SIGTERM');
    },
  });
  equal(code, 0, err);
  match(err, /secret\.rotated/);
  ok(answeredSecond > 1);
  without(`${out}${err}`, 'the log', [FIRST, SECOND]);
});
