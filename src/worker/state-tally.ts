import { damageOf, type StateStore, type StoredRecord } from './state-store.ts';

/** What one source has in the state. */
export interface SourceTally {
  readonly source: string;
  /** Where its changes go; undefined where that record is missing. */
  topic: string | undefined;
  /** Is not in the configuration. */
  readonly orphan: boolean;
  readonly shards: Set<number>;
  entities: number;
  graves: number;
  checkpoints: number;
  rejects: number;
  bytes: number;
}

interface Damage {
  readonly shard: number;
  readonly key: string;
  readonly code: string;
}

export interface Tally {
  readonly sources: readonly SourceTally[];
  readonly damaged: readonly Damage[];
  readonly records: number;
  readonly bytes: number;
}

/** Counts the whole state, one shard in memory at a time. */
export async function tallyState(
  store: StateStore,
  configured: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Tally> {
  const sources = new Map<string, SourceTally>();
  const damaged: Damage[] = [];
  let records = 0;
  let bytes = 0;
  for (let shard = 0; shard < store.shards; shard++) {
    for (const record of await store.read(shard, signal)) {
      records += 1;
      bytes += record.bytes;
      const damage = damageOf(record);
      if (damage !== undefined) damaged.push({ shard, key: record.key, code: damage.code });
      if (record.source !== undefined) add(tallyOf(sources, record.source, configured), shard, record);
    }
  }
  const inOrder = [...sources.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
  return { sources: inOrder, damaged, records, bytes };
}

function tallyOf(sources: Map<string, SourceTally>, source: string, configured: ReadonlySet<string>): SourceTally {
  const none = { entities: 0, graves: 0, checkpoints: 0, rejects: 0, bytes: 0 };
  const known = sources.get(source) ?? {
    source,
    topic: undefined,
    orphan: !configured.has(source),
    shards: new Set<number>(),
    ...none,
  };
  sources.set(source, known);
  return known;
}

function add(tally: SourceTally, shard: number, { item, bytes }: StoredRecord): void {
  tally.shards.add(shard);
  tally.bytes += bytes;
  if (!('type' in item)) return;
  if (item.type === 'entity') tally[item.entry.kind === 'live' ? 'entities' : 'graves'] += 1;
  if (item.type === 'checkpoint') tally.checkpoints += 1;
  if (item.type === 'reject') tally.rejects += 1;
  if (item.type === 'identity') tally.topic = item.identity.topic;
}
