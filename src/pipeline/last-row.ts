import type { LiveEntry } from '../core/state.ts';
import type { SliceContext } from './sweep.ts';

/**
 * The last known row in today's schema, and its hash.
 *
 * @throws {WorkerError} record `encode.does_not_fit` where an earlier row has a value that does not fit any more
 */
export function lastRow(
  { source: { codec }, shard }: Pick<SliceContext, 'source' | 'shard'>,
  entry: LiveEntry,
): { readonly rowBytes: Uint8Array; readonly hash: string } {
  const writer = shard.state.schema(entry.schema);
  if (entry.schema === codec.fingerprint || writer === undefined) return entry;
  return codec.upgradeRow(entry.rowBytes, writer);
}
