import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { hintsOf, lint, problemsOf } from './support.ts';

const CREDENTIAL = `credentials: { acme: { api_key: '\${CLOCKIFY_API_KEY}' } }`;
const BASE = 'https://api.clockify.me/api/v1';

/** A file whose only source has these lines. */
function withSource(...lines: readonly string[]) {
  const source = ['name: s', 'credential: acme', ...lines].map(
    (line, index) => `${index === 0 ? '  - ' : '    '}${line}`,
  );
  return lint([CREDENTIAL, 'sources:', ...source].join('\n'), {
    files: {
      '/etc/worker/rows.avsc': '{ "type": "record", "name": "Row", "fields": [] }',
      '/etc/worker/text.avsc': '"string"',
    },
    env: { HIDDEN: 'hidden-Value' },
  });
}

function endpoint(...lines: readonly string[]) {
  const result = withSource(...lines);
  deepEqual(problemsOf(result), []);
  return result.config?.sources[0]?.endpoint;
}

function call(...keys: readonly string[]) {
  return endpoint('key: $.id', 'endpoint:', ...keys.map((key) => `  ${key}`))?.steps[0];
}

/** Line 7 is the first below `endpoint:`. */
function faults(...keys: readonly string[]) {
  return problemsOf(withSource('key: $.id', 'endpoint:', ...keys.map((key) => `  ${key}`))).map((problem) =>
    problem.replace('sources[0].endpoint.', ''),
  );
}

const URL_LINE = 'url: /workspaces/{workspace_id}/approval-requests';

test('one call takes everything that can be said of it', () => {
  const result = withSource(
    'endpoint:',
    '  method: POST',
    `  url: ${BASE}/workspaces/{workspace_id}/user/{user}/approval-requests?start={now-7}`,
    "  date_format: yyyy-MM-dd'T'HH:mm:ss'Z'",
    '  time_unit: week',
    '  time_zone: Europe/Berlin',
    '  data_path: $[*]',
    '  metadata_path: $.meta',
    '  metadata_prefix: m_',
    '  headers: "X-Trace:on, Accept:application/json"',
    '  body: { since: "{now-1}", deep: { list: [1, "1", true, null, 640000000000000000000001] } }',
    '  paging: { type: page, last_page_header: Last-Page, size: 50 }',
    'key: [$.a, $.b.c]',
    'schema: rows.avsc',
    'every: 10m',
    'workspace: [w1]',
    'ignore_changes: [moved_at]',
  );
  deepEqual(problemsOf(result), []);
  const step = {
    name: 'endpoint',
    method: 'POST',
    url: `${BASE}/workspaces/{workspace_id}/user/{user}/approval-requests?start={now-7}`,
    headers: { 'x-trace': 'on', accept: 'application/json' },
    body: { since: '{now-1}', deep: { list: [1, '1', true, null, '640000000000000000000001'] } },
    dataPath: '$[*]',
    metadataPath: '$.meta',
    metadataPrefix: 'm_',
    paging: {
      type: 'page',
      parameter: 'page',
      sizeParameter: 'page-size',
      size: 50,
      firstPage: 1,
      lastPageHeader: 'last-page',
      expectedRows: undefined,
      in: 'query',
    },
    time: { unit: 'week', format: "yyyy-MM-dd'T'HH:mm:ss'Z'", zone: 'Europe/Berlin' },
  };
  deepEqual(result.config?.sources[0], {
    name: 's',
    template: '',
    credential: 'acme',
    schedule: { type: 'every', everyMs: 600_000 },
    everyMs: 600_000,
    endpoint: {
      steps: [step],
      output: 'last',
      parallel: 4,
      key: { type: 'paths', paths: ['$.a', '$.b.c'] },
      schemaFile: '/etc/worker/rows.avsc',
      parameters: ['workspace', 'user'],
    },
    report: undefined,
    parameters: { workspace: ['w1'], user: 'all' },
    filters: {},
    topic: 'clockify.s',
    pageSize: undefined,
    ignoreChanges: ['moved_at'],
  });
});

test('a URL and a key are enough', () => {
  const found = endpoint('key: hash', 'endpoint: { url: /user }');
  deepEqual(found, {
    steps: [
      {
        name: 'endpoint',
        method: 'GET',
        url: `${BASE}/user`,
        headers: {},
        body: undefined,
        dataPath: '$',
        metadataPath: undefined,
        metadataPrefix: 'meta_',
        paging: { type: 'none' },
        time: { unit: 'day', format: "yyyy-MM-dd'T'HH:mm:ssXXX", zone: 'UTC' },
      },
    ],
    output: 'last',
    parallel: 4,
    key: { type: 'hash' },
    schemaFile: undefined,
    parameters: [],
  });
});

test('a URL begins at the API, at the reports, or is whole', () => {
  const url = (text: string) => call(`url: "${text}"`)?.url;
  equal(url('/workspaces/{workspace_id}/x'), `${BASE}/workspaces/{workspace_id}/x`);
  equal(url('reports:/shared-reports/x'), 'https://reports.api.clockify.me/v1/shared-reports/x');
  equal(url('HTTPS://API.clockify.me:443/api/v1/user?a={now}'), `${BASE}/user?a={now}`);
});

test('P7: a URL on another host is refused, naming the hosts that are allowed', () => {
  const wrong = withSource('key: hash', 'endpoint: { url: "https://api.clockify.me.evil.example/x" }');
  deepEqual(problemsOf(wrong), [
    '6:23 sources[0].endpoint.url: "https://api.clockify.me.evil.example" is not a host that this credential\'s key may go to',
  ]);
  equal(
    hintsOf(wrong)[0],
    'It goes to https://api.clockify.me and https://reports.api.clockify.me, and nowhere else. ' +
      'Write /workspaces/…, reports:/workspaces/…, or the full address.',
  );
  const reasons = [
    'http://api.clockify.me/x',
    'https://euc1.clockify.me/x',
    'https://api.clockify.me:8443/x',
    'https://{workspace_id}/x',
    'https://api.clockify.me{now}/x',
    'https://api.clockify.me@evil.example/x',
    'https://api.clockify.me\\\\@evil.example/x',
    'https:///evil.example',
    '//evil.example/x',
    'ftp://api.clockify.me/x',
    'workspaces',
    '/x#y',
    '/a b',
    '/../x',
    '/a/%2E%2e/x',
    '/api/v1/user',
    '/v1/user',
  ].map((url) => faults(`url: "${url}"`)[0]?.replace(/^.*?url: /, ''));
  deepEqual(reasons, [
    '"http://api.clockify.me" is not a host that this credential\'s key may go to',
    '"https://euc1.clockify.me" is not a host that this credential\'s key may go to',
    '"https://api.clockify.me:8443" is not a host that this credential\'s key may go to',
    'has a placeholder in its host',
    'has a placeholder in its host',
    'has user information in it',
    'has white space, a backslash or a fragment',
    'is not a URL',
    'has no scheme',
    'is neither a URL nor a path',
    'is neither a URL nor a path',
    'has white space, a backslash or a fragment',
    'has white space, a backslash or a fragment',
    'has . or .. as a part of its path',
    'has . or .. as a part of its path',
    'repeats what the address of the credential ends with',
    'repeats what the address of the credential ends with',
  ]);
});

test('headers are one line or a map, and never those of the credential or the client', () => {
  const headers = (line: string) => call(URL_LINE, `headers: ${line}`)?.headers;
  deepEqual(headers(`'X-Trace:on , Accept:"text/csv, text/plain",X-At:12:30,X-Quoted: ''a,b'''`), {
    'x-trace': 'on',
    accept: 'text/csv, text/plain',
    'x-at': '12:30',
    'x-quoted': 'a,b',
  });
  deepEqual(headers('{ X-Trace: "{workspace_id}", Accept: "a, b" }'), { 'x-trace': '{workspace_id}', accept: 'a, b' });
  deepEqual(faults(URL_LINE, 'headers: "A:1, x-api-KEY:secret, Host:x, B, C:3"'), [
    '8:22 headers.x-api-KEY: is a header of credentials, and the credential adds its own',
    '8:40 headers.Host: is a header that the client itself sets',
    '8:48 headers: has something here that is no header',
  ]);
  deepEqual(faults(URL_LINE, 'headers: { "a b": 1, Authorization: x, A: 1, a: 2, B: "", C: "é", D: [1] }'), [
    '8:18 headers."a b": is not the name of a header',
    '8:28 headers.Authorization: is a header of credentials, and the credential adds its own',
    '8:52 headers.a: is there twice',
    '8:58 headers.B: has no value',
    '8:65 headers.C: has characters that no header can have',
    '8:76 headers.D: is a list and should be one value',
  ]);
  deepEqual(faults(URL_LINE, 'headers: [a]'), ['8:16 headers: is a list and should be headers']);
});

test('P7: a key that stands in a header by mistake is not shown', () => {
  for (const line of [
    '"B, X-Api-Key:canary"',
    '"canary"',
    '"X-Api-Key canary"',
    '{ X-Api-Key: canary }',
    '"A b:canary"',
  ]) {
    const { problems } = withSource('key: hash', 'endpoint:', `  ${URL_LINE}`, `  headers: ${line}`);
    equal(problems.length, 1);
    equal(JSON.stringify(problems).includes('canary'), false);
  }
});

test('a body is a map, a list or JSON text, and says the same in each', () => {
  const body = (...lines: readonly string[]) => call(URL_LINE, 'method: PUT', ...lines)?.body;
  const wanted = { from: '{now-30}', to: '{now}', filter: { size: 1000, tags: ['a'] } };
  deepEqual(body('body: { from: "{now-30}", to: "{now}", filter: { size: 1000, tags: [a] } }'), wanted);
  deepEqual(body(`body: '{ "from": "{now-30}", "to": {now}, "filter": { "size": 1000, "tags": ["a"] } }'`), wanted);
  deepEqual(
    body('body: |', '  { "from": "(now-30)", "to": "(now)",', '  "filter": { "size": 1000, "tags": ["a"] } }'),
    wanted,
  );
  deepEqual(body('body: [1, "{workspace}"]'), [1, '{workspace}']);
  deepEqual(faults(URL_LINE, 'method: POST', 'body: { from: {now-7}, to: { user_id } }'), [
    '9:21 body.from: is a placeholder without quotes, which YAML reads as a map',
    '9:34 body.to: is a placeholder without quotes, which YAML reads as a map',
  ]);
  deepEqual(faults(URL_LINE, 'method: POST', `body: '{ "a": "{nobody}" }'`), ['9:13 body.a: {nobody} names nothing']);
  deepEqual(faults(URL_LINE, 'method: POST', 'body: text'), ['9:13 body: the body is no JSON at position 1']);
  deepEqual(faults(URL_LINE, 'method: POST', 'body: 5'), ['9:13 body: is neither an object nor a list']);
  deepEqual(faults(URL_LINE, 'body: {}'), ['8:7 body: stands with GET']);
});

test('every kind of paging is read, with its defaults', () => {
  const paging = (text: string) => call(URL_LINE, 'method: POST', `paging: ${text}`)?.paging;
  deepEqual(paging('none'), { type: 'none' });
  deepEqual(paging('link-header'), { type: 'link-header' });
  deepEqual(paging('{ type: link-header }'), { type: 'link-header' });
  deepEqual(paging('page'), {
    type: 'page',
    parameter: 'page',
    sizeParameter: undefined,
    size: undefined,
    firstPage: 1,
    lastPageHeader: undefined,
    expectedRows: undefined,
    in: 'query',
  });
  deepEqual(
    paging(
      '{ type: page, parameter: f.page, size_parameter: f.size, size: 9, first_page: 0, expected_rows: 9, in: body }',
    ),
    {
      type: 'page',
      parameter: 'f.page',
      sizeParameter: 'f.size',
      size: 9,
      firstPage: 0,
      lastPageHeader: undefined,
      expectedRows: 9,
      in: 'body',
    },
  );
  deepEqual(paging('{ type: offset, limit: 10 }'), {
    type: 'offset',
    parameter: 'offset',
    limitParameter: 'limit',
    limit: 10,
    in: 'query',
  });
  deepEqual(paging('{ type: next-token, path: $.meta.next, parameter: cursor }'), {
    type: 'next-token',
    path: '$.meta.next',
    parameter: 'cursor',
    in: 'query',
  });
  deepEqual(paging('{ type: next-url, path: "$[\'next url\']" }'), { type: 'next-url', path: "$['next url']" });
});

test('paging that cannot work is refused', () => {
  const wrong = (text: string) => faults(URL_LINE, `paging: ${text}`).map((fault) => fault.replace(/^8:/, ''));
  deepEqual(wrong('pages'), ['15 paging.type: "pages" is not a kind of paging']);
  deepEqual(wrong('{ size: 5 }'), ['15 paging.type: is missing']);
  deepEqual(wrong('[page]'), ['15 paging: is a list and should be a map']);
  deepEqual(wrong('{ type: offset }'), ['15 paging.limit: is missing']);
  deepEqual(wrong('{ type: next-url, path: "$.a[*]" }'), [
    '44 paging.path: the path names more than one value at position 5',
  ]);
  deepEqual(wrong('{ type: none, size: 5 }'), ['29 paging.size: is not a known key']);
  deepEqual(wrong('{ type: page, size_parameter: s }'), ['29 paging.size_parameter: stands without size']);
  deepEqual(wrong('{ type: page, in: body }'), ['7 paging: is in the body, and GET has none']);
  deepEqual(faults('url: /x?a=1&page=2', 'paging: page'), ['8:7 paging: sets a parameter that the URL sets too']);
  deepEqual(faults('url: /x', 'method: PUT', 'body: []', 'paging: { type: page, in: body }'), [
    '10:7 paging: is in the body, which is a list',
  ]);
});

test('paths and placeholders are judged at the character that is wrong', () => {
  deepEqual(
    faults('url: "/workspaces/{workspce_id}/{now}{now-}"', 'data_path: $.a[?(@.b)]', "metadata_path: '$.m[*]'"),
    [
      '7:25 url: {workspce_id} names nothing',
      '7:44 url: {now-} names nothing',
      '8:22 data_path: the path cannot be read: a filter or a script stands at position 5',
      '9:27 metadata_path: the path names more than one value at position 5',
    ],
  );
  deepEqual(faults('url: /{workspace_id.x}/{now-99999999999999999999}'), [
    '7:30 url: a time has no whole number at position 19',
  ]);
  const hints = hintsOf(withSource('key: hash', 'endpoint: { url: "/{workspce}" }'));
  deepEqual(hints, ['Did you mean {workspace}? There are {workspace_id}, {user_id}, {project_id}, {now}, {now-1}.']);
});

test('of what a reference gives nothing is shown', () => {
  const wrong = withSource(
    'key: hash',
    'endpoint:',
    '  method: POST',
    `  url: "https://\${HIDDEN}/{x}"`,
    `  headers: "\${HIDDEN}"`,
    `  body: "{ \\"\${HIDDEN}\\": \\"{\${HIDDEN}}\\" }"`,
    `  data_path: \${HIDDEN}`,
    `  date_format: jj\${HIDDEN}`,
    `schema: \${HIDDEN}`,
  );
  equal(wrong.problems.length >= 6, true);
  equal(JSON.stringify(wrong.problems).includes('hidden'), false);
});

test('a chain is a list of steps that name fields of those before them', () => {
  const result = withSource(
    'steps:',
    '  - { name: projects, url: "/workspaces/{workspace_id}/projects", paging: page }',
    '  - { name: tasks, url: "/workspaces/{workspace_id}/projects/{projects.id}/tasks" }',
    '  - { name: task, url: "/x/{item.id}/{step1.id}/{tasks[\'the id\']}" }',
    'output: each',
    'parallel: 16',
    'key: $.id',
    'time_zone: Europe/Berlin',
    'time_unit: month',
  );
  deepEqual(problemsOf(result), []);
  deepEqual(result.warnings, []);
  const found = result.config?.sources[0]?.endpoint;
  deepEqual(
    found?.steps.map(({ name, time }) => [name, time.zone, time.unit]),
    ['projects', 'tasks', 'task'].map((name) => [name, 'Europe/Berlin', 'month']),
  );
  deepEqual([found?.output, found?.parallel, found?.parameters], ['each', 16, ['workspace']]);
});

test('what is wrong with a chain is told of every step', () => {
  const chain = (...steps: readonly string[]) =>
    problemsOf(withSource('key: $.id', 'steps:', ...steps.map((step) => `  - { ${step} }`))).map((problem) =>
      problem.replace('sources[0].', ''),
    );
  deepEqual(
    chain(
      'name: a, url: "/{b.id}/{a.id}"',
      'name: b, url: "/{a}/{a.id}"',
      'name: a, url: /x',
      'name: user_id, url: "/"',
      'url: /',
    ),
    [
      '7:27 steps[0].url: {b} names no earlier step',
      '7:34 steps[0].url: {a} names no earlier step',
      '8:27 steps[1].url: {a} names a step, not a field',
      '9:17 steps[2].name: is the name of an earlier step',
      '10:17 steps[3].name: is a word that placeholders already have',
      '11:9 steps[4].name: is missing',
    ],
  );
  deepEqual(problemsOf(withSource('key: $.id', 'steps: []')), ['6:12 sources[0].steps: is empty']);
  deepEqual(problemsOf(withSource('key: $.id', 'steps: x')), ['6:12 sources[0].steps: is text and should be a list']);
  const repeated = withSource('key: $.id', 'steps: [{ name: a, url: /a }, { name: b, url: "/{workspace_id}" }]');
  deepEqual(
    repeated.warnings.map(({ message }) => message),
    ['sends the same request for each item of the step before'],
  );
});

test('a key is a path, several, or the hash of the row', () => {
  const key = (text: string) => endpoint(`key: ${text}`, 'endpoint: { url: /user }')?.key;
  deepEqual(key('$.id'), { type: 'paths', paths: ['$.id'] });
  deepEqual(key('[$.a, $.b]'), { type: 'paths', paths: ['$.a', '$.b'] });
  deepEqual(key(`"$['a,b']"`), { type: 'paths', paths: ["$['a,b']"] });
  const wrong = (text: string) => problemsOf(withSource(`key: ${text}`, 'endpoint: { url: /user }'));
  deepEqual(wrong('[$.a, "$.b[0]"]'), ['5:20 sources[0].key[1]: a key cannot be in a list at position 4']);
  deepEqual(wrong('$'), ['5:10 sources[0].key: the path names no field at position 1']);
  deepEqual(wrong('id'), ['5:10 sources[0].key: the path cannot be read: a path begins with $ at position 1']);
  deepEqual(problemsOf(withSource('endpoint: { url: /user }')), ['3:5 sources[0].key: is missing']);
});

test('a schema is a file with a record', () => {
  const wrong = (name: string) => problemsOf(withSource('key: hash', `schema: ${name}`, 'endpoint: { url: /user }'));
  deepEqual(wrong('./rows.avsc'), []);
  deepEqual(wrong('none.avsc'), ['6:13 sources[0].schema: cannot be read (ENOENT)']);
  deepEqual(wrong('text.avsc'), ['6:13 sources[0].schema: is no Avro record']);
});

test('a source is one of a template, a call and a chain, and has the keys of its kind', () => {
  const wrong = (...lines: readonly string[]) => problemsOf(withSource(...lines));
  deepEqual(wrong('template: users', 'endpoint: { url: /user }'), [
    '6:5 sources[0].endpoint: cannot stand beside template',
  ]);
  deepEqual(wrong('key: hash', 'endpoint: { url: /user }', 'parallel: 2', 'user: u1'), [
    '7:5 sources[0].parallel: is not a known key',
    '8:5 sources[0].user: is named by no placeholder of this endpoint',
  ]);
  deepEqual(wrong('key: hash', 'endpoint: x'), ['6:15 sources[0].endpoint: is text and should be a map']);
  deepEqual(wrong('key: hash', 'endpoint: { methd: GET }'), [
    '6:15 sources[0].endpoint.url: is missing',
    '6:17 sources[0].endpoint.methd: is not a known key',
  ]);
  deepEqual(wrong('template: users', 'key: $.id'), ['6:5 sources[0].key: is not a known key']);
  deepEqual(wrong('key: hash', 'endpoint: { url: /user, date_format: yyjj, metadata_prefix: x_ }'), [
    '6:42 sources[0].endpoint.date_format: "yyjj": "jj" is no letter in UTC',
    '6:48 sources[0].endpoint.metadata_prefix: stands without metadata_path',
  ]);
});

test('two endpoints never fill one topic', () => {
  const source = (name: string) =>
    `  - { name: ${name}, credential: acme, key: hash, endpoint: { url: "/{workspace}" }, workspace: ${name}, topic: t }`;
  deepEqual(problemsOf(lint([CREDENTIAL, 'sources:', source('a'), source('b')].join('\n'))), [
    '4:101 sources[1].topic: t is the topic of "a" (line 3), of another endpoint',
  ]);
});
