import { strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { ProducerRequests } from '../../../src/kafka/producer-requests.ts';

const of = (topic: string, ...partitions: number[]) => [
  { topic, partitions: partitions.map((partition) => ({ partition })) },
];
const messagesTo = (topic: string, ...partitions: number[]) => [
  { topic, messages: partitions.map((partition) => ({ partition })) },
];
test('P1 P2: what was taken is what was sent, each partition once', async () => {
  const requests = new ProducerRequests();
  const take = (...partitions: number[]) => requests.produce(of('t', ...partitions), async () => undefined);
  const refuse = () =>
    requests.produce(of('t', 2), async () => Promise.reject(new Error('moved'))).catch(() => undefined);
  await take(0, 1);
  await refuse();
  strictEqual(requests.isTakenOnce(messagesTo('t', 0, 1, 1, 2)), false, 'one is missing');
  await take(2);
  strictEqual(requests.isTakenOnce(messagesTo('t', 0, 1, 1, 2)), true);
  strictEqual(requests.isTakenOnce(messagesTo('t', 0, 1)), false, 'one is too many');
  await take(1);
  strictEqual(requests.isTakenOnce(messagesTo('t', 0, 1, 1, 2)), false, 'one was taken twice');
  requests.forgetTaken();
  await take(3);
  strictEqual(requests.isTakenOnce(messagesTo('t', 3)), true);
  strictEqual(requests.begun, 5);
});
