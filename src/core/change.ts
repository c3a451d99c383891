import type { EntityKey } from './record.ts';

/** `r` read (a first load, a resync), `c` create, `u` update, `d` delete. */
export type Op = 'r' | 'c' | 'u' | 'd';

/** One change to publish: to the source's topic, and to the state, in one transaction. */
export interface Change {
  readonly op: Op;
  readonly key: EntityKey;
  /** The slice that owns the entity from now on. */
  readonly slice: string;
  readonly keyBytes: Uint8Array;
  /** Encoded row; for `d` the last one known. */
  readonly rowBytes: Uint8Array;
  readonly hash: string;
  readonly startMs: number | null;
  /** When the answer that shows the change arrived, epoch ms. */
  readonly sourceTsMs: number;
  /** Strictly increasing per key (P3), epoch ms. */
  readonly tsMs: number;
  /** Where several rhythms look at the same entity. */
  readonly sighting?: Sighting | undefined;
}

/** How a change was found, and between which instants it happened, epoch ms. */
export interface Sighting {
  readonly by: string;
  /** When it was seen otherwise for the last time; undefined where that is not known. */
  readonly notBeforeMs: number | undefined;
  readonly notAfterMs: number;
}

/** The next `__ts_ms` of a key: now, or one past its last where the clock has not moved on or has gone back. */
export function nextTsMs(nowMs: number, lastTsMs: number | undefined): number {
  return lastTsMs === undefined ? nowMs : Math.max(nowMs, lastTsMs + 1);
}

const EVENT_TYPES: Readonly<Record<Op, string>> = { r: 'read', c: 'created', u: 'updated', d: 'deleted' };

/** Identity of an event: the same change has the same id, an A→B→A flip has three. */
export function eventIdentity(resource: string, change: Change): string {
  return JSON.stringify([resource, change.key, change.op, change.hash, change.tsMs]);
}

/**
 * CloudEvents 1.0 headers in Kafka's binary mode, and the two that sinks use (`__op`, `__ts_ms`).
 * UTF-8, unique, never null. A tombstone carries the same ones as its delete.
 */
export function eventHeaders(
  origin: { readonly app: string; readonly source: string; readonly resource: string },
  change: Change,
  id: string,
): Readonly<Record<string, string>> {
  return {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: `/clockify-kafka/${origin.app}/${origin.source}`,
    ce_type: `io.clockify.kafka.${origin.resource}.${EVENT_TYPES[change.op]}`,
    ce_subject: change.key.join('/'),
    ce_time: new Date(change.tsMs).toISOString(),
    'content-type': 'application/avro',
    __op: change.op,
    __ts_ms: String(change.tsMs),
    ...sightingHeaders(change.sighting),
  };
}

function sightingHeaders(sighting: Sighting | undefined): Readonly<Record<string, string>> {
  if (sighting === undefined) return {};
  const { by, notBeforeMs, notAfterMs } = sighting;
  return {
    clockify_seen_by: by,
    ...(notBeforeMs === undefined ? {} : { clockify_not_before_ms: String(Math.min(notBeforeMs, notAfterMs)) }),
    clockify_not_after_ms: String(notAfterMs),
  };
}
