import { deepStrictEqual, strictEqual } from 'node:assert';
import { randomBytes, randomUUID } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { shardFor } from '../../src/core/murmur2.ts';
import type { StateRecord } from '../../src/core/state.ts';
import { encodeState } from '../../src/core/state-codec.ts';
import { createGroupMembership } from '../../src/kafka/membership.ts';
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { eventually } from '../support/eventually.ts';
import { type KafkaWorker, type KafkaWorkers, kafkaWorkers } from '../support/kafka-worker.ts';
import { clientFor, committedOf } from './kafka-place.ts';
import { clientThrough, FETCH, startProxy } from './kafka-proxy.ts';

const SHARDS = 4;
const ROWS = 100;
const ROW_BYTES = 2_000;
/** Of each shard's state; what the workers add to it is little beside. */
const SHARD_BYTES = ROWS * ROW_BYTES;
const EVERY_SECONDS = 1;
const REQUEST_TIMEOUT_MS = 5_000;

/** A worker whose every connection to Kafka is counted. */
interface Member {
  readonly worker: KafkaWorker;
  /** Bytes of answers to FETCH since the last time this was asked. */
  fetched(): number;
  close(): Promise<void>;
}

/** Rows of a source that is no longer configured, which no compression could shrink: state that only has to be read. */
function ballast(shard: number): StateRecord[] {
  return Array.from({ length: ROWS }, (_, row) =>
    encodeState({
      type: 'entity',
      source: 'elsewhere',
      key: [`shard-${shard}`, `row-${row}`],
      entry: {
        kind: 'live',
        slice: 'elsewhere/x',
        hash: randomBytes(16).toString('hex'),
        schema: '0123456789abcdef',
        startMs: null,
        tsMs: 1,
        rowBytes: randomBytes(ROW_BYTES),
      },
    }),
  );
}

async function fill(workers: KafkaWorkers, brokers: readonly string[]): Promise<void> {
  const sink = await workers.sink(clientFor(brokers));
  for (let shard = 0; shard < SHARDS; shard++) {
    const writer = await sink.fence(shard, new AbortController().signal);
    await writer.commit({ records: [], state: ballast(shard) });
  }
  await sink.close();
}

/** Ids, and with them shards, come of the seed and the hour: this looks for a world that has a workspace in each shard. */
async function worldInEveryShard(): Promise<Simulator> {
  for (let seed = 1; seed <= 100; seed++) {
    const simulator = await startSimulator({ seed, workspaces: 6, users: 2, days: 1, projectsPerWorkspace: 2 });
    const used = new Set(simulator.world.store.workspaceIds().map((id) => shardFor(id, SHARDS)));
    if (used.size === SHARDS) return simulator;
    await simulator.close();
  }
  throw new Error('in none of a hundred worlds is there something to poll in every shard');
}

async function openPlace(t: TestContext) {
  const { brokers } = await sharedStack();
  const simulator = await worldInEveryShard();
  const app = `rebalance-${randomUUID().slice(0, 8)}`;
  const workers = kafkaWorkers({ simulator, app, shards: SHARDS, everySeconds: EVERY_SECONDS });
  const members: Member[] = [];
  t.after(async () => {
    for (const { close } of members) await close();
    await simulator.close();
  });
  await fill(workers, brokers);
  const join = async (name: string): Promise<Member> => {
    const member = await memberOf(workers, brokers[0] ?? '', name);
    members.push(member);
    return member;
  };
  return { brokers, workers, join };
}

async function memberOf(workers: KafkaWorkers, broker: string, name: string): Promise<Member> {
  const proxy = await startProxy(broker);
  const client = clientThrough(proxy, broker, REQUEST_TIMEOUT_MS);
  const { config, stateTopic } = workers;
  const timing = { sessionTimeoutMs: 3_000, heartbeatIntervalMs: 300, rebalanceTimeoutMs: 5_000 };
  const group = { groupId: config.app, stateTopic, shards: SHARDS, worker: name, ...timing };
  const worker = await workers.start(client, createGroupMembership(client, group));
  let before = 0;
  return {
    worker,
    fetched() {
      const more = proxy.answered(FETCH) - before;
      before += more;
      return more;
    },
    async close() {
      await worker.stop();
      await proxy.close();
    },
  };
}

/** Every shard is owned, one by each at most, and restored by who has it now; then some heartbeats and sweeps go by. */
async function settled(...members: readonly Member[]): Promise<void> {
  const isOpen = ({ worker }: Member) => worker.owned.every((shard) => worker.opened.includes(shard));
  const owned = () => members.flatMap(({ worker }) => worker.owned).sort();
  const isShared = () => owned().join() === '0,1,2,3' && members.every(({ worker }) => worker.owned.length > 0);
  await eventually(`${members.length} share the shards`, () => isShared() && members.every(isOpen));
  await sleep(2_500);
}

/** Whole shards, by what was fetched of them. */
const shardsIn = (bytes: number) => Math.round(bytes / SHARD_BYTES);

test('P2: a rebalance never re-reads a shard that the worker keeps, by bytes fetched', {
  timeout: 60_000,
}, async (t) => {
  const { brokers, workers, join } = await openPlace(t);
  const a = await join('a');
  await settled(a);
  const all = a.fetched();
  const b = await join('b');
  await settled(a, b);
  const [kept, taken] = [a.fetched(), b.fetched()];
  const had = [...b.worker.owned];
  const opened = a.worker.opened.length;
  await b.worker.stop();
  await settled(a);
  const back = a.fetched();
  await a.worker.stop();
  t.diagnostic(`bytes fetched: a ${all} alone; b ${taken} when it joined, a ${kept}; a ${back} when b had left`);

  strictEqual(kept, 0, 'who only gives shards away fetches nothing');
  deepStrictEqual([shardsIn(all), shardsIn(taken), shardsIn(back)], [4, 2, 2]);
  deepStrictEqual([...a.worker.opened.slice(opened)].sort(), had.sort(), 'a restored what b had, and nothing else');
  workers.verify((await Promise.all(workers.topics.map((topic) => committedOf(clientFor(brokers), topic)))).flat());
});
