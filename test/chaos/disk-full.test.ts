import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startSimulator } from '../../src/simulator/simulator.ts';
import { runProgram } from '../support/program.ts';

/** A disk of its own, small; undefined where this process may not mount one. */
function mounted(t: TestContext, size: string): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  t.after(() => {
    execFileSync('umount', ['--lazy', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

interface Line {
  readonly op: string;
  readonly id: string;
  readonly key: { readonly id: string };
}

function linesIn(folder: string, topic: string): Line[] {
  const text = readFileSync(join(folder, `${topic}.jsonl`), 'utf8');
  ok(text.endsWith('\n'), 'the last line is whole');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

test('P1 P2: where the disk of the state file is full nothing is lost or repeated, and with room again it goes on', {
  timeout: 120_000,
}, async (t) => {
  const folder = mounted(t, '160k');
  if (folder === undefined) return void t.skip('NOT RUN: this process may not mount a small disk');
  const simulator = await startSimulator({ workspaces: 1, users: 8, days: 20 });
  t.after(() => simulator.close());
  const config = join(mkdtempSync(join(tmpdir(), 'clockify-kafka-disk-')), 'clockify-kafka.yaml');
  writeFileSync(
    config,
    [
      'app: full',
      `credentials: { acme: { api_key: "\${KEY}", base_url: "${simulator.url}", rate: 500/s, burst: 100 } }`,
      `file: { directory: ${folder} }`,
      'sources: [{ name: time-entries, template: time-entries, credential: acme, every: 1s }]',
    ].join('\n'),
  );
  const args = ['run', '--sink', 'file', '-c', config];
  let isFull = false;
  let hasRoom = false;
  const ended = await runProgram(args, {
    env: { KEY: simulator.apiKey },
    limitMs: 90_000,
    onErr: (text, kill) => {
      isFull ||= /ENOSPC|no space/i.test(text);
      if (!isFull) return;
      if (!hasRoom) execFileSync('mount', ['-o', 'remount,size=64m', folder]);
      hasRoom = true;
      const all = simulator.world.store.workspaceIds().flatMap((id) => simulator.world.store.rows('timeEntries', id));
      if (publishedIn(folder) >= all.length) kill('SIGTERM');
    },
  });
  ok(isFull, `the disk was never full:\n${ended.err.slice(-2_000)}`);
  equal(ended.code, 0, ended.err.slice(-2_000));
  match(ended.err, /sink\./, 'it was told');
  const lines = linesIn(folder, 'clockify.time_entries');
  equal(new Set(lines.map(({ id }) => id)).size, lines.length, 'no line is there twice');
  const truth = simulator.world.store.workspaceIds().flatMap((id) => simulator.world.store.rows('timeEntries', id));
  deepEqual(lines.map(({ key }) => key.id).sort(), truth.map(({ id }) => id).sort());
  const again = await runProgram([...args, '--once'], { env: { KEY: simulator.apiKey } });
  equal(again.code, 0, again.err);
  equal(linesIn(folder, 'clockify.time_entries').length, lines.length, 'the state knows all of it');
  ok(readdirSync(folder).every((name) => statSync(join(folder, name)).size > 0));
});

/** Whole lines, whether committed or not: enough to know when to look. */
function publishedIn(folder: string): number {
  return readFileSync(join(folder, 'clockify.time_entries.jsonl'), 'utf8').split('\n').length - 1;
}
