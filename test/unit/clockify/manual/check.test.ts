import { deepStrictEqual, match, ok, strictEqual, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { checkSteps } from '../../../../src/clockify/manual/check.ts';
import { createManualEndpoint } from '../../../../src/clockify/manual/endpoint.ts';
import { parseHeaderLine } from '../../../../src/clockify/manual/headers.ts';
import type { Paging, StepDefinition } from '../../../../src/clockify/manual/step.ts';
import { step } from './place.ts';

const URL_ = 'https://api.clockify.me/api/v1';
const page: Extract<Paging, { type: 'page' }> = {
  type: 'page',
  parameter: 'page',
  sizeParameter: undefined,
  size: undefined,
  firstPage: 1,
  lastPageHeader: undefined,
  expectedRows: undefined,
  in: 'query',
};
const check = (...steps: Partial<StepDefinition>[]) => checkSteps(steps.map(step), ['workspace', 'user']);

test('what is right has no problems, and an endpoint is made of it', () => {
  const steps = [
    step({ name: 'projects', url: `${URL_}/workspaces/{workspace_id}/projects?u={user}&from={now-7}` }),
    step({
      name: 'tasks',
      method: 'POST',
      url: `${URL_}/p/{projects.id}/{item.client.id}/{step1['a b'][0].c}`,
      headers: { 'X-Trace': 'on {now}' },
      body: { a: ['{item.id}', { '{': '{}' }], b: 1 },
      paging: { ...page, parameter: 'filter.page', in: 'body' },
    }),
  ];
  deepStrictEqual(checkSteps(steps, ['workspace', 'user']), []);
  createManualEndpoint({
    client: { send: () => Promise.reject(new Error('unused')) },
    steps,
    params: { workspace: 'w', user: 'u' },
    owner: 'w',
    output: 'last',
    parallel: 1,
    maxPages: 1,
  });
});

const wrong: readonly [string, Partial<StepDefinition>, string, number | undefined, RegExp, RegExp][] = [
  [
    'an unknown placeholder',
    { url: `${URL_}/{project_id}` },
    'url',
    32,
    /\{project_id\}/,
    /\{workspace_id\}, \{user_id\}/,
  ],
  ['an item of no step', { url: `${URL_}/{item.id}` }, 'url', 32, /\{item\.id\}/, /\{now\}/],
  ['a fraction', { url: `${URL_}/{now-1.5}` }, 'url', 32, /now-1\.5/, /\{now\}/],
  ['an unclosed brace', { url: `${URL_}/{user}/{workspace` }, 'url', 39, /brace/, /workspace_id/],
  ['a brace too many', { url: `${URL_}/{user}}` }, 'url', 38, /brace/, /workspace_id/],
  ['a placeholder in the host', { url: 'https://{user}.clockify.me/' }, 'url', 9, /before the path/, /host/],
  ['a relative URL', { url: '/workspaces' }, 'url', 1, /not whole/, /https/],
  ['user information', { url: 'https://a:b@api.clockify.me/' }, 'url', 1, /user information/, /credential/],
  ['a time beyond the calendar', { url: `${URL_}/{now-9999999}` }, 'url', undefined, /no date/, /^$/],
  [
    'the key in a header',
    { headers: { 'x-API-key': 'k' } },
    'headers.x-API-key',
    undefined,
    /not set here/,
    /credential/,
  ],
  ['a reserved header', { headers: { Host: 'x' } }, 'headers.Host', undefined, /by the worker/, /out/],
  ['a header of two lines', { headers: { A: 'a\nb' } }, 'headers.A', undefined, /signs/, /Latin-1/],
  ['a header twice', { headers: { A: 'a', a: 'b' } }, 'headers.a', undefined, /twice/, /out/],
  ['an unknown name in a header', { headers: { A: 'x {b}' } }, 'headers.A', 3, /\{b\}/, /workspace_id/],
  ['a GET with a body', { body: {} }, 'body', undefined, /GET/, /POST/],
  ['an unknown name in a body', { method: 'POST', body: { a: ['x', ' {b}'] } }, 'body.a.1', 2, /\{b\}/, /workspace_id/],
  ['a body that is no JSON', { method: 'POST', body: '{' }, 'body', 1, /no JSON/, /map/],
  ['a filter in the data path', { dataPath: '$.a[?(@.b)]' }, 'data_path', 5, /filter/, /code/],
  ['a bad metadata path', { metadataPath: '$.a[*]' }, 'metadata_path', 5, /more than one/, /names and indexes/],
  ['a bad format', { time: { unit: 'day', format: 'yyyyTHH', zone: 'UTC' } }, 'date_format', 5, /"T"/, /'T'/],
  ['a bad zone', { time: { unit: 'day', format: 'yyyy', zone: 'Mars' } }, 'time_zone', undefined, /zone/, /UTC/],
  ['a bad path of paging', { paging: { type: 'next-url', path: 'next' } }, 'paging.path', 1, /\$/, /\$/],
  ['paging in a body of a GET', { paging: { ...page, in: 'body' } }, 'paging.in', undefined, /GET/, /POST/],
  ['a size without a name', { paging: { ...page, size: 5 } }, 'paging.size', undefined, /together/, /both/],
  [
    'a size of zero',
    { paging: { ...page, sizeParameter: 's', size: 0 } },
    'paging.size',
    undefined,
    /whole/,
    /1 at least/,
  ],
  ['no name of a parameter', { paging: { ...page, parameter: '' } }, 'paging.parameter', undefined, /empty/, /Name/],
  [
    'paging into a list of the body',
    { method: 'POST', body: { f: [] }, paging: { ...page, parameter: 'f.page', in: 'body' } },
    'paging.parameter',
    undefined,
    /no object there/,
    /dotted/,
  ],
  ['a name with a dot', { name: 'a.b' }, 'name', undefined, /signs/, /Letters/],
  ['a reserved name', { name: 'item' }, 'name', undefined, /item/, /placeholder/],
];

for (const [what, over, field, position, message, hint] of wrong) {
  test(`${what} is refused before anything starts, at its place, with what would be right`, () => {
    const problems = check(over);
    strictEqual(problems.length, 1, JSON.stringify(problems));
    const [problem] = problems;
    deepStrictEqual([problem?.step, problem?.field, problem?.position], [over.name ?? 'list', field, position]);
    match(problem?.message ?? '', message);
    match(problem?.hint ?? '', hint);
  });
}

test('every problem of every step is told, and a later step is not known to an earlier one', () => {
  const problems = check(
    { name: 'a', url: `${URL_}/{b.id}`, dataPath: 'x' },
    { name: 'b', url: `${URL_}/{a.id}/{item}`, headers: { 'X-Api-Key': 'k' } },
    { name: 'b' },
  );
  deepStrictEqual(
    problems.map(({ step: name, field }) => `${name} ${field}`),
    ['a url', 'a data_path', 'b url', 'b headers.X-Api-Key', 'b name'],
  );
  match(problems[2]?.hint ?? '', /\{a\.…\}/);
  deepStrictEqual(
    checkSteps([], []).map(({ field }) => field),
    ['steps'],
  );
});

test('a line of headers is read; a value with commas or colons stands in quotes', () => {
  deepStrictEqual(parseHeaderLine(''), {});
  deepStrictEqual(parseHeaderLine('X-Trace:on, Accept:application/json'), {
    'X-Trace': 'on',
    Accept: 'application/json',
  });
  deepStrictEqual(parseHeaderLine(`A: "a, b:c" ,B:'d "e"', C : {now-1} , D:"f \\"g\\"", E:`), {
    A: 'a, b:c',
    B: 'd "e"',
    C: '{now-1}',
    D: 'f "g"',
    E: '',
  });
});

test('a line of headers that cannot be read, or sets what is not its to set, is refused with the position', () => {
  const cases: readonly [string, number, RegExp][] = [
    ['A', 1, /no header/],
    ['A:1, B', 5, /no header/],
    ['A:1:2', 1, /no header/],
    ['A:"b', 1, /no header/],
    ['A:1,,B:2', 5, /no header/],
    ['A:1, x-api-key: SECRET', 5, /X-Api-Key is not set here/],
    ['A:1,a:2', 5, /twice/],
    ['Content-Length:1', 1, /by the worker/],
    ['A B:1', 1, /no header/],
  ];
  for (const [line, position, message] of cases) {
    throws(
      () => parseHeaderLine(line),
      (error: Error & { code: string; kind: string; position: number }) => {
        match(error.message, message);
        ok(!error.message.includes('SECRET'));
        deepStrictEqual([error.kind, error.code, error.position], ['config', 'headers.invalid', position], line);
        return true;
      },
    );
  }
});
