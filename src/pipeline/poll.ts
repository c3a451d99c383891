import type { KnownPage } from './page-memory.ts';
import type { PolledPage } from './ports.ts';
import type { Sweep } from './sweep.ts';

/** One page as it came, and whether it says anything new. */
export interface Polled extends PolledPage {
  readonly sweep: Sweep;
  readonly number: number;
  readonly digest: string;
  /** Where it is, byte for byte, what was committed last: then it is not even parsed. */
  readonly known: KnownPage | undefined;
}

/** Stage 1: asks for one page. Errors as `Endpoint.page`. */
export async function poll(sweep: Sweep, number: number, signal: AbortSignal): Promise<Polled> {
  const { memory, slice, shard, digest } = sweep.context;
  const page = await sweep.walk.page(number, signal);
  const bytes = digest(page.body);
  return { ...page, sweep, number, digest: bytes, known: memory.pages.recall(number, bytes, slice.id, shard.state) };
}
