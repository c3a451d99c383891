import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { type Output, openLocalSink } from '../../../src/local/local-sink.ts';
import { lockState } from '../../../src/local/state-lock.ts';
import { openStdoutSink } from '../../../src/local/stdout-sink.ts';
import { newFolder } from '../../conformance/local-place.ts';
import { recordOf, restored } from '../../conformance/transactional-sink.ts';

const signal = new AbortController().signal;
const failsAs = (kind: string, code: string) => (error: unknown) =>
  error instanceof WorkerError && error.kind === kind && error.code === code;
const systemError = (code: string) => Object.assign(new Error(code), { code });
const state = [{ key: 'k', value: Buffer.from('1') }];

/** An output that fails as told. */
function failing(onAppend: () => Error | undefined, onRollback: () => Error | undefined = () => undefined): Output {
  const fail = (error: Error | undefined) => {
    if (error !== undefined) throw error;
  };
  return {
    async open() {},
    async append() {
      fail(onAppend());
      return new Map();
    },
    async rollback() {
      fail(onRollback());
    },
    async close() {},
  };
}

test('a full disk is transient and leaves the writer good', async () => {
  const folder = newFolder();
  const errors = [systemError('ENOSPC'), systemError('EDQUOT'), undefined];
  const sink = await openLocalSink(
    { stateFile: join(folder.path, 'state') },
    failing(() => errors.shift()),
  );
  const writer = await sink.fence(0, signal);
  await rejects(writer.commit({ records: [], state }), failsAs('transient', 'sink.not_committed'));
  await rejects(writer.commit({ records: [], state }), failsAs('transient', 'sink.not_committed'));
  strictEqual((await restored(sink, 0)).size, 0);
  await writer.commit({ records: [], state });
  strictEqual((await restored(sink, 0)).size, 1);
  await sink.close();
  await folder.remove();
});

test('a place that may not be written to is a config error, a fault of our own is fatal', async () => {
  const folder = newFolder();
  const errors = [systemError('EACCES'), new TypeError('a fault')];
  const sink = await openLocalSink(
    { stateFile: join(folder.path, 'state') },
    failing(() => errors.shift()),
  );
  const writer = await sink.fence(0, signal);
  await rejects(writer.commit({ records: [], state }), failsAs('config', 'sink.refused'));
  await rejects(writer.commit({ records: [], state }), failsAs('fatal', 'internal.unexpected'));
  await sink.close();
  await folder.remove();
});

test('what cannot be taken back spends every writer; fencing reads the files again', async () => {
  const folder = newFolder();
  const append = [systemError('EIO'), undefined];
  const sink = await openLocalSink(
    { stateFile: join(folder.path, 'state') },
    failing(
      () => append.shift(),
      () => systemError('EIO'),
    ),
  );
  const [one, two] = [await sink.fence(0, signal), await sink.fence(1, signal)];
  await rejects(one.commit({ records: [], state }), failsAs('transient', 'sink.outcome_unknown'));
  await rejects(one.commit({ records: [], state }), WorkerError);
  await rejects(two.commit({ records: [], state }), WorkerError);
  const again = await sink.fence(1, signal);
  await rejects(two.commit({ records: [], state }), failsAs('transient', 'sink.fenced'));
  await rejects(one.commit({ records: [], state }), failsAs('transient', 'sink.fenced'));
  await again.commit({ records: [], state });
  strictEqual((await restored(sink, 1)).size, 1);
  await sink.close();
  await folder.remove();
});

test('a state file has one user: a second is refused, within a process and between two', async (t) => {
  const folder = newFolder();
  const stateFile = join(folder.path, 'state');
  const options = { stateFile, describe: () => null, write: () => undefined };
  const first = await openStdoutSink(options);
  await rejects(openStdoutSink(options), failsAs('config', 'local.state_locked'));
  await first.close();
  const second = await openStdoutSink(options);
  await second.close();

  const holder = spawn('sleep', ['60']);
  t.after(() => holder.kill('SIGKILL'));
  await once(holder, 'spawn');
  await writeFile(`${stateFile}.lock`, `${holder.pid}\n`);
  await rejects(openStdoutSink(options), failsAs('config', 'local.state_locked'));
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  const third = await openStdoutSink(options);
  await third.close();
  deepStrictEqual(await readdir(folder.path), ['state']);
  await folder.remove();
});

test('a lock with our own number that we do not hold is stale: in a container every process is number 1', async () => {
  const folder = newFolder();
  const path = join(folder.path, 'state');
  const first = await lockState(path);
  await first.release();
  await writeFile(`${path}.lock`, `${process.pid}\n`);
  await (await lockState(path)).release();
  await writeFile(`${path}.lock`, 'no number\n');
  await (await lockState(path)).release();
  await folder.remove();
});

test('of many processes that find a stale lock one takes it', async () => {
  const folder = newFolder();
  const path = join(folder.path, 'state');
  const gone = spawn('true');
  await once(gone, 'exit');
  await (await lockState(path)).release();
  await writeFile(`${path}.lock`, `${gone.pid}\n`);
  const module = new URL('../../../src/local/state-lock.ts', import.meta.url).href;
  const script = `const { lockState } = await import('${module}');
    await lockState(process.argv[1]).then(() => console.log('taken'), () => console.log('refused'));
    setTimeout(() => undefined, 1_500);`;
  const outputs = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      await once(child, 'exit');
      return text.trim();
    }),
  );
  deepStrictEqual(outputs.sort(), ['refused', 'refused', 'refused', 'refused', 'refused', 'taken']);
  await folder.remove();
});

test('stdout: printing is awaited line by line, and precedes the state (P1, P8)', async () => {
  const folder = newFolder();
  const order: string[] = [];
  const write = async (line: string) => {
    order.push(`begin ${line}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    order.push(`end ${line}`);
  };
  const describe = ({ value }: { value: Uint8Array | null }) => Buffer.from(value ?? '').toString();
  const sink = await openStdoutSink({ stateFile: join(folder.path, 'state'), describe, write });
  const writer = await sink.fence(0, signal);
  await writer.commit({ records: [recordOf('a', 'k', '1'), recordOf('b', 'k', '2')], state });
  deepStrictEqual(order, ['begin "1"', 'end "1"', 'begin "2"', 'end "2"']);
  ok((await restored(sink, 0)).has('k'));
  await sink.close();
  await folder.remove();
});

test('a folder that cannot be made is told with the setting that names it', async (t) => {
  const file = newFolder();
  t.after(() => file.remove());
  await writeFile(file.path, '');
  const options = { stateFile: join(file.path, 'state'), describe: () => ({}), write: () => undefined };
  await rejects(openStdoutSink(options), (error: WorkerError) => {
    strictEqual(error.code, 'sink.refused');
    ok(error.message.includes(options.stateFile) && error.hint?.includes('file.directory'), error.message);
    return true;
  });
});
