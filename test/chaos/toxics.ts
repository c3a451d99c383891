/** What may go wrong with a connection: the eight toxics of toxiproxy, under its names. */

export type Toxic =
  /** Everything comes later, by so much and up to so much more. */
  | { readonly type: 'latency'; readonly ms: number; readonly jitterMs: number }
  /** Nobody listens, and what is open breaks. */
  | { readonly type: 'down' }
  | { readonly type: 'bandwidth'; readonly bytesPerSecond: number }
  /** An end is passed on so much later. */
  | { readonly type: 'slow_close'; readonly ms: number }
  /** Nothing passes; after so long the connection ends. */
  | { readonly type: 'timeout'; readonly ms: number }
  /** After so long the connection is reset. */
  | { readonly type: 'reset_peer'; readonly ms: number }
  /** Small pieces, with pauses between them. */
  | { readonly type: 'slicer'; readonly bytes: number; readonly delayMs: number }
  /** After so many bytes the connection ends. */
  | { readonly type: 'limit_data'; readonly bytes: number };

export type ToxicName = Toxic['type'];

/** Towards the service, or back from it. */
export type Stream = 'upstream' | 'downstream';

/** One of each, strong enough to be felt and short enough to be outlived. */
export function toxicOf(type: ToxicName, random: () => number): Toxic {
  const between = (least: number, most: number) => least + Math.floor(random() * (most - least));
  switch (type) {
    case 'latency':
      return { type, ms: between(50, 400), jitterMs: between(0, 400) };
    case 'bandwidth':
      return { type, bytesPerSecond: between(4_000, 64_000) };
    case 'slow_close':
      return { type, ms: between(200, 2_000) };
    case 'timeout':
      return { type, ms: between(200, 3_000) };
    case 'reset_peer':
      return { type, ms: between(0, 1_000) };
    case 'slicer':
      return { type, bytes: between(1, 200), delayMs: between(1, 10) };
    case 'limit_data':
      return { type, bytes: between(200, 20_000) };
    case 'down':
      return { type };
  }
}

export const TOXICS: readonly ToxicName[] = [
  'latency',
  'down',
  'bandwidth',
  'slow_close',
  'timeout',
  'reset_peer',
  'slicer',
  'limit_data',
];
