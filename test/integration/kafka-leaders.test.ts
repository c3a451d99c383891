import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkerError } from '../../src/core/errors.ts';
import { recordOf, restored } from '../conformance/transactional-sink.ts';
import { sharedStack } from '../stack/shared-stack.ts';
import { refusal } from '../support/kafka-wire.ts';
import { clientFor, committedOf, newPlace, type Place } from './kafka-place.ts';
import { ADD_PARTITIONS_TO_TXN, FIND_COORDINATOR, PRODUCE } from './kafka-proxy.ts';
import { startTwoFaces } from './kafka-two-faces.ts';

const NOT_LEADER = 6;
const CONCURRENT_TRANSACTIONS = 51;
/** Longer than the first pause of a client that tries again. */
const SLOW_MS = 100;

const signal = new AbortController().signal;
const transactionOf = ({ topics }: Place, value: string) => ({
  records: [recordOf(topics[0], 'k', value)],
  state: [{ key: 'k', value: Buffer.from(value) }],
});
const valuesOf = async ({ client, topics }: Place) =>
  (await committedOf(client, topics[0])).map(({ value }) => Buffer.from(value ?? '').toString());

/** The first broker leads the state, the second one the changes; one transaction has been committed. */
async function openPlace(t: TestContext) {
  const broker = (await sharedStack()).brokers[0] ?? '';
  const place = await newPlace(t, [broker]);
  const two = await startTwoFaces(broker, (topic) => (topic === place.stateTopic ? 1 : 2));
  t.after(() => two.close());
  const sink = place.sink(clientFor([two.address]));
  const writer = await sink.fence(0, signal);
  await writer.commit(transactionOf(place, '1'));
  // Until its markers are written, the broker itself refuses what comes next.
  await sleep(2 * SLOW_MS);
  return { place, two, sink, writer };
}

for (const [what, apiKey, code] of [
  ['records', PRODUCE, NOT_LEADER],
  ['partitions of a transaction', ADD_PARTITIONS_TO_TXN, CONCURRENT_TRANSACTIONS],
] as const) {
  test(`P2: ${what} that one broker refuses at first come once from the other, however slow that one is`, {
    timeout: 30_000,
  }, async (t) => {
    const { place, two, writer } = await openPlace(t);
    let refused = false;
    two.onRequest(async (_, kind, request) => {
      if (kind === apiKey && !refused) {
        refused = true;
        return refusal(request, code);
      }
      if (kind === PRODUCE) await sleep(SLOW_MS);
      return undefined;
    });
    await writer.commit(transactionOf(place, '2'));
    ok(refused);
    deepStrictEqual(await valuesOf(place), ['1', '2']);
    strictEqual((await committedOf(place.client, place.stateTopic)).length, 2);
  });

  test(`P2: ${what} that are refused while the other’s coordinator is still looked for come once`, {
    timeout: 30_000,
  }, async (t) => {
    const { place, two, writer } = await openPlace(t);
    const values = ['1'];
    // Which of them is asked for the coordinator is chance.
    for (let met = false; !met; ) {
      let [refused, looking] = [false, 0];
      two.onRequest(async (at, kind, request) => {
        if (kind === apiKey && !refused) {
          refused = true;
          met = looking > 0;
          return refusal(request, code);
        }
        if (kind !== FIND_COORDINATOR || at === 1) return undefined;
        looking += 1;
        await sleep(SLOW_MS);
        looking -= 1;
        return undefined;
      });
      values.push(`${values.length + 1}`);
      ok(values.length < 50, 'it was never looked for at both');
      await writer.commit(transactionOf(place, values.at(-1) ?? ''));
      ok(refused);
    }
    deepStrictEqual(await valuesOf(place), values);
    strictEqual((await committedOf(place.client, place.stateTopic)).length, values.length);
  });
}

test('P1: records whose leader moves while they are sent are committed with all others of the transaction, or nothing is', {
  timeout: 30_000,
}, async (t) => {
  const { place, two, sink, writer } = await openPlace(t);
  two.onRequest(async (at, kind, request) => {
    if (kind !== PRODUCE || at === 1) return undefined;
    // The other has answered by then.
    await sleep(SLOW_MS);
    two.lead(() => 1);
    return refusal(request, NOT_LEADER);
  });
  const isUnknown = (error: unknown) => error instanceof WorkerError && error.code === 'sink.outcome_unknown';
  await rejects(writer.commit(transactionOf(place, '2')), isUnknown);
  const next = await sink.fence(0, signal);
  strictEqual((await restored(place.reader(), 0)).get('k'), '1');
  await next.commit(transactionOf(place, '2'));
  deepStrictEqual(await valuesOf(place), ['1', '2']);
  strictEqual((await restored(place.reader(), 0)).get('k'), '2');
});
