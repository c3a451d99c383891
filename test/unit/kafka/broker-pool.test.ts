import { deepStrictEqual, rejects, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { askAny, type BrokerPool } from '../../../src/kafka/broker-pool.ts';

/** How a broker of the pool is: with a connection, without one, or not to be reached. */
type State = 'connected' | 'idle' | 'absent';

/** A pool that keeps whom it was asked to find. */
function poolOf(states: Record<string, State>): BrokerPool & { readonly found: string[] } {
  const brokers = Object.entries(states).map(
    ([nodeId, state]) => [nodeId, { isConnected: () => state === 'connected' }] as const,
  );
  const known = Object.fromEntries(brokers);
  const found: string[] = [];
  return {
    brokers: known,
    found,
    async findBroker({ nodeId }) {
      found.push(nodeId);
      const broker = known[nodeId];
      if (broker === undefined || states[nodeId] === 'absent') throw new Error(`no way to ${nodeId}`);
      return broker;
    },
    withBroker: async () => null,
  };
}

const name = async ({ nodeId }: { nodeId: string }) => nodeId;

test('a broker that cannot be reached is passed over, wherever it stands', async () => {
  for (let round = 0; round < 50; round++) {
    strictEqual(await askAny(poolOf({ a: 'absent', b: 'idle', c: 'absent' }), name), 'b');
  }
});

test('those with a connection are asked first, each as likely as the others', async () => {
  const answers = new Set<string | null>();
  for (let round = 0; round < 100; round++) {
    const pool = poolOf({ a: 'absent', b: 'connected', c: 'idle', d: 'connected' });
    answers.add(await askAny(pool, name));
    strictEqual(pool.found.length, 1);
  }
  deepStrictEqual([...answers].sort(), ['b', 'd']);
});

test('who has no answer is followed by the next; nobody’s answer is none', async () => {
  const refuse = async () => Promise.reject(new Error('not mine'));
  const pool = poolOf({ a: 'connected', b: 'idle', c: 'absent' });
  strictEqual(await askAny(pool, refuse), null);
  deepStrictEqual([...pool.found].sort(), ['a', 'b', 'c']);
  const second = async ({ nodeId }: { nodeId: string }) => (nodeId === 'b' ? 'yes' : refuse());
  strictEqual(await askAny(poolOf({ a: 'connected', b: 'idle' }), second), 'yes');
});

test('where none can be reached, the reason is told', async () => {
  await rejects(askAny(poolOf({ a: 'absent', b: 'absent' }), name), /no way to [ab]/);
});
