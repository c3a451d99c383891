// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what is tested
import { deepStrictEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { templates } from '../../src/clockify/templates/catalogue.ts';
import { lintConfig, loadConfig } from '../../src/config/load-config.ts';
import { ConfigError } from '../../src/config/problem.ts';
import { milliseconds } from '../../src/config/quantity.ts';
import { SETTING_PATHS } from '../../src/config/settings.ts';

const runs = {
  numRuns: Number(process.env.FC_RUNS ?? 400),
  ...(process.env.FC_SEED ? { seed: Number(process.env.FC_SEED) } : {}),
};
const CANARY = 'canary-Key_1234567890';

const KEYS = [
  ...SETTING_PATHS.flatMap((path) => path.split('.')),
  ...['credentials', 'sources', 'name', 'template', 'credential', 'workspace', 'user', 'api_key', 'region', 'base_url'],
  ...[
    'rate',
    'burst',
    'reports_rate',
    'topic',
    'ignore_changes',
    'page_size',
    'acme',
    '__proto__',
    'constructor',
    'prototype',
    '<<',
    '',
  ],
  ...['endpoint', 'steps', 'url', 'method', 'headers', 'body', 'paging', 'type', 'path', 'key', 'schema', 'output'],
  ...['data_path', 'metadata_path', 'date_format', 'time_unit', 'time_zone', 'cron', 'once', 'report', 'totals'],
];
const VALUES = [
  'all',
  '5s',
  '10/s',
  'users',
  'acme',
  'true',
  '~',
  '1',
  '-1',
  '32MiB',
  'https://x',
  'a:1',
  '${CANARY}',
  '${X',
  '$${',
  ...['/x/{${CANARY}}', '{${CANARY}.id}', '$.${CANARY}', '{"${CANARY}": "{${CANARY}}"}', 'A:1, ${CANARY}:2'],
  ...['$.a[*]', '$[', '{now-1}', '(now+2)', '{now-}', '{workspace_id}', '{item.id}', '/workspaces/{workspace}', 'hash'],
  ...['POST', 'page', 'next-url', '* * * * * *', 'Europe/Berlin', 'epoch_millis', 'detailed-report', 'reports:/x'],
  '*a',
  '&a x',
  '!t',
];

const scalar = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.string({ maxLength: 20 }),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 5, depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(fc.constantFrom(...KEYS), fc.string({ maxLength: 8 })), tie('tree'), { maxKeys: 6 }),
  ),
}));

/** A right file, with one part of it replaced: the mistakes that people make. */
const nearMiss = fc
  .tuple(
    fc.constantFrom(
      ...SETTING_PATHS,
      'credentials.acme',
      'credentials.acme.region',
      'sources',
      'sources.0.every',
      'sources.0',
      ...[
        'endpoint',
        'endpoint.url',
        'endpoint.headers',
        'endpoint.body',
        'endpoint.paging',
        'key',
        'schema',
        'cron',
      ].map((key) => `sources.1.${key}`),
      ...['steps', 'steps.0', 'steps.1', 'steps.1.url', 'steps.1.name', 'steps.0.data_path', 'steps.0.headers'].map(
        (key) => `sources.2.${key}`,
      ),
      ...['report', 'report.dateRangeStart', 'time_zone', 'totals'].map((key) => `sources.3.${key}`),
    ),
    tree,
  )
  .map(([path, value]) => {
    const file: Record<string, unknown> = {
      credentials: { acme: { api_key: '${CANARY}' } },
      sources: [
        { name: 'users', template: 'users', credential: 'acme' },
        { name: 'one', credential: 'acme', key: '$.id', endpoint: { url: '/x/{workspace_id}', method: 'POST' } },
        {
          name: 'chain',
          credential: 'acme',
          key: 'hash',
          steps: [
            { name: 'a', url: '/a' },
            { name: 'b', url: '/a/{a.id}' },
          ],
        },
        {
          name: 'report',
          template: 'detailed-report',
          credential: 'acme',
          report: { dateRangeStart: '{now-1}', dateRangeEnd: '{now}' },
        },
      ],
    };
    const steps = path.split('.');
    const last = steps.pop() ?? '';
    let at = file;
    for (const step of steps) {
      at[step] ??= {};
      at = at[step] as Record<string, unknown>;
    }
    at[last] = value;
    return file;
  });

const yamlText = fc.oneof(
  tree.map((value) => stringify(value) ?? ''),
  nearMiss.map((value) => stringify(value)),
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc
    .array(
      fc.constantFrom(
        ...KEYS,
        ...VALUES,
        ': ',
        '- ',
        '\n',
        '\n  ',
        '{',
        '}',
        '[',
        ']',
        '"',
        "'",
        '|',
        '>',
        '?',
        '\t',
        '# ',
        ', ',
      ),
      { maxLength: 40 },
    )
    .map((words) => words.join('')),
);

function load(text: string) {
  return { file: 'c.yaml', env: { CANARY }, templates, readFile: () => text };
}

test('any text is a configuration or a configuration error, and P7: never shows what a reference gave', () => {
  fc.assert(
    fc.property(yamlText, (text) => {
      const { config, problems, warnings } = lintConfig(load(text));
      ok((config === undefined) === problems.length > 0);
      ok(!JSON.stringify([problems, warnings]).includes(CANARY));
      for (const { file, line, column, message } of [...problems, ...warnings]) {
        ok(file === 'c.yaml' && message !== '' && (line === 0 ? column === 0 : line >= 1 && column >= 1));
        ok(line <= text.split(/\r\n|\r|\n/).length);
      }
      if (config !== undefined) return;
      try {
        loadConfig(load(text));
        ok(false);
      } catch (error) {
        ok(error instanceof ConfigError, String(error));
      }
    }),
    runs,
  );
});

test('what is written with a unit is read back as the same time', () => {
  const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  fc.assert(
    fc.property(
      fc.nat(999_999_999),
      fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
      (count, unit) => {
        deepStrictEqual(milliseconds(`${count}${unit}`), count * units[unit]);
      },
    ),
    runs,
  );
});

test('every loaded key is bound to https origins, or to this machine', () => {
  const part = fc.constantFrom(
    'http://',
    'https://',
    'HTTPS://',
    'localhost',
    '127.0.0.1',
    '[::1]',
    'api.clockify.me',
    'evil.example',
    '.',
    '@',
    ':',
    '80',
    '/',
    '/api/v1',
    '\\',
    '?',
    '#',
    '%2e',
    ' ',
    'user:pw',
  );
  const url = fc.oneof(
    fc.webUrl(),
    fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(url, (base) => {
      const text = stringify({
        credentials: { acme: { api_key: 'k', base_url: base } },
        sources: [{ name: 'users', template: 'users', credential: 'acme' }],
      });
      const acme = lintConfig(load(text)).config?.credentials.acme;
      if (acme === undefined) return;
      const loopback = /^http:\/\/(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;
      for (const origin of acme.allowedOrigins) ok(origin.startsWith('https://') || loopback.test(origin), origin);
      const { origin } = new URL(acme.baseUrl);
      const reports = origin === 'https://api.clockify.me' ? ['https://reports.api.clockify.me'] : [];
      deepStrictEqual(acme.allowedOrigins, [origin, ...reports]);
      const { username, password, search, hash } = new URL(acme.baseUrl);
      deepStrictEqual([username, password, search, hash], ['', '', '', '']);
    }),
    runs,
  );
});

test('P7: whatever a URL says, and whatever stands in its placeholders, the key goes to a host of the credential', () => {
  const part = fc.constantFrom(
    ...[
      'https://',
      'http://',
      '//',
      '/',
      'api.clockify.me',
      'reports.api.clockify.me',
      'evil.example',
      ':443',
      '.',
      '..',
    ],
    ...[
      '@',
      ':',
      '?',
      '#',
      '\\',
      '%2e',
      ' ',
      '\t',
      'reports:',
      '{workspace_id}',
      '{user}',
      '{now-1}',
      '(now)',
      'x',
      '/api/v1',
    ],
  );
  const url = fc.oneof(
    fc.webUrl(),
    fc.array(part, { minLength: 1, maxLength: 7 }).map((parts) => parts.join('')),
    fc.array(part, { maxLength: 5 }).map((parts) => `https://api.clockify.me${parts.join('')}`),
  );
  const value = fc.oneof(fc.string(), part);
  fc.assert(
    fc.property(url, value, (text, placed) => {
      const source = { name: 's', credential: 'acme', key: 'hash', endpoint: { url: text } };
      const { config } = lintConfig(load(stringify({ credentials: { acme: { api_key: 'k' } }, sources: [source] })));
      const found = config?.sources[0]?.endpoint?.steps[0]?.url;
      if (found === undefined) return;
      const filled = found.replaceAll(/\{[^{}]*\}|\(now[^)]*\)/g, encodeURIComponent(placed.toWellFormed()));
      const { origin, username, password } = new URL(filled);
      ok(['https://api.clockify.me', 'https://reports.api.clockify.me'].includes(origin), filled);
      deepStrictEqual([username, password], ['', '']);
    }),
    runs,
  );
});

test('a body means the same as a map and as JSON text', () => {
  const { json } = fc.letrec<{ json: unknown }>((tie) => ({
    json: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.oneof(fc.stringMatching(/^[\w .:+-]{0,12}$/), fc.constant('{now-7}'), fc.constant('{workspace_id}')),
      fc.oneof(
        fc.boolean(),
        fc.constant(null),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map(short),
      ),
      fc.array(tie('json'), { maxLength: 3 }),
      fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z]{0,8}$/), tie('json'), { maxKeys: 3 }),
    ),
  }));
  const bodies = fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z]{0,8}$/), json, { minKeys: 2, maxKeys: 4 });
  fc.assert(
    fc.property(bodies, (body) => {
      const read = (given: unknown) => {
        const endpoint = { url: '/x', method: 'POST', body: given };
        const source = { name: 's', credential: 'acme', key: 'hash', endpoint };
        const text = stringify({ credentials: { acme: { api_key: 'k' } }, sources: [source] });
        const { config, problems } = lintConfig(load(text));
        deepStrictEqual(problems, []);
        return config?.sources[0]?.endpoint?.steps[0]?.body;
      };
      deepStrictEqual(JSON.parse(JSON.stringify(read(body))), JSON.parse(JSON.stringify(body)));
      deepStrictEqual(JSON.stringify(read(JSON.stringify(body))), JSON.stringify(body));
    }),
    runs,
  );
});

/** Numbers as people write them: no exponents, at most 15 digits. */
function short(value: number): number {
  return Math.round((value % 1_000_000) * 1_000) / 1_000 || 0;
}
