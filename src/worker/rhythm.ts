import type { Endpoint, Params } from '../pipeline/ports.ts';
import type { SliceEvent } from '../pipeline/sweep.ts';
import type { SourceSchedule } from './source.ts';

/** One of several ways to look at the same entities, each at its own pace, all on one state. */
export interface Rhythm {
  /** Its slices are `<source>/<workspace>/~<name>` or `<source>/<workspace>/<user>/~<name>`. */
  readonly name: string;
  /** As changes name it. */
  readonly seenBy: string;
  /** What there is one slice for. */
  readonly of: 'workspace' | 'user';
  readonly schedule: SourceSchedule;
  /** @param listed users that have slices of their own now; undefined: not known yet */
  readonly endpoint: (params: Params, listed: () => ReadonlySet<string> | undefined) => Endpoint;
  /** Told what its slices do. */
  readonly onEvent?: ((params: Params, event: SliceEvent, nowMs: number) => void) | undefined;
}
