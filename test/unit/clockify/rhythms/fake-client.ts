import type { Call, Client } from '../../../../src/clockify/client.ts';
import type { Answer } from '../../../../src/clockify/reply.ts';
import type { Known, RhythmWalk, SweepEnd, Witness } from '../../../../src/clockify/rhythms/rhythm.ts';

/** Answers as a test wants them: a value is a success as JSON, a number a status. */
export type Reply = readonly unknown[] | object | number;

export interface FakeClient extends Pick<Client, 'get'> {
  readonly calls: Call[];
}

export function fakeClient(reply: (call: Call) => Reply, lastPage?: boolean): FakeClient {
  const calls: Call[] = [];
  const get = async (call: Call): Promise<Answer> => {
    calls.push(call);
    const given = reply(call);
    if (typeof given === 'number') {
      return { ok: false, refusal: { status: given, code: undefined, retryAfterMs: undefined }, receivedAtMs: 1 };
    }
    return { ok: true, body: new TextEncoder().encode(JSON.stringify(given)), lastPage, receivedAtMs: 1 };
  };
  return { calls, get };
}

export interface FakeWitness {
  readonly witness: Witness;
  readonly asked: string[];
}

/** Entries by id; what is not among them is gone. */
export function fakeWitness(entries: () => Readonly<Record<string, object>>): FakeWitness {
  const asked: string[] = [];
  const witness: Witness = async (key) => {
    const id = key.at(-1) ?? '';
    asked.push(id);
    const entry = entries()[id];
    return entry === undefined
      ? { says: 'gone', receivedAtMs: 2 }
      : { says: 'alive', item: { id, ...entry }, receivedAtMs: 2 };
  };
  return { witness, asked };
}

export const NOTHING: Known = { progress: {}, isLive: () => true, owners: () => [], keysOf: () => [] };

export interface Swept {
  readonly items: readonly unknown[];
  readonly gone: readonly string[];
  readonly advance: ReturnType<NonNullable<RhythmWalk['advance']>>;
}

/** A whole sweep, as the pipeline makes it. */
export async function sweepAll(walk: RhythmWalk, end: Partial<SweepEnd> = {}): Promise<Swept> {
  const items: unknown[] = [];
  const gone: string[] = [];
  const { signal } = new AbortController();
  for (let number = 1; number < 100; number++) {
    const page = await walk.page(number, signal);
    const content = page.read();
    items.push(...content.items);
    gone.push(...(content.gone ?? []).map((key) => key.at(-1) ?? ''));
    if (content.last) break;
  }
  const advance = walk.advance?.({ guarded: false, left: new Set(), ...end });
  walk.concluded?.();
  return { items, gone, advance };
}

export function idsOf(items: readonly unknown[]): readonly string[] {
  return items.map((item) => (item as { readonly id: string }).id);
}
