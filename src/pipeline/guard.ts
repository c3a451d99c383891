import type { Missing } from './evidence.ts';
import type { DeleteGuard } from './ports.ts';

/**
 * What the guard holds back in one slice (P4), and what a person has agreed to. It lives as long as the process: after a
 * restart the next sweep finds the same again and asks again.
 */
export interface SliceGuard {
  held: Held | undefined;
  /** State key → `__ts_ms` of what a person has agreed to lose: these very versions, and nothing that came later. */
  agreed: Agreed;
}

export type Agreed = ReadonlyMap<string, number>;

/** A guarded sweep: what it asked for. */
export interface Held {
  /** Proved gone, longest ago first. */
  readonly gone: readonly HeldEntity[];
  /** Those of them that a page had proved gone, and no sweep will show or miss again. */
  readonly told: readonly HeldEntity[];
  /** All that the sweep did not show: confirmed together, but each still needs its second witness. */
  readonly absent: readonly HeldEntity[];
  readonly sinceMs: number;
}

/** One version of an entity, without its row: there may be as many as the slice has (P8). */
export interface HeldEntity {
  readonly stateKey: string;
  readonly tsMs: number;
  /** Where a page has proved it gone: when that arrived, epoch ms. */
  readonly receivedAtMs?: number | undefined;
}

export function heldOf({ stateKey, entry, receivedAtMs }: Missing): HeldEntity {
  return { stateKey, tsMs: entry.tsMs, receivedAtMs };
}

/** One for all slices: hardly any of them ever has more. */
const NOTHING_AGREED: Agreed = new Map();

export function newGuard(): SliceGuard {
  return { held: undefined, agreed: NOTHING_AGREED };
}

/** A person agrees to what the last guarded sweep asked for; says how many entities that are. The next sweep does it. */
export function agree(guard: SliceGuard): number {
  if (guard.held === undefined) return 0;
  const { gone, absent } = guard.held;
  guard.agreed = new Map([...gone, ...absent].map(({ stateKey, tsMs }) => [stateKey, tsMs]));
  return guard.agreed.size;
}

export function isAgreed(agreed: Agreed, { stateKey, entry }: Missing): boolean {
  return agreed.get(stateKey) === entry.tsMs;
}

/** True where so many would go that a person must agree first. More reads would only cost requests then. */
export function exceedsGuard(guard: DeleteGuard, gone: number, owned: number): boolean {
  return gone >= guard.atLeast && gone > guard.share * owned;
}
