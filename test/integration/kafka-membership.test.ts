import { deepStrictEqual, ok, rejects, strictEqual, throws } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { after, test } from 'node:test';
import { WorkerError } from '../../src/core/errors.ts';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import { createGroupMembership, type ShardMembership } from '../../src/kafka/membership.ts';
import { ensureTopics, stateTopic } from '../../src/kafka/topics.ts';
import { testMembership } from '../conformance/membership.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { type Stack, startStack } from '../stack/stack.ts';
import { clientFor } from './kafka-place.ts';
import { clientThrough, FETCH, HEARTBEAT, startProxy } from './kafka-proxy.ts';

const never = new AbortController().signal;
const SHARDS = 5;
const { brokers } = await sharedStack();
let own: Stack | undefined;
after(async () => {
  await own?.stop();
});

/** As long as kafkajs looks for a broker that is not there, and much longer than a stop that waits for nothing. */
const TRIES_TAKE_MS = 8_000;

async function newGroup(client: KafkaClient): Promise<{ groupId: string; stateTopic: string; shards: number }> {
  const topic = `state-${randomUUID()}`;
  await ensureTopics(client, [stateTopic(topic, SHARDS)], { create: true, warn: () => undefined });
  return { groupId: `group-${topic}`, stateTopic: topic, shards: SHARDS };
}

/** A worker of the group, with what it was told last. */
class Member {
  readonly membership: ShardMembership;
  readonly troubles: WorkerError[] = [];
  readonly history: number[][] = [];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    client: KafkaClient,
    group: { groupId: string; stateTopic: string; shards: number },
    worker: string,
    sessionTimeoutMs = 3_000,
  ) {
    this.membership = createGroupMembership(client, {
      ...group,
      worker,
      sessionTimeoutMs,
      heartbeatIntervalMs: 300,
      rebalanceTimeoutMs: Math.max(5_000, sessionTimeoutMs),
      onTrouble: (error) => void this.troubles.push(error),
    });
    this.#running = this.membership.run((shards) => void this.history.push([...shards].sort()), this.#stop.signal);
    this.#running.catch(() => undefined);
  }

  get shards(): number[] {
    return this.history.at(-1) ?? [];
  }

  async leave(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

async function until(what: string, condition: () => boolean, withinMs = 15_000): Promise<number> {
  const begun = Date.now();
  while (!condition()) {
    if (Date.now() - begun > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Date.now() - begun;
}

const settled = (...members: Member[]) =>
  members
    .flatMap(({ shards }) => shards)
    .sort()
    .join() === '0,1,2,3,4' && members.every(({ membership }) => membership.mayCommit());

testMembership('group', async () => {
  const client = clientFor(brokers);
  const options = { ...(await newGroup(client)), worker: 'a', sessionTimeoutMs: 3_000, heartbeatIntervalMs: 300 };
  return { membership: createGroupMembership(client, options) };
});

test('workers share the shards, keep what they have, and take over at once from one that leaves', {
  timeout: 50_000,
}, async () => {
  const client = clientFor(brokers);
  const group = await newGroup(client);
  const SESSION_MS = 20_000;
  const members: Member[] = [];
  const join = (worker: string) => {
    const member = new Member(clientFor(brokers), group, worker, SESSION_MS);
    members.push(member);
    return member;
  };
  try {
    const a = join('a');
    await until('a owns all', () => settled(a));
    const b = join('b');
    await until('two share', () => settled(a, b) && b.shards.length > 0);
    deepStrictEqual(
      [a.shards, b.shards],
      [
        [0, 1, 2],
        [3, 4],
      ],
    );
    const c = join('c');
    await until('three share', () => settled(a, b, c) && c.shards.length > 0);
    ok(a.shards.every((shard) => shard <= 2) && b.shards.every((shard) => shard >= 3), 'kept shards stay');
    const kept = [...b.shards];
    await a.leave();
    strictEqual(a.membership.mayCommit(), false);
    await until('two take over, long before a session ends', () => settled(b, c), SESSION_MS / 2);
    ok(kept.every((shard) => b.shards.includes(shard)));
    deepStrictEqual(
      [a, b, c].flatMap(({ troubles }) => troubles),
      [],
    );
  } finally {
    await Promise.all(members.map((member) => member.leave()));
  }
});

test('a member stays one for several sessions, and fetches nothing', {
  timeout: 30_000,
}, async () => {
  const proxy = await startProxy(brokers[0] ?? '');
  const client = clientThrough(proxy, brokers[0] ?? '', 5_000);
  const group = await newGroup(client);
  const member = new Member(client, group, 'a');
  try {
    await until('all owned', () => settled(member));
    const begun = Date.now();
    let beats = 0;
    while (Date.now() - begun < 7_000) {
      await member.membership.nextHeartbeat(AbortSignal.timeout(2_000));
      beats += 1;
      ok(member.membership.mayCommit());
    }
    ok(beats >= 10, `${beats} heartbeats in 7 s`);
    strictEqual(member.history.length, 1);
    ok(proxy.seen(HEARTBEAT) >= 10);
    strictEqual(proxy.seen(FETCH), 0);
  } finally {
    await member.leave();
    await proxy.close();
  }
});

test('while the broker is silent nothing may be committed; the worker comes back to its shards', {
  timeout: 90_000,
}, async () => {
  own = await startStack({ own: true, registry: false });
  const client = clientFor(own.brokers, { requestTimeoutMs: 3_000 });
  const group = await newGroup(client);
  const sessionMs = 6_000;
  const member = new Member(client, group, 'a', sessionMs);
  try {
    await until('all owned', () => settled(member));
    await own.broker?.pause();
    await until('membership in doubt before its session ends', () => !member.membership.mayCommit(), sessionMs);
    await own.broker?.resume();
    await until('all owned again', () => settled(member), 20_000);
    await own.broker?.kill();
    await until('membership in doubt', () => !member.membership.mayCommit());
    await own.broker?.start();
    await until('all owned again', () => settled(member), 45_000);
  } catch (error) {
    const met = member.troubles.map(({ code, message }) => `${code}: ${message}`);
    throw new Error(`shards ${member.shards.join()}; met ${met.join('; ') || 'nothing'}`, { cause: error });
  } finally {
    await member.leave();
  }
});

test('stopping while no broker answers ends the run', { timeout: 30_000 }, async (t) => {
  const nobody = clientFor(['127.0.0.1:1']);
  const member = new Member(nobody, { groupId: 'g', stateTopic: 't', shards: 1 }, 'a');
  t.after(() => member.leave());
  await new Promise((resolve) => setTimeout(resolve, 500));
  strictEqual(member.membership.mayCommit(), false);
  await rejects(member.membership.nextHeartbeat(AbortSignal.timeout(100)));
  const begun = Date.now();
  await member.leave();
  ok(Date.now() - begun < TRIES_TAKE_MS / 2, 'it does not wait for the tries to end');
  deepStrictEqual(member.history, []);
});

test('a session that its heartbeats cannot keep is a config error', () => {
  throws(
    () =>
      createGroupMembership(clientFor(brokers), {
        groupId: 'g',
        stateTopic: 't',
        shards: 1,
        worker: 'a',
        sessionTimeoutMs: 5_000,
      }),
    (error) => error instanceof WorkerError && error.code === 'membership.bad_timing',
  );
});

test('a session time-out that the broker refuses is a config error, not tried for ever', {
  timeout: 30_000,
}, async () => {
  const client = clientFor(brokers);
  const group = await newGroup(client);
  const membership = createGroupMembership(client, {
    ...group,
    worker: 'a',
    sessionTimeoutMs: 40 * 60_000,
    rebalanceTimeoutMs: 40 * 60_000,
  });
  await rejects(
    membership.run(() => ok(false), never),
    (error) => error instanceof WorkerError && error.kind === 'config' && error.code === 'membership.refused',
  );
});
