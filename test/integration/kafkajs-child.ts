/**
 * kafkajs in a process of its own, with its patches or as it is: its module cache can hold only one of the two.
 *
 * `node kafkajs-child.ts patched|plain read|idle <broker> [<topic> <end>]`; prints one line of JSON. Run by kafka-patches.test.ts.
 */
import { createRequire } from 'node:module';
import type * as Kafkajs from 'kafkajs';

const [which, task, broker = '', topic = '', end = '0'] = process.argv.slice(2);

let timers = 0;
const { setTimeout: setTimeoutAsItIs } = globalThis;
globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
  timers += 1;
  return setTimeoutAsItIs(...args);
}) as typeof setTimeout;

if (which === 'patched') await import('../../src/kafka/kafkajs-patches.ts');
const { Kafka, logLevel } = createRequire(import.meta.url)('kafkajs') as typeof Kafkajs;
const kafka = new Kafka({ brokers: [broker], clientId: 'child', logLevel: logLevel.NOTHING });

const passed = (ms: number): Promise<void> => new Promise((resolve) => void setTimeoutAsItIs(resolve, ms));

/** Reads partition 0 one batch a fetch, until the end or until nothing has moved for six seconds. */
async function read(): Promise<object> {
  const consumer = kafka.consumer({
    groupId: `child-${process.pid}-${Date.now()}`,
    maxBytesPerPartition: 1,
    maxWaitTimeInMs: 100,
  });
  let position = 0;
  let movedAt = Date.now();
  let fetches = 0;
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload }) => {
    const next = Number(payload.lastOffset) + 1;
    if (next > position) movedAt = Date.now();
    position = Math.max(position, next);
  });
  consumer.on(consumer.events.FETCH, () => {
    fetches += 1;
  });
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({ autoCommit: false, eachMessage: async () => undefined });
  movedAt = Date.now();
  while (position < Number(end) && Date.now() - movedAt < 6_000) await passed(50);
  return { position, fetches };
}

/** How many timers two connected producers with nothing to do begin in two seconds, and the processor time they take. */
async function idle(): Promise<object> {
  const producers = [kafka.producer(), kafka.producer()];
  for (const producer of producers) await producer.connect();
  await passed(500);
  timers = 0;
  const before = process.cpuUsage();
  await passed(2_000);
  const { user, system } = process.cpuUsage(before);
  return { timers, cpuMs: (user + system) / 1_000 };
}

process.stdout.write(`${JSON.stringify(await (task === 'read' ? read() : idle()))}\n`);
process.exit(0);
