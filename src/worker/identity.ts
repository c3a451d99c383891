import { WorkerError } from '../core/errors.ts';
import type { SourceIdentity, StateRecord } from '../core/state.ts';
import { encodeState } from '../core/state-codec.ts';
import type { Shard } from '../pipeline/shard.ts';
import type { Report } from './events.ts';
import type { Source } from './source.ts';

/** State records removed in one transaction. */
const CHUNK = 5_000;

/**
 * Sees to it that a source's state in a shard was made with today's topic, key and shape. If it was not, the source
 * starts anew: its old state is dropped, its rows come as `r`, and in the old topic nothing is deleted.
 *
 * @throws {WorkerError} config `state.key_schema_changed`: the id of the key schema is part of the key's bytes, so the
 *   same entity would get a second key in the same topic
 */
export async function adoptIdentity(shard: Shard, source: Source, report: Report): Promise<void> {
  const { name, topic, codec } = source.kind;
  const identity: SourceIdentity = {
    topic,
    keyFields: source.keyFields,
    shape: source.shape,
    keySchemaId: codec.keySchemaId,
  };
  await shard.exclusive(async () => {
    const before = shard.state.identity(name);
    if (before !== undefined && isSame(before, identity)) return;
    if (before !== undefined) refuseOtherKeyId(before, identity);
    const dropped = before === undefined ? [] : shard.state.keysOf(name);
    for (let from = 0; from < dropped.length; from += CHUNK) {
      const state = dropped.slice(from, from + CHUNK).map((key): StateRecord => ({ key, value: null }));
      await shard.commit({ records: [], state });
    }
    await shard.commit({ records: [], state: [encodeState({ type: 'identity', source: name, identity })] });
    if (dropped.length > 0)
      report({ type: 'source-reset', source: name, shard: shard.number, dropped: dropped.length });
  });
}

function isSame(before: SourceIdentity, now: SourceIdentity): boolean {
  return JSON.stringify(partsOf(before)) === JSON.stringify(partsOf(now));
}

function partsOf({ topic, keyFields, shape, keySchemaId }: SourceIdentity): unknown[] {
  return [topic, keyFields, shape, keySchemaId];
}

function refuseOtherKeyId(before: SourceIdentity, now: SourceIdentity): void {
  if (before.topic !== now.topic || before.keySchemaId === now.keySchemaId) return;
  throw new WorkerError(
    'config',
    'state.key_schema_changed',
    `${now.topic}-key has schema id ${now.keySchemaId}, but its keys were written with ${before.keySchemaId}`,
    { hint: 'Point the worker to the registry it used before, or give the source a new topic.' },
  );
}
