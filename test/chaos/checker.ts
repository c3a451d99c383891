/**
 * What must hold of a campaign, whatever happened in it, after Jepsen's manner: what was acknowledged is there, nothing
 * was invented, nothing is there twice, each key is in its order, and the end is the truth.
 */
import type { StateItem } from '../../src/core/state.ts';
import type { HistoryEntry } from '../../src/simulator/history.ts';
import type { Comparison } from '../support/comparison.ts';
import type { Published } from '../support/published.ts';

/** What was found; every list must be empty. */
export interface Verdict {
  readonly records: number;
  readonly lost: readonly string[];
  readonly duplicated: readonly string[];
  readonly reordered: readonly string[];
  readonly falseDeletes: readonly string[];
  readonly invented: readonly string[];
  /** Where the state says something else than the topics. */
  readonly state: readonly string[];
  readonly deadLetters: readonly string[];
  /** Where another reader found something else. */
  readonly otherReader: readonly string[];
}

export interface Evidence {
  readonly published: readonly Published[];
  readonly comparison: Comparison;
  /** Changes of time entries that stand, or stood long enough, and were not published. */
  readonly lostChanges: readonly string[];
  /** Of time entries, `key d by …` and `key row by …`: published, and true at no moment that fits. */
  readonly untrue: readonly string[];
  readonly history: readonly Pick<HistoryEntry, 'workspaceId' | 'id' | 'after' | 'atMs'>[];
  /** Topic of each source. */
  readonly topicOf: Readonly<Record<string, string>>;
  readonly state: readonly StateItem[];
  readonly deadLetters: readonly string[];
  /** `topic/partition/offset ce_id` by a client that is not ours; undefined: there was none. */
  readonly otherReader: readonly string[] | undefined;
}

export function judge(evidence: Evidence): Verdict {
  const { published, comparison, lostChanges, untrue, deadLetters } = evidence;
  const topics = Object.entries(comparison.topics);
  const named = (kind: 'missing' | 'extra' | 'different') =>
    topics.flatMap(([topic, found]) => found[kind].map((key) => `${topic} ${key} is ${kind}`));
  const counted = (kind: 'duplicates' | 'outOfOrder') =>
    topics.flatMap(([topic, found]) => (found[kind] === 0 ? [] : [`${topic}: ${found[kind]}`]));
  return {
    records: published.length,
    lost: [...named('missing'), ...named('extra'), ...named('different'), ...lostChanges],
    duplicated: counted('duplicates'),
    reordered: counted('outOfOrder'),
    falseDeletes: [...untrue.filter((what) => what.includes(' d by ')), ...undeadIn(evidence)],
    invented: untrue.filter((what) => !what.includes(' d by ')),
    state: stateDiffers(evidence),
    deadLetters,
    otherReader: readerDiffers(evidence),
  };
}

export function isSound(verdict: Verdict): boolean {
  const { records: _, ...laws } = verdict;
  return Object.values(laws).every((found) => found.length === 0);
}

/** Each published delete of what has no history of changes needs a deletion that happened before it. */
function undeadIn({ published, history }: Evidence): string[] {
  const deaths = new Map<string, number[]>();
  for (const { workspaceId, id, after, atMs } of history) {
    if (after !== null) continue;
    const key = `${workspaceId}/${id}`;
    deaths.set(key, [...(deaths.get(key) ?? []), atMs]);
  }
  return published.flatMap(({ topic, key, value }) => {
    if (value?.__op !== 'd') return [];
    const name = Object.values(key).join('/');
    return deaths.has(name) ? [] : [`${topic} ${name} never was deleted`];
  });
}

function stateDiffers({ published, topicOf, state }: Evidence): string[] {
  const last = new Map<string, Published>();
  for (const record of published) {
    if (record.value !== null) last.set(`${record.topic} ${Object.values(record.key).join('/')}`, record);
  }
  const known = new Set<string>();
  const wrong = state.flatMap((item) => {
    if (item.type !== 'entity') return [];
    const place = `${topicOf[item.source]} ${item.key.join('/')}`;
    known.add(place);
    const value = last.get(place)?.value;
    const isLive = value !== undefined && value !== null && value.__op !== 'd';
    if (isLive !== (item.entry.kind === 'live')) return [`${place}: ${item.entry.kind} in the state`];
    return Number(value?.__ts_ms) === item.entry.tsMs ? [] : [`${place}: another __ts_ms in the state`];
  });
  const unknown = [...last].filter(([place, { value }]) => !known.has(place) && value?.__op !== 'd');
  return [...wrong, ...unknown.map(([place]) => `${place}: not in the state`)];
}

function readerDiffers({ published, otherReader }: Evidence): string[] {
  if (otherReader === undefined) return [];
  const ours = new Set(
    published.map(({ topic, partition, offset, headers }) => `${topic}/${partition}/${offset} ${headers.ce_id}`),
  );
  const theirs = new Set(otherReader);
  return [
    ...[...ours].filter((line) => !theirs.has(line)).map((line) => `only ours: ${line}`),
    ...[...theirs].filter((line) => !ours.has(line)).map((line) => `only the other's: ${line}`),
  ];
}
