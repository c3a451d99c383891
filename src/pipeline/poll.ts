import type { KnownPage } from './page-memory.ts';
import type { PolledPage } from './ports.ts';
import type { SliceContext, Sweep } from './sweep.ts';

/** One page as it came, and whether it says anything new. */
export interface Polled extends PolledPage {
  readonly sweep: Sweep;
  readonly number: number;
  readonly digest: string;
  /** Where it is, byte for byte, what was committed last: then it is not even parsed. */
  readonly known: KnownPage | undefined;
  readonly asked: Asked;
}

/** When a page was asked for: by the clock, and by the state's own count, which no clock can turn back. */
export interface Asked {
  readonly atMs: number;
  readonly version: number;
}

export function askedNow({ ambient, shard }: SliceContext): Asked {
  return { atMs: ambient.now(), version: shard.state.version };
}

/** Stage 1: asks for one page. Errors as `Endpoint.page`. */
export async function poll(sweep: Sweep, number: number, signal: AbortSignal): Promise<Polled> {
  const { memory, slice, shard, digest } = sweep.context;
  const asked = askedNow(sweep.context);
  const owner = slice.owner ?? slice.id;
  const page = await sweep.walk.page(number, signal);
  const bytes = digest(page.body);
  const known = page.unlike === true ? undefined : memory.pages.recall(number, bytes, owner, shard.state);
  return { ...page, sweep, number, digest: bytes, known, asked };
}
