import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { lintFile } from '../../../src/cli/config-options.ts';
import { program } from '../../../src/cli/program.ts';
import { createScrubber } from '../../../src/core/scrubber.ts';
import { type Simulator, startSimulator } from '../../../src/simulator/simulator.ts';
import { firstConfiguration } from '../../../src/worker/try-init.ts';

describe('init on a terminal', () => {
  let simulator: Simulator;
  let folder: string;
  before(async () => {
    simulator = await startSimulator({ workspaces: 2, users: 2, days: 1, plan: 'free' });
    folder = mkdtempSync(join(tmpdir(), 'clockify-kafka-init-'));
  });
  after(async () => {
    await simulator.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const answering = async (name: string, answers: string[], args: string[], key: string) => {
    const asked: string[] = [];
    const told: string[] = [];
    const ask = async (question: string) => {
      asked.push(question);
      return answers.shift() ?? '';
    };
    const line = (text: string) => void told.push(text);
    const terminal = {
      out: line,
      err: line,
      env: { CLOCKIFY_API_KEY: key },
      signal: new AbortController().signal,
      ask,
    };
    const file = join(folder, `${name}.yaml`);
    const code = await program(['init', '-c', file, ...args], terminal);
    return { code, asked, told, text: existsSync(file) ? readFileSync(file, 'utf8') : '', terminal, file };
  };

  test('it offers the workspaces that the key sees, and takes the number of one', async () => {
    const args = ['--base-url', simulator.url];
    const { code, asked, text } = await answering('offered', ['2', 'k:9092', ''], args, simulator.apiKey);
    strictEqual(code, 0);
    strictEqual(asked.length, 3);
    const [, second] = simulator.world.store.workspaceIds();
    ok(text.includes(`workspace: [${second}]`));
    ok(text.includes('brokers: ["k:9092"]'));
    ok(text.includes('plan: free'), 'the workspaces say what they pay for');
  });

  test('a workspace that the key does not see is refused, and nothing is written', async () => {
    const args = ['--base-url', simulator.url, '--workspaces', '64c777ddd3fcab07cfbb210c'];
    for (const [name, answers, flags] of [
      ['unseen', [], args],
      ['no-such-number', ['7'], args.slice(0, 2)],
    ] as const) {
      const { code, told, text } = await answering(name, [...answers], [...flags], simulator.apiKey);
      strictEqual(code, 2);
      ok(told.join('\n').includes('does not see the workspace'));
      strictEqual(text, '');
    }
  });

  test('what a flag says is not asked, and nothing at all with --non-interactive', async () => {
    const flags = ['--region', 'euc1', '--brokers', 'b:1', '--registry', 'http://r'];
    deepStrictEqual((await answering('flags', [], flags, '')).asked, []);
    deepStrictEqual((await answering('silent', [], ['--non-interactive'], '')).asked, []);
    deepStrictEqual((await answering('defaults', [], [], '')).asked.length, 3);
  });

  test('a wrong answer is refused, and nothing is written', async () => {
    const { code, text, told } = await answering('wrong', ['mars'], [], '');
    deepStrictEqual([code, text], [2, '']);
    ok(told.join('\n').includes('euc1'));
  });

  test('a name of a workspace cannot get out of its comment', async () => {
    const name = `Evil\n  api_key: stolen\u2028\u0085x \${HOME} \ue000`;
    const seen = [{ id: '64a687e29ae1f428e7ebe303', name }];
    const first = { app: 'a', region: 'global', baseUrl: undefined, plan: 'paid', workspaces: 'all', seen } as const;
    const text = firstConfiguration({ ...first, brokers: 'b:9092', registry: 'http://r:8081' });
    ok(!text.includes('\n  api_key: stolen'));
    const { file, terminal } = await answering('name', [], ['--non-interactive'], 'some-key');
    writeFileSync(file, text);
    deepStrictEqual(lintFile(file, { ...terminal, secrets: createScrubber() }).problems, []);
  });

  test('a file that cannot be written is told, and not as a fault of the program', async () => {
    const { code, told } = await answering(join('no-such-folder', 'x'), [], ['--non-interactive'], '');
    strictEqual(code, 2);
    ok(told.at(-1)?.includes('cannot be written [try.not_writable]'), told.at(-1));
  });
});
