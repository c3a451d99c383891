import { type Change, nextTsMs } from '../core/change.ts';
import { toWorkerError } from '../core/errors.ts';
import type { LiveEntry } from '../core/state.ts';
import { commit } from './commit.ts';
import { lastRow } from './last-row.ts';
import type { SliceContext } from './sweep.ts';

/** What is to be published once more. */
export interface ResyncRange {
  /** Undefined: every workspace. */
  readonly workspace?: string | undefined;
  /** Start of the entity, epoch ms, from inclusive, to exclusive; what has no start is in no range. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

const PER_COMMIT = 500;

/**
 * Publishes once more, as `r`, what the state of one shard has of a source: the rows that were published last, without
 * a request to Clockify. A transaction for each 500, between those of the sweeps (P2, P3).
 *
 * @returns how many were published
 * @throws {WorkerError} as `ShardWriter.commit`; what was published until then stays
 */
export async function resync(context: SliceContext, range: ResyncRange, signal: AbortSignal): Promise<number> {
  const keys = keysIn(context, range);
  let published = 0;
  for (let from = 0; from < keys.length; from += PER_COMMIT) {
    signal.throwIfAborted();
    published += await publishAgain(context, keys.slice(from, from + PER_COMMIT));
  }
  return published;
}

function keysIn({ shard: { state }, source }: SliceContext, range: ResyncRange): readonly string[] {
  return state.keysOf(source.name).filter((key) => {
    const entry = state.entryAt(key);
    return entry?.kind === 'live' && isIn(range, entry);
  });
}

/** A slice is named `source/workspace/…`. */
function isIn({ workspace, fromMs, toMs }: ResyncRange, { slice, startMs }: LiveEntry): boolean {
  if (workspace !== undefined && slice.split('/')[1] !== workspace) return false;
  if (fromMs === undefined && toMs === undefined) return true;
  return startMs !== null && startMs >= (fromMs ?? Number.NEGATIVE_INFINITY) && startMs < (toMs ?? Infinity);
}

function publishAgain(context: SliceContext, keys: readonly string[]): Promise<number> {
  return context.shard.exclusive(async () => {
    const changes = keys.flatMap((key) => againOf(context, key));
    await commit(context, { ...NOTHING, changes });
    return changes.length;
  });
}

/** Nothing for one that is gone by now, or whose row does not fit today's schema: the next sweep has the say there. */
function againOf(context: SliceContext, stateKey: string): Change[] {
  const { shard, source, ambient } = context;
  const entry = shard.state.entryAt(stateKey);
  const key = shard.state.keyAt(stateKey);
  if (entry?.kind !== 'live' || key === undefined) return [];
  try {
    const row = lastRow(context, entry);
    const { slice, startMs } = entry;
    const tsMs = nextTsMs(ambient.now(), entry.tsMs);
    const keyBytes = source.codec.encodeKey(key);
    return [
      { op: 'r', key, slice, keyBytes, ...rowPart(row), startMs, sourceTsMs: entry.tsMs, tsMs, sighting: undefined },
    ];
  } catch (thrown) {
    if (toWorkerError(thrown).kind === 'record') return [];
    throw thrown;
  }
}

function rowPart({ rowBytes, hash }: { readonly rowBytes: Uint8Array; readonly hash: string }) {
  return { rowBytes, hash };
}

const NOTHING = { adopted: [], deadLetters: [], healed: [], forgotten: [], checkpoint: undefined } as const;
