import { isDeepStrictEqual } from 'node:util';

/**
 * What became of every change that really happened, worked out from the truth and the published log alone. Polling sees
 * states, not changes: a change may be gone before anybody looks. Such a loss is told apart from one that is a fault.
 */

type Row = Readonly<Record<string, unknown>>;

/** One thing that happened to one entity. */
export interface Deed {
  readonly kind: string;
  readonly atMs: number;
  /** null: it was deleted. */
  readonly after: Row | null;
  /** When an answer first held this state; undefined: never. */
  readonly shownAtMs: number | undefined;
}

/** One published change of one entity; the row of a delete is null. */
export interface Sight {
  readonly row: Row | null;
  readonly by: string;
  readonly publishedAtMs: number;
  readonly notBeforeMs: number | undefined;
  readonly notAfterMs: number;
}

/**
 * `seen`: published. `superseded`: the next change came before the next look. `undone`: it left the entity as it was
 * when it was last published, so that there is nothing to say. `overtaken`: an answer held it, and one with a later state
 * was committed first. `lost`: everything else, and never allowed.
 */
export type Fate = 'seen' | 'superseded' | 'undone' | 'overtaken' | 'lost';

export interface Outcome {
  readonly deed: Deed;
  readonly fate: Fate;
  /** Of one that was seen. */
  readonly sight?: Sight;
  /** Until the next change of the entity; undefined: it still stands. */
  readonly stoodMs: number | undefined;
}

export interface Fates {
  readonly outcomes: readonly Outcome[];
  /** Published, and true at no moment that fits. */
  readonly untrue: readonly Sight[];
  /** Published with bounds between which it did not happen. */
  readonly outOfBounds: readonly Sight[];
}

export interface Life {
  /** As it was before the first deed; null: not there. */
  readonly first: Row | null;
  /** In the order in which they happened. */
  readonly deeds: readonly Deed[];
  /** In the order of the topic. */
  readonly sights: readonly Sight[];
}

/** @param overtakenMs for so long at most may an answer lie on its way to the commit */
export function fatesOf({ first, deeds, sights }: Life, overtakenMs: number): Fates {
  const states = [first, ...deeds.map(({ after }) => after)];
  const atMs = [Number.NEGATIVE_INFINITY, ...deeds.map((deed) => deed.atMs)];
  const { seen, untrue } = matched(states, atMs, sights);
  const outOfBounds = [...seen].filter(([at, sight]) => at > 0 && (sight.notBeforeMs ?? 0) > (atMs[at] as number));
  let published: Row | null = null;
  const outcomes = states.map((state, at): Outcome | undefined => {
    const sight = seen.get(at);
    if (sight !== undefined) published = state;
    if (at === 0) return undefined;
    const deed = deeds[at - 1] as Deed;
    const stoodMs = at === states.length - 1 ? undefined : (atMs[at + 1] as number) - deed.atMs;
    if (sight !== undefined) return { deed, fate: 'seen', sight, stoodMs };
    return { deed, fate: unseen(deed, isDeepStrictEqual(state, published), stoodMs, overtakenMs), stoodMs };
  });
  return {
    outcomes: outcomes.filter((outcome) => outcome !== undefined),
    untrue,
    outOfBounds: outOfBounds.map(([, sight]) => sight),
  };
}

function unseen({ atMs, shownAtMs }: Deed, isAsPublished: boolean, stoodMs: number | undefined, overtakenMs: number) {
  if (isAsPublished) return 'undone';
  if (stoodMs === undefined) return 'lost';
  if (shownAtMs === undefined) return 'superseded';
  return atMs + stoodMs - shownAtMs <= overtakenMs ? 'overtaken' : 'lost';
}

/**
 * Which state each published change shows. From the last to the first, each the latest state that fits before the one
 * behind it: if the log can be explained at all, it is so.
 */
function matched(states: readonly (Row | null)[], atMs: readonly number[], sights: readonly Sight[]) {
  const seen = new Map<number, Sight>();
  const untrue: Sight[] = [];
  let before = states.length;
  for (const sight of sights.toReversed()) {
    const fits = (at: number) => (atMs[at] as number) <= sight.notAfterMs && isDeepStrictEqual(states[at], sight.row);
    let at = before - 1;
    while (at >= 0 && !fits(at)) at -= 1;
    if (at < 0) {
      untrue.unshift(sight);
    } else {
      seen.set(at, sight);
      before = at;
    }
  }
  return { seen, untrue };
}
