import { digest } from '../../src/avro/digest.ts';
import { compileMapping } from '../../src/core/field.ts';
import { createDriftWatch } from '../../src/pipeline/drift.ts';
import type { Mapper, SourceKind } from '../../src/pipeline/ports.ts';
import type { Shard } from '../../src/pipeline/shard.ts';
import { newMemory, type SliceContext } from '../../src/pipeline/sweep.ts';
import { codec, SOURCE, sliceOf, workspaceOf } from './entries.ts';

const NO_MAPPER = compileMapping({ fields: [], keyFields: [] });

/** A slice of the first workspace's entries, whose pages come from nowhere. */
export function contextOf(shard: Shard, mapper: Mapper = NO_MAPPER): SliceContext {
  const source: SourceKind = {
    app: 'bench',
    name: SOURCE,
    resource: 'time_entry',
    topic: 'bench',
    deadLetterTopic: 'bench',
    codec,
    mapper,
    drift: createDriftWatch(mapper.shape),
    mayBeEmpty: true,
    // The page holds entries of all users: each is its owner's.
    ownerOf: (item) => sliceOf(0, (item as { at: number }).at % 25),
  };
  const slice = { id: sliceOf(0, 0), params: { workspace: workspaceOf(0) }, rhythm: 'recent' };
  return {
    slice,
    source,
    endpoint: { paged: true, page: () => Promise.reject(new Error('nothing is asked for')), witness: undefined },
    shard,
    guard: { share: 0.2, atLeast: 50 },
    ambient: { now: Date.now, monotonic: () => performance.now(), random: Math.random },
    digest,
    onRetry: () => undefined,
    memory: newMemory(shard.state, SOURCE, slice),
  };
}
