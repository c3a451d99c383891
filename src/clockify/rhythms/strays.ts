import type { EntityKey } from '../../core/record.ts';
import {
  type Known,
  pageOf,
  READS_A_PAGE,
  type RhythmEndpoint,
  type RhythmWalk,
  readAll,
  type Witness,
} from './rhythm.ts';

export interface StrayOptions {
  readonly witness: Witness;
  readonly workspace: string;
  /** What the ids of this workspace's owners begin with; the user's id follows. */
  readonly prefix: string;
  /** Users who have a list of their own; undefined: not known yet. */
  readonly listed: () => ReadonlySet<string> | undefined;
}

/** So many entries are read in a sweep, in turn. */
export const READS_A_SWEEP = 60;

/**
 * Entries of users who are listed no more: no list shows them, so each is settled by its own read, a few at a time. That
 * their user is gone is no evidence of theirs (P4).
 */
export function createStrays(options: StrayOptions): RhythmEndpoint {
  let after: string | undefined;
  return {
    begin: (_nowMs, known) => {
      const ids = nextOf(straysOf(options, known), after ?? known.progress.strayAfter ?? '');
      return walkOf(options, ids, (last) => {
        after = last;
      });
    },
  };
}

function straysOf({ prefix, listed }: StrayOptions, { owners, keysOf }: Known): readonly EntityKey[] {
  const users = listed();
  if (users === undefined) return [];
  const isStray = (owner: string) => owner.startsWith(prefix) && !users.has(owner.slice(prefix.length));
  return owners().filter(isStray).flatMap(keysOf);
}

/** Those behind the last one read, in the order of their ids; then from the beginning. */
function nextOf(keys: readonly EntityKey[], after: string): readonly string[] {
  const ids = keys.map((key) => key.at(-1) ?? '').sort();
  const at = ids.findIndex((id) => id > after);
  return (at === -1 ? ids : [...ids.slice(at), ...ids.slice(0, at)]).slice(0, READS_A_SWEEP);
}

function walkOf(options: StrayOptions, ids: readonly string[], onEnd: (last: string) => void): RhythmWalk {
  const last = ids.at(-1);
  return {
    page: async (number, signal) => {
      const from = (number - 1) * READS_A_PAGE;
      const some = ids.slice(from, from + READS_A_PAGE);
      const { alive, gone, receivedAtMs } = await readAll(options.witness, options.workspace, some, signal);
      const keys = gone.map((id) => [options.workspace, id]);
      return pageOf({ items: alive, gone: keys, last: from + READS_A_PAGE >= ids.length }, receivedAtMs);
    },
    advance: () => (last === undefined ? undefined : { progress: { strayAfter: last }, isNews: false }),
    concluded: () => {
      if (last !== undefined) onEnd(last);
    },
  };
}
