import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../src/clockify/client.ts';
import type { Answer } from '../../../src/clockify/reply.ts';
import { isWorkspaceGone } from '../../../src/clockify/workspace-gone.ts';

const { signal } = new AbortController();
const BODY = new TextEncoder().encode('{}');

function clientOf(status: number, code: number | undefined, calls: Call[] = []) {
  const answer: Answer =
    status === 200
      ? { ok: true, body: BODY, lastPage: undefined, receivedAtMs: 1 }
      : { ok: false, refusal: { status, code, retryAfterMs: undefined }, receivedAtMs: 1 };
  return {
    get: async (call: Call) => {
      calls.push(call);
      return answer;
    },
  };
}

test('P4: only the answer that proves an entity gone proves a workspace gone', async () => {
  const calls: Call[] = [];
  equal(await isWorkspaceGone(clientOf(400, 501, calls), 'w1', signal), true);
  deepEqual(calls, [{ path: '/workspaces/w1', query: {}, owner: 'w1' }]);
  const others = [
    [200, undefined],
    [400, 3000],
    [401, 4003],
    [402, undefined],
    [403, 501],
    [404, 3000],
    [404, 501],
    [405, 3000],
    [302, undefined],
  ] as const;
  for (const [status, code] of others) equal(await isWorkspaceGone(clientOf(status, code), 'w1', signal), false);
});

test('P4: what passes is asked again, and proves nothing meanwhile', async () => {
  for (const status of [429, 408, 500, 503]) {
    await rejects(isWorkspaceGone(clientOf(status, undefined), 'w1', signal), { kind: 'transient' });
  }
});
