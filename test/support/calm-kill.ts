import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';
import type { Stack } from '../stack/stack.ts';
import { kafkaOf } from './published.ts';
import { areClosed } from './topic-ends.ts';
import type { WorkerProcess } from './worker-process.ts';

const TRIES = 100;

/**
 * Kills a broker between two transactions of a worker. One that is alone forgets the markers of a transaction if it dies
 * in the milliseconds between the decision to commit and them, and its partitions stay closed to readers for ever
 * (Kafka 4.4.0, observed 2026-11-27).
 */
export async function killBetweenTransactions({ brokers, broker }: Stack, { child }: WorkerProcess): Promise<void> {
  const kafka = kafkaOf(brokers);
  const topics = await topicsOf(kafka);
  for (let tries = 0; tries < TRIES; tries++) {
    child.kill('SIGSTOP');
    const isCalm = await areClosed(kafka, topics);
    if (isCalm) await broker?.kill();
    child.kill('SIGCONT');
    if (isCalm) return;
    await sleep(Math.random() * 100);
  }
  throw new Error(`a transaction was open at each of ${TRIES} moments`);
}

async function topicsOf(kafka: KafkaClient): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  const topics = await admin.listTopics();
  await admin.disconnect();
  return topics.filter((topic) => topic !== '__consumer_offsets' && topic !== '__transaction_state');
}
