import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load-config.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { secretsOf } from '../../../src/config/secrets.ts';
import { KEY, lint, MINIMAL, problemsOf, TEMPLATES } from './support.ts';

test('the smallest file gives a complete configuration', () => {
  const { config, problems, warnings } = lint(MINIMAL);
  deepEqual({ problems, warnings }, { problems: [], warnings: [] });
  deepEqual(config, {
    app: 'default',
    sink: 'kafka',
    file: { directory: 'clockify-kafka-data' },
    kafka: {
      brokers: ['localhost:9092'],
      clientId: 'clockify-kafka',
      sessionTimeoutMs: 30_000,
      shards: 24,
      staticShards: undefined,
      workerName: undefined,
      connectionTimeoutMs: 10_000,
      requestTimeoutMs: 30_000,
      transactionTimeoutMs: 60_000,
      tls: undefined,
      sasl: undefined,
    },
    topics: {
      prefix: 'clockify',
      create: true,
      partitions: 3,
      replicationFactor: -1,
      deleteRetentionMs: 7 * 86_400_000,
      compactionLagMs: 3_600_000,
      deadLettersRetentionMs: 30 * 86_400_000,
      deadLetters: 'dlq.clockify',
    },
    registry: {
      url: 'http://localhost:8081',
      autoRegister: true,
      timeoutMs: 10_000,
      username: undefined,
      password: undefined,
      token: undefined,
      tls: undefined,
    },
    http: {
      connectTimeoutMs: 10_000,
      headersTimeoutMs: 30_000,
      bodyTimeoutMs: 30_000,
      requestTimeoutMs: 60_000,
      maxBodyBytes: 33_554_432,
      connections: 8,
    },
    deletes: { guardShare: 0.2, guardAtLeast: 50 },
    deadLetters: { stopShare: 0.5, stopAtLeast: 100 },
    console: { host: '127.0.0.1', port: 8090, token: undefined },
    discovery: { everyMs: 300_000 },
    mask: { key: undefined },
    log: { level: 'info', format: 'json' },
    credentials: {
      acme: {
        name: 'acme',
        apiKey: KEY,
        plan: 'paid',
        region: 'global',
        baseUrl: 'https://api.clockify.me/api/v1',
        reportsUrl: 'https://reports.api.clockify.me/v1',
        allowedOrigins: ['https://api.clockify.me', 'https://reports.api.clockify.me'],
        rate: { requests: 10, windowMs: 1_000, burst: 10 },
        reportsRate: { requests: 10, windowMs: 1_000, burst: 10 },
        sharedWorkspaces: [],
      },
    },
    sources: [
      {
        name: 'users',
        template: 'users',
        credential: 'acme',
        schedule: { type: 'every', everyMs: 300_000 },
        everyMs: 300_000,
        endpoint: undefined,
        report: undefined,
        parameters: { workspace: 'all' },
        filters: {},
        topic: 'clockify.users',
        pageSize: undefined,
        ignoreChanges: undefined,
      },
    ],
  });
});

test('all problems are reported at once, each where it stands and with what would be right', () => {
  const result = lint(
    [
      'credentials:',
      `  acme: { api_key: \${CLOCKIFY_API_KEY}, plan: payed }`,
      'sources:',
      '  - { name: users, template: user, credential: acne, every: 30 }',
      '  - name: Time Entries',
      '    template: time-entries',
      '    credential: acme',
      '    evry: 10s',
      '    ignore_changes: [descripton]',
      'kafka:',
      '  brokers:',
      '    - localhost:9092',
      '    - kafka://other',
      '  sesion_timeout: 20s',
      'registry: { url: localhost }',
      'brokers: [x]',
      'log: text',
    ].join('\n'),
  );
  equal(result.config, undefined);
  deepEqual(
    result.problems.map(({ line, column, path, message, hint }) => [line, column, path, message, hint]),
    [
      [2, 47, 'credentials.acme.plan', '"payed" is not a plan', 'Did you mean "paid"? One of free, paid.'],
      [
        4,
        30,
        'sources[0].template',
        '"user" is not a template',
        'Did you mean "users"? One of workspaces, users, time-entries, detailed-report, summary-report.',
      ],
      [4, 48, 'sources[0].credential', '"acne" is not a credential', 'Did you mean "acme"? One of acme.'],
      [4, 61, 'sources[0].every', '"30" has no unit', 'Say ms, s, m, h or d: 500ms, 30s, 5m, 24h, 7d.'],
      [
        5,
        11,
        'sources[1].name',
        '"Time Entries" is not a name',
        'Up to 63 of a-z, 0-9 and "-", not starting with "-".',
      ],
      [8, 5, 'sources[1].evry', 'is not a known key', 'Did you mean "every"?'],
      [
        9,
        22,
        'sources[1].ignore_changes[0]',
        '"descripton" is not a field',
        'Did you mean "description"? One of workspace_id, id, description.',
      ],
      [13, 7, 'kafka.brokers', '"kafka://other" is not a broker as host:port', 'Without a scheme: kafka-1:9092.'],
      [14, 3, 'kafka.sesion_timeout', 'is not a known key', 'Did you mean "session_timeout"?'],
      [15, 18, 'registry.url', 'is not an http or https URL', 'Such as https://host/path.'],
      [16, 1, 'brokers', 'is not a known key', 'Did you mean "kafka.brokers"?'],
      [17, 6, 'log', 'is text and should be a map', 'Keys: level, format.'],
    ],
  );
});

test('a configuration that cannot be used is one error with all problems in its message', () => {
  const load = () =>
    loadConfig({
      file: 'c.yaml',
      env: {},
      templates: TEMPLATES,
      readFile: () => 'credentials: {}\nsources: []\n',
    });
  throws(load, (error) => {
    ok(error instanceof ConfigError);
    deepEqual([error.kind, error.code, error.problems.length], ['config', 'config.invalid', 2]);
    match(error.message, /has 2 problems:\n {2}c\.yaml:1:14: credentials: is empty\n {4}Give at least one\./);
    match(error.message, /c\.yaml:2:10: sources: is empty/);
    return true;
  });
});

test('an environment variable wins over the file, and a flag over both', () => {
  const text = `${MINIMAL}sink: stdout\nlog: { level: warn }\nkafka: { brokers: [a:1], static_shards: "1" }\n`;
  const fromFile = lint(text).config;
  deepEqual([fromFile?.sink, fromFile?.log.level, fromFile?.kafka.brokers], ['stdout', 'warn', ['a:1']]);

  const env = {
    CLOCKIFY_KAFKA_SINK: 'file',
    CLOCKIFY_KAFKA_LOG_LEVEL: 'debug',
    CLOCKIFY_KAFKA_BROKERS: 'b:1, c:2',
    CLOCKIFY_KAFKA_STATIC_SHARDS: '2',
    CLOCKIFY_KAFKA_REGISTRY_URL: 'https://registry:8081/',
    CLOCKIFY_KAFKA_APP: '',
  };
  const fromEnv = lint(text, { env }).config;
  deepEqual([fromEnv?.sink, fromEnv?.log.level, fromEnv?.kafka.brokers], ['file', 'debug', ['b:1', 'c:2']]);
  deepEqual([fromEnv?.registry.url, fromEnv?.app], ['https://registry:8081', 'default']);

  const fromFlags = lint(text, { env, overrides: { sink: 'kafka', shards: '0-7,12' } }).config;
  deepEqual([fromFlags?.sink, fromFlags?.kafka.staticShards], ['kafka', '0-7,12']);
});

test('a wrong variable or flag is named instead of a line, and its value is not shown', () => {
  const { problems } = lint(MINIMAL, { env: { CLOCKIFY_KAFKA_SHARDS: '42abc' }, overrides: { shards: '7-3' } });
  deepEqual(
    problems.map(({ file, line, message }) => [file, line, message]),
    [['environment variable CLOCKIFY_KAFKA_SHARDS', 0, 'the value does not give a whole number from 1 to 1000']],
  );
  deepEqual(
    lint(MINIMAL, { overrides: { shards: '7-3' } }).problems.map(({ file, message }) => [file, message]),
    [['flag --shards', '7-3 is no range of the 24 shards']],
  );
});

test('a variable that nothing reads is warned of', () => {
  const { config, warnings } = lint(MINIMAL, { env: { CLOCKIFY_KAFKA_BROKRS: 'a:1', CLOCKIFY_KAFKA_CONFIG: 'x' } });
  ok(config);
  deepEqual(
    warnings.map(({ file, hint }) => [file, hint]),
    [['environment variable CLOCKIFY_KAFKA_BROKRS', 'Did you mean "CLOCKIFY_KAFKA_BROKERS"?']],
  );
});

test('nothing is guessed: no number with a tail, no exponent, no other words for true', () => {
  const settings = ['kafka: { shards: 42abc }', 'kafka: { shards: 1e3 }', 'topics: { create: yes }', 'app: ~', 'app:'];
  const found = settings.map((setting) => problemsOf(lint(`${MINIMAL}${setting}\n`)));
  deepEqual(found, [
    ['5:18 kafka.shards: "42abc" is not a whole number from 1 to 1000'],
    ['5:18 kafka.shards: "1e3" is not a whole number from 1 to 1000'],
    ['5:19 topics.create: "yes" is not true or false'],
    ['5:6 app: is empty'],
    ['5:5 app: is empty'],
  ]);
});

test('settings that are right alone are checked together', () => {
  const wrong = [
    'kafka: { shards: 8, static_shards: 0-8 }',
    'topics: { replication_factor: 0 }',
    'registry: { username: worker }',
    'http: { connect_timeout: 2m }',
  ];
  deepEqual(problemsOf(lint(`${MINIMAL}${wrong.join('\n')}\n`)), [
    '5:36 kafka.static_shards: 0-8 is no range of the 8 shards',
    '6:31 topics.replication_factor: cannot be 0',
    '7:23 registry.username: stands alone',
    '8:26 http.connect_timeout: is longer than http.request_timeout',
  ]);
});

test('an empty section means its defaults', () => {
  equal(lint(`${MINIMAL}kafka:\nregistry: {}\n`).config?.kafka.shards, 24);
});

test('a file that is not there is a problem, not a crash', () => {
  const result = loadResult('missing.yaml');
  deepEqual(
    result.problems.map(({ file, line, message }) => [file, line, message]),
    [['missing.yaml', 0, 'the file cannot be read (ENOENT)']],
  );
});

test('P7: the password may come from a file, and all secrets are listed for the scrubber', () => {
  const text = `${MINIMAL}registry: { username: worker }\n`;
  const { config, problems } = lint(text, {
    env: { CLOCKIFY_KAFKA_REGISTRY_PASSWORD_FILE: '/run/secrets/p' },
    files: { '/run/secrets/p': 'pass-word\n' },
  });
  deepEqual(problems, []);
  deepEqual(config && secretsOf(config), [KEY, 'pass-word']);
});

function loadResult(file: string) {
  try {
    loadConfig({ file, env: {}, templates: TEMPLATES });
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('it was read');
}
