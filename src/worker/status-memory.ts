import type { SliceContext } from '../pipeline/sweep.ts';
import type { Control } from './control.ts';

/** How many entities some slices own; rhythms of one owner look at the same ones. */
export function entitiesOf(contexts: readonly SliceContext[]): number {
  const owners = new Map(contexts.map(({ slice, shard }) => [slice.owner ?? slice.id, shard]));
  let sum = 0;
  for (const [owner, { state }] of owners) sum += state.ownedCount(owner);
  return sum;
}

/** What the entities of the shards with running slices hold outside the heap: almost all that grows with the account. */
export function stateBytesOf(control: Control | undefined): number {
  const shards = new Set<SliceContext['shard']>();
  for (const { shard } of control?.slices.running.values() ?? []) shards.add(shard);
  let sum = 0;
  for (const { state } of shards) sum += state.entityBytes;
  return sum;
}
