import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

test('the packed package, installed elsewhere, runs from compiled JavaScript', { timeout: 240_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-package-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const PATH = [dirname(process.execPath), join(ROOT, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH, npm_config_update_notifier: 'false' };
  const npm = (args: readonly string[], cwd: string) => run('npm', args, { cwd, env, maxBuffer: 16 * 1024 * 1024 });

  const packed = await npm(['pack', '--json', '--pack-destination', folder], ROOT);
  const json = packed.stdout.slice(packed.stdout.lastIndexOf('\n[') + 1);
  const [{ filename, files }] = JSON.parse(json) as [{ filename: string; files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  for (const needed of [
    'dist/main.js',
    'avro/time_entries-value.avsc',
    'config/example.yaml',
    'LICENSE',
    'README.md',
  ]) {
    assert.ok(paths.includes(needed), `${needed} is not in the package`);
  }
  assert.ok(
    !paths.some((path) => path.startsWith('src/') || path.startsWith('test/')),
    'sources or tests are in the package',
  );

  await npm(['init', '-y'], folder);
  await npm(['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)], folder);
  const help = await run('npx', ['--no-install', 'clockify-kafka', '--help'], { cwd: folder, env });
  assert.match(help.stdout, /Examples:/);
  const linted = await run(
    'npx',
    ['--no-install', 'clockify-kafka', 'lint', 'node_modules/clockify-kafka/config/example.yaml'],
    {
      cwd: folder,
      env: { ...env, CLOCKIFY_API_KEY: 'a-key' },
    },
  );
  assert.match(linted.stdout, /is right/);
});
