import type { Reject } from '../core/record.ts';
import { commit, outcomeOf } from './commit.ts';
import { diff } from './diff.ts';
import { encodeRecord } from './encode.ts';
import { extractItem } from './extract.ts';
import type { SliceContext } from './sweep.ts';

/** A dead letter, as what it was made of. */
export interface Letter {
  readonly id: string;
  /** Of the item, as the state knows it. */
  readonly hash: string;
  readonly item: unknown;
  /** When the item was received, epoch ms. */
  readonly receivedAtMs: number;
  readonly attempt: number;
}

/**
 * - `published`, `unchanged`: it fits now, and is out of the dead letters.
 * - `rejected`: it still does not fit, and is there again with one attempt more.
 * - `superseded`: the state knows a newer item of the same entity, or the same one was healed: an old item must not
 *   follow a newer one (P3).
 */
export type Replayed = 'published' | 'unchanged' | 'rejected' | 'superseded';

/** A dead letter through today's pipeline, in one transaction (P1, P2). Errors as `ShardWriter.commit`. */
export function replayLetter(context: SliceContext, letter: Letter): Promise<Replayed> {
  const { shard, source } = context;
  return shard.exclusive(async () => {
    if (shard.state.reject(source.name, letter.id)?.hash !== letter.hash) return 'superseded';
    const read = extractItem(context, letter.item);
    const encoded = 'code' in read ? read : encodeRecord(source, read);
    if ('code' in encoded) return rejectAgain(context, letter, encoded);
    const found = diff(context, [encoded], [], letter.receivedAtMs);
    const healed = [...new Set([...found.healed, letter.id])];
    await commit(context, { ...outcomeOf(found), healed });
    return found.changes.length > 0 ? 'published' : 'unchanged';
  });
}

async function rejectAgain(context: SliceContext, letter: Letter, reject: Reject): Promise<Replayed> {
  const nothing = diff(context, [], [], letter.receivedAtMs);
  const again = {
    id: letter.id,
    hash: letter.hash,
    reject: { ...reject, raw: letter.item },
    attempt: letter.attempt + 1,
  };
  await commit(context, { ...outcomeOf(nothing), deadLetters: [again] });
  return 'rejected';
}
