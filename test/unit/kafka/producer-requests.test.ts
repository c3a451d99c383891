import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ProducerRequests } from '../../../src/kafka/producer-requests.ts';

const of = (topic: string, ...partitions: number[]) => [
  { topic, partitions: partitions.map((partition) => ({ partition })) },
];
const messagesTo = (topic: string, ...partitions: number[]) => [
  { topic, messages: partitions.map((partition) => ({ partition })) },
];
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
};

/** A request whose end the test decides. */
function request(requests: ProducerRequests, told: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const sent = requests
    .together(() => promise)
    .then(
      () => told.push(`${name} done`),
      () => told.push(`${name} failed`),
    );
  return { resolve, reject, sent };
}

test('P2: a failure is told when nothing else is under way, also what follows at once from an answer', async () => {
  const requests = new ProducerRequests();
  const told: string[] = [];
  const [one, other] = [request(requests, told, 'one'), request(requests, told, 'other')];
  let next: ReturnType<typeof request> | undefined;
  const following = other.sent.then(() => (next = request(requests, told, 'next')));
  one.reject(new Error('moved'));
  await turns();
  deepStrictEqual(told, []);
  other.resolve();
  await following;
  await turns();
  deepStrictEqual(told, ['other done']);
  next?.resolve();
  await one.sent;
  deepStrictEqual(told, ['other done', 'next done', 'one failed']);
});

test('two that fail do not wait for one another', async () => {
  const requests = new ProducerRequests();
  const told: string[] = [];
  const [one, other] = [request(requests, told, 'one'), request(requests, told, 'other')];
  one.reject(new Error('moved'));
  await turns();
  other.reject(new Error('moved'));
  await Promise.all([one.sent, other.sent]);
  strictEqual(told.length, 2);
});

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
