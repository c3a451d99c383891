import { deepStrictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type BrokerLocks, endTogether } from '../../../src/kafka/send-parts.ts';

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
};
const fail = () => Promise.reject(new Error('no lock'));

/** Locks as kafkajs has them, without contention: what is done with them is told. */
function newLocks(told: string[]): BrokerLocks {
  const locks: BrokerLocks = {
    acquireBrokerLock: async () => undefined,
    releaseBrokerLock: (broker) => void told.push(`${broker} released`),
  };
  endTogether(locks);
  return locks;
}

/** One broker's part of a send, in the order of kafkajs: it ends when the test says so. */
function part(locks: BrokerLocks, told: string[], broker: object) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const run = async () => {
    await locks.acquireBrokerLock(broker);
    try {
      await promise;
    } finally {
      await locks.releaseBrokerLock(broker);
    }
  };
  const ended = run().then(
    () => told.push(`${broker} done`),
    () => told.push(`${broker} failed`),
  );
  return { resolve, reject: () => reject(new Error('moved')), ended };
}

test('P2: a part that fails is told when all others have ended', async () => {
  const told: string[] = [];
  const locks = newLocks(told);
  const [one, two, three] = [part(locks, told, ['1']), part(locks, told, ['2']), part(locks, told, ['3'])];
  one.reject();
  await turns();
  three.resolve();
  await turns();
  deepStrictEqual(told, ['1 released', '3 released']);
  two.resolve();
  await Promise.all([one.ended, two.ended, three.ended]);
  deepStrictEqual(told.slice(0, 3), ['1 released', '3 released', '2 released']);
  deepStrictEqual(told.slice(3).sort(), ['1 failed', '2 done', '3 done']);
});

test('the send that follows waits for its own parts only; one alone waits for nobody', async () => {
  const told: string[] = [];
  const locks = newLocks(told);
  for (const again of [1, 2]) {
    const [one, other] = [part(locks, told, [`${again}a`]), part(locks, told, [`${again}b`])];
    other.resolve();
    one.reject();
    await Promise.all([one.ended, other.ended]);
  }
  const alone = part(locks, told, ['3']);
  alone.reject();
  await alone.ended;
  deepStrictEqual(
    told.filter((line) => line.endsWith('failed')),
    ['1a failed', '2a failed', '3 failed'],
  );
});

test('a lock that is not got ends its part', async () => {
  const told: string[] = [];
  const bad = ['bad'];
  const locks: BrokerLocks = {
    acquireBrokerLock: (broker) => (broker === bad ? fail() : Promise.resolve()),
    releaseBrokerLock: () => undefined,
  };
  endTogether(locks);
  const [one, other] = [part(locks, told, ['1']), part(locks, told, bad)];
  await turns();
  deepStrictEqual(told, []);
  one.resolve();
  await Promise.all([one.ended, other.ended]);
  deepStrictEqual(told.sort(), ['1 done', 'bad failed']);
});
