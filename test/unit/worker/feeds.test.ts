import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { firstValueFrom, of, take, toArray } from 'rxjs';
import { createFeeds } from '../../../src/worker/feeds.ts';
import { feedOf } from '../../../src/worker/plan-template.ts';

const asked: string[] = [];
const otherwise = () => {
  asked.push('asked');
  return of(new Set(['own']));
};
const W = { workspace: 'w' };

test('a list that a source reads anyway is passed on, and nobody asks twice', async () => {
  const feeds = createFeeds({ fed: new Set(['user']), waitMs: 1_000, once: false });
  asked.length = 0;
  const told = firstValueFrom(feeds.values('user', W, otherwise).pipe(take(2), toArray()));
  feeds.tell('user', W, new Set(['a']));
  feeds.tell('user', { workspace: 'v' }, new Set(['x']));
  feeds.tell('user', W, new Set(['a', 'b']));
  deepStrictEqual(await told, [new Set(['a']), new Set(['a', 'b'])]);
  deepStrictEqual([...(await firstValueFrom(feeds.values('user', W, otherwise)))], ['a', 'b']);
  deepStrictEqual(asked, []);
});

test('a list that no source reads is asked for', async () => {
  const feeds = createFeeds({ fed: new Set(['user']), waitMs: 1_000, once: false });
  deepStrictEqual([...(await firstValueFrom(feeds.values('project', W, otherwise)))], ['own']);
});

test('a source that tells nothing in time does not hold up those that wait for it', async () => {
  const feeds = createFeeds({ fed: new Set(['user']), waitMs: 5, once: false });
  deepStrictEqual([...(await firstValueFrom(feeds.values('user', W, otherwise)))], ['own']);
});

test('with once the first telling is all', async () => {
  const feeds = createFeeds({ fed: new Set(['user']), waitMs: 1_000, once: true });
  feeds.tell('user', W, new Set(['a']));
  feeds.tell('user', W, new Set(['b']));
  strictEqual((await firstValueFrom(feeds.values('user', W, otherwise).pipe(toArray()))).length, 1);
});

test('only a whole list of users or projects feeds: no filter, no workspaces, no endpoint', () => {
  const source = (template: string, filters = {}, parameters = {}) =>
    ({ source: { template, filters, parameters, endpoint: undefined } }) as unknown as Parameters<typeof feedOf>[0];
  strictEqual(feedOf(source('users')), 'user');
  strictEqual(feedOf(source('projects')), 'project');
  strictEqual(feedOf(source('projects', { archived: false })), undefined);
  strictEqual(feedOf(source('projects', {}, { workspace: 'all' })), 'project');
  strictEqual(feedOf(source('projects', {}, { workspace: ['w'] })), undefined);
  strictEqual(feedOf(source('workspaces')), undefined);
  strictEqual(feedOf(source('time-entries')), undefined);
});
