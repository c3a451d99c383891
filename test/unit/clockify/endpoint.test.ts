import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { createEndpoint } from '../../../src/clockify/endpoint.ts';
import { projects } from '../../../src/clockify/templates/projects.ts';
import { timeEntries } from '../../../src/clockify/templates/time-entries.ts';
import { users } from '../../../src/clockify/templates/users.ts';
import { workspaces } from '../../../src/clockify/templates/workspaces.ts';
import type { WorkerError } from '../../../src/core/errors.ts';
import { clientFor, everythingIn, KEY, never, serve } from './loopback.ts';

const params = { workspace: 'w1', user: 'u1' };
const binding = { params, query: {}, pageSize: undefined };

test('a paged list is asked for by number and size, one without pages is not', async (t) => {
  const { origin, requests } = await serve(t, (_, response) => response.end('[]'));
  const client = clientFor(t, origin);
  await createEndpoint(client, timeEntries, { params, query: { project: 'p' }, pageSize: 50 }).page(3, never());
  await createEndpoint(client, timeEntries, binding).page(1, never());
  await createEndpoint(client, workspaces, { ...binding, params: {} }).page(1, never());
  deepStrictEqual(
    requests.map(({ url }) => url),
    [
      '/v1/workspaces/w1/user/u1/time-entries?project=p&page=3&page-size=50',
      '/v1/workspaces/w1/user/u1/time-entries?page=1&page-size=1000',
      '/v1/workspaces',
    ],
  );
});

test('an id is one segment of the path, whatever it holds', async (t) => {
  const { origin, requests } = await serve(t, (_, response) => response.end('{"id":"x"}'));
  const endpoint = createEndpoint(clientFor(t, origin), projects, { ...binding, params: { workspace: 'a/../b?c#d' } });
  await endpoint.witness?.(['w', '../../users'], never());
  strictEqual(requests[0]?.url, '/v1/workspaces/a%2F..%2Fb%3Fc%23d/projects/..%2F..%2Fusers');
});

test('a page that is refused is the error of its status', async (t) => {
  const { origin } = await serve(t, (_, response) => response.writeHead(403).end(`{"message":"${KEY}"}`));
  await rejects(createEndpoint(clientFor(t, origin), users, binding).page(1, never()), (error: WorkerError) => {
    deepStrictEqual([error.kind, error.code], ['config', 'clockify.forbidden']);
    return !everythingIn(error).includes(KEY);
  });
});

test('P4: what each answer to a read by id proves', async (t) => {
  let answer: readonly [number, string] = [200, ''];
  const { origin } = await serve(t, (_, response) => response.writeHead(answer[0]).end(answer[1]));
  const endpoint = createEndpoint(clientFor(t, origin), projects, binding);
  const says = async (status: number, body: string) => {
    answer = [status, body];
    const testimony = await endpoint.witness?.(['w1', 'p1'], never());
    ok(!everythingIn(testimony).includes('quoted'));
    return testimony?.says;
  };
  const table: readonly [number, string, string][] = [
    [200, '{"id":"p1","workspaceId":"w1"}', 'alive'],
    [400, '{"message":"quoted","code":501}', 'gone'],
    [400, '{"message":"quoted","code":3000}', 'nothing'],
    [400, '{"message":"quoted","code":"501"}', 'nothing'],
    [400, '', 'nothing'],
    [401, '{"code":501}', 'nothing'],
    [403, '{"code":501}', 'nothing'],
    [404, '{"code":501}', 'nothing'],
    [204, '', 'nothing'],
    [302, '', 'nothing'],
    [200, '<html>quoted</html>', 'nothing'],
    [200, '', 'nothing'],
    [200, 'null', 'nothing'],
    [200, '[]', 'nothing'],
    [200, '{}', 'nothing'],
    [200, '"quoted"', 'nothing'],
  ];
  for (const [status, body, wanted] of table) strictEqual(await says(status, body), wanted, `${status} ${body}`);
});

test('P4: a read by id that fails for now is tried again and not taken for an answer', async (t) => {
  for (const status of [429, 500, 502, 503]) {
    const { origin } = await serve(t, (_, response) => response.writeHead(status).end('{"code":501}'));
    const endpoint = createEndpoint(clientFor(t, origin), projects, binding);
    await rejects(
      async () => endpoint.witness?.(['w1', 'p1'], never()),
      (error: WorkerError) => error.kind === 'transient',
    );
  }
});

test('P4: where Clockify has no read by id there is no such witness', async (t) => {
  const { origin } = await serve(t, (_, response) => response.end('[]'));
  const client = clientFor(t, origin);
  for (const template of [users, workspaces]) strictEqual(createEndpoint(client, template, binding).witness, undefined);
  for (const template of [projects, timeEntries]) ok(createEndpoint(client, template, binding).witness);
});

test('P6: pages and reads by id of one workspace share its budget', async (t) => {
  const { origin } = await serve(t, (_, response) => response.end('{"id":"x"}'));
  const client = clientFor(t, origin, { rate: { requests: 1, windowMs: 100, burst: 1 } });
  const begun = performance.now();
  await Promise.all([
    createEndpoint(client, users, binding).page(1, never()),
    createEndpoint(client, projects, binding).page(1, never()),
    createEndpoint(client, projects, binding).witness?.(['w1', 'p'], never()),
  ]);
  ok(performance.now() - begun >= 190);
});
