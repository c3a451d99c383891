import type { Checkpoint } from '../core/state.ts';
import { stateKey } from '../core/state-codec.ts';

/**
 * The checkpoints of a shard. Found without making a state key: the status looks at those of tens of thousands of slices at
 * once, while nothing else goes on.
 */
export class Checkpoints {
  readonly #bySource = new Map<string, Map<string, Checkpoint>>();

  get(source: string, slice: string): Checkpoint | undefined {
    return this.#bySource.get(source)?.get(slice);
  }

  put(source: string, slice: string, checkpoint: Checkpoint): void {
    const slices = this.#bySource.get(source) ?? new Map<string, Checkpoint>();
    this.#bySource.set(source, slices.set(slice, checkpoint));
  }

  /** Takes away what a state key names, if that is a checkpoint. */
  delete(key: string): void {
    const [type, source = '', slice = ''] = partsIn(key);
    if (type === 'c') this.#bySource.get(source)?.delete(slice);
  }

  /** State keys of a source's checkpoints. */
  keysOf(source: string): string[] {
    const slices = this.#bySource.get(source)?.keys() ?? [];
    return [...slices].map((slice) => stateKey({ type: 'checkpoint', source, slice, checkpoint: {} }));
  }
}

/** None in what is no state key: what cannot be read must still be possible to take away. */
function partsIn(key: string): readonly string[] {
  try {
    const parts: unknown = JSON.parse(key);
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
