import { deepEqual, doesNotMatch, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { WorkerError } from '../../../src/core/errors.ts';
import { createLogger, type LoggerOptions } from '../../../src/telemetry/logger.ts';

const SECRET = 'canary-Key_1234567890';

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLogger({ level: 'trace', format: 'json', secrets: [SECRET], destination, ...options });
  return { log, lines };
}

test('a line is JSON with the level as text, an ISO time, the event and the sentence', () => {
  const { log, lines } = capture();
  log.child({ source: 'projects' }).warn({ event: 'slice.backing_off', retryMs: 5 }, 'The slice waits');
  const { time, ...entry } = JSON.parse(lines[0] ?? '');
  match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  deepEqual(entry, {
    level: 'warn',
    source: 'projects',
    event: 'slice.backing_off',
    retryMs: 5,
    msg: 'The slice waits',
  });
  ok(lines[0]?.endsWith('}\n'));
});

test('lines below the level are not written', () => {
  const { log, lines } = capture({ level: 'warn' });
  log.trace({}, 'x');
  log.debug({}, 'x');
  log.info({}, 'x');
  log.error({}, 'x');
  equal(lines.length, 1);
});

test('an error is written with its kind, code, hint and causes', () => {
  const { log, lines } = capture();
  const cause = new Error('socket closed');
  const err = new WorkerError('transient', 'clockify.network', 'no answer', { cause, hint: 'Check the network.' });
  log.error({ event: 'poll.failed', err }, 'Polling failed');
  const { err: written } = JSON.parse(lines[0] ?? '');
  deepEqual([written.kind, written.code, written.hint], ['transient', 'clockify.network', 'Check the network.']);
  equal(written.cause.message, 'socket closed');
});

for (const format of ['json', 'pretty'] as const) {
  test(`P7: a known secret is in no ${format} line, wherever it was put and in whatever form`, () => {
    const { log, lines } = capture({ format });
    const basic = (user: string) => Buffer.from(`${user}:${SECRET}`).toString('base64');
    const inner = new Error(`inner ${SECRET}`);
    const err = new WorkerError('config', 'x.y', `outer ${SECRET}`, { cause: inner, hint: `not ${SECRET}` });
    log.info(
      { event: 'a', url: `https://host/?key=${SECRET}&x=${encodeURIComponent(SECRET)}` },
      `with ${SECRET} inside`,
    );
    log.info({ event: SECRET, [SECRET]: 1, deep: [{ headers: { 'x-api-key': SECRET } }] }, 'x');
    log.error({ event: 'b', err, error: inner }, 'x');
    log.child({ bound: SECRET }).info({}, 'x');
    for (const user of ['a', 'ab', 'abc']) log.info({ auth: `Basic ${basic(user)}` }, 'x');
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      log.info({ encoded: Buffer.from(SECRET).toString(encoding) }, 'x');
    }
    log.info({ hex: Buffer.from(SECRET).toString('hex').toUpperCase(), json: JSON.stringify({ k: SECRET }) }, 'x');
    const text = lines.join('');
    equal(lines.length, 11);
    const forms = [
      SECRET,
      ...['base64', 'base64url', 'hex'].map((form) => Buffer.from(SECRET).toString(form as 'hex')),
    ];
    for (const form of forms) ok(!text.toLowerCase().includes(form.toLowerCase()), text);
    for (const [, found = ''] of text.matchAll(/Basic ([\w+/=]+)/g)) {
      doesNotMatch(Buffer.from(found, 'base64').toString(), /canary|Key|1234/);
    }
    ok(text.includes('[redacted]'));
  });
}

test('P7: a line stays JSON where the secret has quotes, or is a number', () => {
  const odd = 'a"b\\c\u00e9';
  const { log, lines } = capture({ secrets: [odd, '20261125', '', 'abc'] });
  log.info({ count: 20_261_125, text: odd, near: 2, nested: { [odd]: JSON.stringify({ odd }) } }, 'abc');
  const { count, text, near, nested, msg } = JSON.parse(lines[0] ?? '');
  deepEqual([count, text, near, msg], ['[redacted]', '[redacted]', 2, 'abc']);
  deepEqual(Object.keys(nested), ['[redacted]']);
  ok(!String(Object.values(nested)).includes('b\\\\c'));
});

test('a line for people has the time, the level, the event, the sentence, the fields, and then the stack', () => {
  const { log, lines } = capture({ format: 'pretty' });
  log.info({ event: 'worker.started', shards: 24, names: ['a b'], url: 'http://x:1/y' }, 'The worker has started');
  match(
    lines[0] ?? '',
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}worker\.started The worker has started shards=24 names=\["a b"\] url=http:\/\/x:1\/y\n$/,
  );
  log.error({ err: new WorkerError('fatal', 'a.b', 'broken', { hint: 'Mend it.' }) }, 'It failed');
  match(lines[1] ?? '', /ERROR It failed\n {4}(WorkerError|Error): broken\n {4} +at /);
  match(lines[1] ?? '', /\n {4}hint: Mend it\.\n$/);
  log.info({ err: 'text' }, 'x');
  match(lines[2] ?? '', /x\n$/);
});

test('text from outside cannot forge a line or move the cursor of a reader', () => {
  const { log, lines } = capture({ format: 'pretty' });
  log.info({ event: 'x', name: '\u001b[2J\nfake' }, 'one\r\n12:00:00.000 ERROR two\u001b[31m');
  equal(lines[0]?.split('\n').length, 2);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  doesNotMatch(lines[0] ?? '', /[\u0000-\u0009\u000b-\u001f]/);
  const coloured = capture({ format: 'pretty', colour: true });
  coloured.log.warn({}, 'x');
  ok(coloured.lines[0]?.endsWith('\u001b[33mWARN \u001b[0m x\n'));
});

test('the log goes to stderr, because stdout is for data', () => {
  const module = new URL('../../../src/telemetry/logger.ts', import.meta.url).href;
  const code = `import { createLogger } from '${module}';
    createLogger({ level: 'info', format: 'json', secrets: [] }).info({ event: 'x' }, 'hello');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  equal(stdout, '');
  equal(JSON.parse(stderr).msg, 'hello');
});
