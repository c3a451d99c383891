/**
 * What every membership must do, whoever decides.
 *
 * In: a factory that makes one which will own some shards. Out: one test a promise.
 */
import { ok, rejects, strictEqual } from 'node:assert';
import { test } from 'node:test';
import type { Membership } from '../../src/pipeline/ports.ts';

const never = new AbortController().signal;

export function testMembership(
  kind: string,
  make: () => Promise<{ readonly membership: Membership; readonly beat?: () => void }>,
): void {
  test(`${kind} membership: owns the whole set when it is told, beats, and ends when it is stopped`, {
    timeout: 30_000,
  }, async (t) => {
    const { membership, beat } = await make();
    const stop = new AbortController();
    t.after(() => stop.abort());
    const owned = Promise.withResolvers<ReadonlySet<number>>();
    let told = 0;
    const running = membership.run((shards) => {
      told += 1;
      owned.resolve(shards);
    }, stop.signal);
    ok((await owned.promise).size > 0);
    strictEqual(membership.mayCommit(), true);
    const beaten = membership.nextHeartbeat(never);
    beat?.();
    await beaten;
    const reason = new Error('stop');
    const waiting = membership.nextHeartbeat(stop.signal);
    const rejected = rejects(waiting, reason);
    stop.abort(reason);
    await Promise.all([rejected, running]);
    const before = told;
    await membership.run(() => ok(false, 'told after it was stopped'), stop.signal);
    strictEqual(told, before);
  });
}
