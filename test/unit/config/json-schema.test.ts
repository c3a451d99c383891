// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references are what is tested
import { deepEqual, equal } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { compileDateFormat } from '../../../src/clockify/macros.ts';
import { checkSteps } from '../../../src/clockify/manual/check.ts';
import { compileReportBody } from '../../../src/clockify/report-body.ts';
import { templates } from '../../../src/clockify/templates/catalogue.ts';
import { lintConfig } from '../../../src/config/load-config.ts';
import type { ReportConfig } from '../../../src/config/source-config.ts';
import { jsonSchema, printJson } from '../../../src/config/write-json-schema.ts';
import { validate } from './json-schema-validator.ts';

const folder = new URL('../../../config/', import.meta.url);
const committed = readFileSync(new URL('clockify-kafka.schema.json', folder), 'utf8');
const schema = JSON.parse(committed);

const ENV = {
  CLOCKIFY_API_KEY: 'key-1234567890',
  CLOCKIFY_URL: 'http://127.0.0.1:4010',
  CLOCKIFY_REPORTS_URL: 'http://127.0.0.1:4010/report/v1',
  KAFKA_BROKERS: '127.0.0.1:9092',
  REGISTRY_URL: 'http://127.0.0.1:8081',
};

function lintFile(name: string, text?: string) {
  const file = new URL(name, folder).pathname;
  const readFile = text === undefined ? undefined : () => text;
  return lintConfig({ file, env: ENV, templates, judges: { checkDateFormat, checkSteps, checkReport }, readFile });
}

test('the committed JSON Schema is what `npm run schema` writes', () => {
  equal(committed, `${printJson(jsonSchema(templates))}\n`);
});

function checkDateFormat(pattern: string, zone: string): string | undefined {
  try {
    compileDateFormat(pattern, zone);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

function checkReport(kind: 'detailed' | 'summary', { body, time }: ReportConfig, parameters: readonly string[]) {
  const params = Object.fromEntries(parameters.map((name) => [name, '0']));
  compileReportBody({ kind, body, params, time });
  return undefined;
}

test('config/all.yaml has every template, two reports and three manual endpoints, right here and in an editor', () => {
  const { config, problems, warnings } = lintFile('all.yaml');
  deepEqual({ problems, warnings }, { problems: [], warnings: [] });
  const named = config?.sources.map(({ template }) => template).filter((template) => template !== '') ?? [];
  deepEqual(named.toSorted(), templates.map(({ name }) => name).toSorted());
  deepEqual(
    config?.sources.filter(({ endpoint }) => endpoint !== undefined).map(({ name }) => name),
    ['approvals', 'expenses', 'task-details'],
  );
  deepEqual(validate(schema, parse(readFileSync(new URL('all.yaml', folder), 'utf8'))), []);
});

test('what config/example.yaml shows in comments is right too', () => {
  const written = readFileSync(new URL('example.yaml', folder), 'utf8');
  const [before = '', sources = '', after = ''] = written.split(/^(?=sources:|kafka:)/m);
  const shown = sources.replaceAll(/^ {2}# (?=- name:| {2}\S| {4,}\S)/gm, '  ');
  const text = before + shown + after;
  const { config, problems, warnings } = lintFile('example.yaml', text);
  deepEqual({ problems, warnings }, { problems: [], warnings: [] });
  deepEqual(
    config?.sources.slice(4).map(({ name }) => name),
    ['nightly-tags', 'detailed-report', 'approvals', 'task-details'],
  );
  deepEqual(validate(schema, parse(text)), []);
});

for (const name of ['example.yaml', 'demo.yaml']) {
  test(`config/${name} is right without a warning, here and in an editor`, () => {
    const { config, problems, warnings } = lintFile(name);
    deepEqual({ problems, warnings }, { problems: [], warnings: [] });
    deepEqual(
      config?.sources.map(({ template }) => template),
      ['workspaces', 'users', 'projects', 'time-entries'],
    );
    const text = readFileSync(new URL(name, folder), 'utf8');
    equal(text.split('\n')[0], '# yaml-language-server: $schema=./clockify-kafka.schema.json');
    deepEqual(validate(schema, parse(text)), []);
  });
}

test('config/example.yaml shows the defaults: a file without its settings is the same configuration', () => {
  const bare = {
    credentials: parse(readFileSync(new URL('example.yaml', folder), 'utf8')).credentials,
    sources: parse(readFileSync(new URL('example.yaml', folder), 'utf8')).sources,
  };
  const text = JSON.stringify(bare);
  const { config } = lintConfig({ file: 'bare.yaml', env: ENV, templates, readFile: () => text });
  deepEqual(lintFile('example.yaml').config, config);
});

test('an editor sees the same mistakes', () => {
  const file = (changes: object) => ({
    credentials: { acme: { api_key: 'x' } },
    sources: [{ name: 's', template: 'users', credential: 'acme' }],
    ...changes,
  });
  const source = (keys: object) => file({ sources: [{ name: 's', template: 'users', credential: 'acme', ...keys }] });
  deepEqual(validate(schema, file({})), []);
  deepEqual(validate(schema, source({ every: '${EVERY}', status: 'ALL', include_roles: true, workspace: ['a'] })), []);
  const bare = { name: 's', credential: 'acme', key: '$.id' };
  const manual = (keys: object) => file({ sources: [{ ...bare, ...keys }] });
  const call = (keys: object) => manual({ endpoint: { url: '/user', ...keys } });
  deepEqual(validate(schema, call({ method: 'PUT', body: { a: [1] }, headers: { A: 'b' }, paging: 'page' })), []);
  deepEqual(validate(schema, call({ body: '{}', headers: 'A:b', paging: { type: 'offset', limit: 5 } })), []);
  deepEqual(validate(schema, manual({ steps: [{ name: 'a', url: '/a' }], output: 'each', key: ['$.a', '$.b'] })), []);
  const wrong = [
    manual({}),
    manual({ endpoint: {} }),
    manual({ endpoint: { url: '/user' }, parallel: 4 }),
    manual({ endpoint: { url: '/user' }, key: 'id' }),
    manual({ steps: [] }),
    manual({ steps: [{ url: '/a' }] }),
    manual({ steps: [{ name: 'a', url: '/a' }], parallel: 17 }),
    call({ method: 'GETT' }),
    call({ paging: 'pages' }),
    call({ paging: { type: 'offset' } }),
    call({ paging: { type: 'next-url' } }),
    call({ time_unit: 'days' }),
    call({ data_path: 'a' }),
    source({ totals: true }),
    {},
    file({ kafka: { shards: 'many' } }),
    file({ kafka: { shard: 1 } }),
    file({ credentials: { acme: {} } }),
    file({ credentials: { acme: { api_key: 'x', region: 'moon' } } }),
    source({ every: 30 }),
    source({ every: '30' }),
    source({ status: 'all' }),
    source({ template: 'workspaces', status: 'ALL' }),
    source({ template: 'user' }),
    source({ ignore_changes: ['nothing'] }),
    source({ name: 'A b' }),
  ];
  deepEqual(
    wrong.map((value) => validate(schema, value).length > 0),
    wrong.map(() => true),
  );
});
