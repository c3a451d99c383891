import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { openFileSink } from '../../../src/local/file-sink.ts';
import type { LocalSink } from '../../../src/local/local-sink.ts';
import { describe, linesOf, newFolder } from '../../conformance/local-place.ts';
import { recordOf, restored } from '../../conformance/transactional-sink.ts';

const signal = new AbortController().signal;

const openIn = (path: string, slackBytes?: number): Promise<LocalSink> =>
  openFileSink({ stateFile: join(path, 'state'), dir: join(path, 'data'), describe, slackBytes });

/** What a worker that starts here would find: lines of each topic, and the state. */
async function found(path: string): Promise<{ a: string[]; b: string[]; state: Record<string, string> }> {
  const sink = await openIn(path);
  const texts = async (topic: string) =>
    (await linesOf(join(path, 'data'), topic)).map(({ value }) => Buffer.from(value ?? '').toString());
  const state = Object.fromEntries(await restored(sink, 0));
  const all = { a: await texts('a'), b: await texts('b'), state };
  await sink.close();
  return all;
}

test('file sink: cut off at any byte of any write, a transaction is whole or was never there (P1, P2)', async () => {
  const folder = newFolder();
  const at = (name: string) => join(folder.path, name);
  try {
    const live = at('live');
    const sink = await openIn(live);
    const writer = await sink.fence(0, signal);
    const value = (text: string) => new TextEncoder().encode(text);
    await writer.commit({
      records: [recordOf('a', 'k', '1'), recordOf('b', 'k', '1')],
      state: [{ key: 'k', value: value('1') }],
    });
    await cp(live, at('before'), { recursive: true });
    const records = [recordOf('a', 'k', '2'), recordOf('b', 'k', '2'), recordOf('a', 'k', '3')];
    await writer.commit({
      records,
      state: [
        { key: 'k', value: value('3') },
        { key: 'l', value: value('3') },
      ],
    });
    await cp(live, at('after'), { recursive: true });
    await sink.close();
    const before = { a: ['1'], b: ['1'], state: { k: '1' } };
    const after = { a: ['1', '2', '3'], b: ['1', '2'], state: { k: '3', l: '3' } };

    const size = async (name: string) => (await stat(name).catch(() => ({ size: 0 }))).size;
    const files = ['data/a.jsonl', 'data/b.jsonl', 'state'];
    let cuts = 0;
    // Files are written one after another: those before the cut are whole, those after it as they were.
    for (const [i, file] of files.entries()) {
      const [from, to] = [await size(join(at('before'), file)), await size(join(at('after'), file))];
      for (let cut = from; cut <= to; cut += 7) {
        const path = at(`cut-${i}-${cut}`);
        await mkdir(join(path, 'data'), { recursive: true });
        for (const [j, other] of files.entries()) {
          const source = join(at(j <= i ? 'after' : 'before'), other);
          const copied = await cp(source, join(path, other)).then(
            () => true,
            () => false,
          );
          if (copied && j === i) await truncate(join(path, other), cut);
        }
        const whole = file === 'state' && cut === to;
        deepStrictEqual(await found(path), whole ? after : before, `${file} cut at ${cut} of ${from}..${to}`);
        cuts += 1;
      }
    }
    ok(cuts > 50);
    deepStrictEqual(await found(at('after')), after);
  } finally {
    await folder.remove();
  }
});

test('file sink: killed at any moment, it goes on where the state says, with no line lost or repeated (P1, P2)', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder();
  const child = new URL('./commit-for-ever.ts', import.meta.url).pathname;
  try {
    let acknowledged = -1;
    for (let run = 0; run < 5; run++) {
      const process_ = spawn(process.execPath, [child, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] });
      const exited = once(process_, 'exit');
      for await (const line of createInterface({ input: process_.stdout })) {
        acknowledged = Math.max(acknowledged, Number(line));
        if (acknowledged >= (run + 1) * 40) process_.kill('SIGKILL');
      }
      await exited;
      const { a, state } = await found(folder.path);
      const last = Number(state.last);
      ok(last >= acknowledged, `${last} restored, ${acknowledged} acknowledged`);
      deepStrictEqual(
        a.map(Number),
        Array.from({ length: last + 1 }, (_, i) => i),
      );
    }
  } finally {
    await folder.remove();
  }
});

test('file sink: the state file stays within a few times what is live', async () => {
  const folder = newFolder();
  try {
    const sink = await openIn(folder.path, 10_000);
    const writer = await sink.fence(3, signal);
    const value = new Uint8Array(1_000);
    for (let i = 0; i < 200; i++) {
      await writer.commit({ records: [recordOf('a', 'k', String(i))], state: [{ key: `k${i % 5}`, value }] });
    }
    const { size } = await stat(join(folder.path, 'state'));
    ok(size < 60_000, `${size} bytes for 5,000 live ones`);
    strictEqual((await restored(sink, 3)).size, 5);
    strictEqual((await linesOf(join(folder.path, 'data'), 'a')).length, 200);
    await sink.close();
    const again = await openIn(folder.path);
    ok((await stat(join(folder.path, 'state'))).size < 6_000);
    strictEqual((await restored(again, 3)).size, 5);
    await again.close();
  } finally {
    await folder.remove();
  }
});

test('file sink: lines that were in a file before stay in front', async () => {
  const folder = newFolder();
  try {
    await mkdir(join(folder.path, 'data'), { recursive: true });
    const mine = JSON.stringify(describe(recordOf('a', 'mine', 'mine')));
    await writeFile(join(folder.path, 'data', 'a.jsonl'), `${mine}\n`);
    const sink = await openIn(folder.path);
    const writer = await sink.fence(0, signal);
    await writer.commit({ records: [recordOf('a', 'k', '1')], state: [] });
    await sink.close();
    deepStrictEqual((await found(folder.path)).a, ['mine', '1']);
  } finally {
    await folder.remove();
  }
});

test('file sink: a data file that lost committed lines, and a state file that is none, are refused', async () => {
  const folder = newFolder();
  const refusedAs = (code: string) => (error: unknown) =>
    error instanceof WorkerError && error.kind === 'config' && error.code === code && error.hint !== undefined;
  try {
    const sink = await openIn(folder.path);
    await (await sink.fence(0, signal)).commit({ records: [recordOf('a', 'k', '1')], state: [] });
    await sink.close();
    await truncate(join(folder.path, 'data', 'a.jsonl'), 3);
    await rejects(openIn(folder.path), refusedAs('local.data_short'));
    await writeFile(join(folder.path, 'state'), 'something else, and long enough to be read as a head');
    await rejects(openIn(folder.path), refusedAs('local.state_unreadable'));
    strictEqual((await readFile(join(folder.path, 'state'), 'utf8')).slice(0, 9), 'something');
  } finally {
    await folder.remove();
  }
});

test('file sink: damage before whole commits is refused, it is no write that was cut off (P1)', async () => {
  for (const damage of ['head', 'body'] as const) {
    const folder = newFolder();
    try {
      const sink = await openIn(folder.path);
      const writer = await sink.fence(0, signal);
      for (const value of ['1', '2', '3']) {
        await writer.commit({ records: [], state: [{ key: `k${value}`, value: Buffer.from(value.repeat(50)) }] });
      }
      await sink.close();
      const path = join(folder.path, 'state');
      const bytes = await readFile(path);
      const first = bytes.indexOf('1'.repeat(50));
      bytes.fill(0xff, damage === 'body' ? first : first - 24, first + 10);
      await writeFile(path, bytes);
      await rejects(openIn(folder.path), (error: unknown) => {
        return error instanceof WorkerError && error.code === 'local.state_unreadable' && /damaged/.test(error.message);
      });
      deepStrictEqual(await readFile(path), bytes);
    } finally {
      await folder.remove();
    }
  }
});

test('file sink: a write that fails half-way is taken back, and nothing acknowledged is lost', {
  timeout: 30_000,
}, async () => {
  const folder = newFolder();
  const child = new URL('./commit-for-ever.ts', import.meta.url).pathname;
  try {
    // A file may grow to 32 KiB: the write that would pass it takes a part and fails, as on a full disk.
    const script = `trap '' XFSZ; ulimit -f 64; exec "$0" "$1" "$2"`;
    const limited = spawn('bash', ['-c', script, process.execPath, child, folder.path], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const exited = once(limited, 'exit');
    const lines: string[] = [];
    for await (const line of createInterface({ input: limited.stdout })) lines.push(line);
    await exited;
    strictEqual(lines.at(-1), 'sink.refused');
    const acknowledged = Number(lines.at(-2));
    ok(acknowledged > 10);
    const { a, state } = await found(folder.path);
    strictEqual(Number(state.last), acknowledged);
    deepStrictEqual(
      a.map(Number),
      Array.from({ length: acknowledged + 1 }, (_, i) => i),
    );
  } finally {
    await folder.remove();
  }
});
