import { sourceSlice } from '../core/state.ts';
import { encodeState } from '../core/state-codec.ts';
import type { Shard } from '../pipeline/shard.ts';

/**
 * Writes down, once, when every slice that a source has in a workspace had been read to its end (or had been tried):
 * in slices that appear later, what was made after this moment is a create and not a first read.
 */
export async function markBaseline(
  shard: Shard,
  source: string,
  workspace: string | undefined,
  atMs: number,
): Promise<void> {
  const slice = sourceSlice(workspace);
  await shard.exclusive(async () => {
    if (shard.state.checkpoint(source, slice) !== undefined) return;
    const state = [encodeState({ type: 'checkpoint', source, slice, checkpoint: { firstCompleteAtMs: atMs } })];
    await shard.commit({ records: [], state });
  });
}
