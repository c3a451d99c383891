import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Call, Client } from '../../../src/clockify/client.ts';
import { listIds } from '../../../src/clockify/discovery.ts';
import type { Answer } from '../../../src/clockify/reply.ts';
import { parentTemplates } from '../../../src/clockify/templates/catalogue.ts';
import { projects } from '../../../src/clockify/templates/projects.ts';
import type { WorkerError } from '../../../src/core/errors.ts';

const never = (): AbortSignal => new AbortController().signal;
const code = (wanted: string) => (error: WorkerError) => error.code === wanted;

/** A client whose answers are the test's: page → body, and what the header says. */
function clientOf(answer: (page: number) => { readonly body: string; readonly lastPage?: boolean }) {
  const calls: Call[] = [];
  const client: Client = {
    async get(call): Promise<Answer> {
      calls.push(call);
      const { body, lastPage } = answer(Number(call.query.page ?? 1));
      return { ok: true, body: new TextEncoder().encode(body), lastPage, receivedAtMs: 1 };
    },
    async close() {},
  };
  return { client, calls };
}

const json = (ids: readonly unknown[]) => JSON.stringify(ids.map((id) => ({ id, name: 'x' })));
const list = (client: Client, parameter: string) =>
  listIds(client, { ...parentTemplates, project: projects }, parameter, { workspace: 'w' }, never());

test('every page is read, and each id comes once, in the order of the list', async () => {
  const pages = [json(['a', 'b']), json(['b', 'c']), json([])];
  const { client, calls } = clientOf((page) => ({ body: pages[page - 1] ?? '' }));
  deepStrictEqual([...(await list(client, 'user'))], ['a', 'b', 'c']);
  deepStrictEqual(
    calls.map(({ query }) => query.page),
    ['1', '2', '3'],
  );
  strictEqual(calls[0]?.query.status, 'ALL', 'also of those who left: they have entries too');
  strictEqual(calls[0]?.owner, 'w');
});

test('the last-page header ends the list, and a list without pages is one', async () => {
  const users = clientOf((page) => ({ body: json([`${page}`]), lastPage: page === 2 }));
  deepStrictEqual([...(await list(users.client, 'user'))], ['1', '2']);
  const workspaces = clientOf(() => ({ body: json(['w1', 'w2']) }));
  deepStrictEqual([...(await list(workspaces.client, 'workspace'))], ['w1', 'w2']);
  strictEqual(workspaces.calls.length, 1);
});

test('P4: an empty list of people is a wrong answer, so that nobody disappears for it', async () => {
  await rejects(list(clientOf(() => ({ body: '[]' })).client, 'user'), code('discovery.empty'));
  await rejects(list(clientOf(() => ({ body: '[]' })).client, 'workspace'), code('discovery.empty'));
  deepStrictEqual([...(await list(clientOf(() => ({ body: '[]' })).client, 'project'))], []);
});

test('what is no list of things with ids is unreadable, worth another try, and never quoted', async () => {
  const bodies = [
    '<html>SECRET</html>',
    '',
    '{}',
    'null',
    '[1]',
    '[null]',
    '[{}]',
    json([7]),
    json(['']),
    json(['..']),
    json(['a', '.']),
  ];
  for (const body of bodies) {
    await rejects(
      list(clientOf(() => ({ body })).client, 'user'),
      (error: WorkerError) =>
        error.code === 'discovery.unreadable' && error.kind === 'transient' && !String(error.cause).includes('SECRET'),
      body,
    );
  }
});

test('P8: a list that never ends is a mistake, and no part of it is taken for the whole', async () => {
  const { client, calls } = clientOf((page) => ({ body: json([`${page}`]), lastPage: false }));
  await rejects(list(client, 'user'), code('discovery.endless'));
  strictEqual(calls.length, 1_000);
});

test('a refusal is the error of its status, and a parameter that nothing lists is a mistake', async () => {
  const refused: Client = {
    get: async () => ({
      ok: false,
      receivedAtMs: 1,
      refusal: { status: 403, code: undefined, retryAfterMs: undefined },
    }),
    close: async () => {},
  };
  await rejects(list(refused, 'user'), code('clockify.forbidden'));
  await rejects(list(refused, 'nothing'), code('discovery.unknown_parameter'));
});
