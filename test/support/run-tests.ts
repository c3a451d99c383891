import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { startStack } from '../stack/stack.ts';

/**
 * Runs the whole suite: one Kafka and registry for all test files, each file in a process of its own.
 * Arguments are file patterns; without any, everything but what is run by hand.
 */
const ALL = ['test/{unit,property,conformance,model,integration,e2e,chaos}/**/*.test.ts'];

const patterns = process.argv.slice(2);
const files = globSync(patterns.length > 0 ? patterns : ALL).sort();
if (files.length === 0) {
  process.stderr.write(`no test file matches ${patterns.join(' ')}\n`);
  process.exit(2);
}

const stack = await startStack({ log: (line) => process.stderr.write(`${line}\n`) });
const env = {
  ...process.env,
  CLOCKIFY_KAFKA_TEST_BROKERS: stack.brokers.join(','),
  CLOCKIFY_KAFKA_TEST_REGISTRY: stack.registryUrl,
};
const runner = spawn(process.execPath, ['--test', '--test-concurrency=2', ...files], { env, stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => runner.kill(signal));
const code = await new Promise<number>((resolve) => runner.on('exit', (status) => resolve(status ?? 1)));
await stack.stop();
process.exit(code);
