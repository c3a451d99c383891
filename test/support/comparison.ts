import { isDeepStrictEqual } from 'node:util';
import { templates } from '../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { World } from '../../src/simulator/world.ts';
import type { Published } from './published.ts';

/** What was published, held against the truth. The four numbers must be 0. */
export interface Comparison {
  readonly published: Readonly<Record<'r' | 'c' | 'u' | 'd', number>>;
  /** Events that came twice: by `ce_id`, or an update that changed nothing. */
  readonly duplicates: number;
  /** True, but not in the topics. */
  readonly missing: number;
  /** In the topics, but not true any more. */
  readonly extra: number;
  /** In both, but not the same. */
  readonly different: number;
  readonly topics: Readonly<Record<string, TopicComparison>>;
}

export interface TopicComparison {
  readonly records: number;
  readonly tombstones: number;
  readonly keys: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly different: readonly string[];
}

type Row = Readonly<Record<string, unknown>>;
type Truth = ReturnType<World['truth']>;

/** Template → resource of the truth. */
const RESOURCES = {
  workspaces: 'workspaces',
  users: 'users',
  projects: 'projects',
  'time-entries': 'timeEntries',
} as const;

export function compare(published: readonly Published[], truth: Truth, prefix = 'clockify'): Comparison {
  const topics = Object.fromEntries(
    templates.map((template) => {
      const topic = `${prefix}.${template.plural}`;
      return [
        topic,
        compareTopic(
          published.filter((record) => record.topic === topic),
          expectedRows(template, truth),
          template.ignoreChanges,
        ),
      ];
    }),
  );
  const sum = (count: (each: TopicComparison) => number) =>
    Object.values(topics).reduce((total, each) => total + count(each), 0);
  return {
    published: countOps(published),
    duplicates: sum((each) => each.duplicates),
    missing: sum((each) => each.missing.length),
    extra: sum((each) => each.extra.length),
    different: sum((each) => each.different.length),
    topics,
  };
}

export function isClean(comparison: Comparison): boolean {
  const { duplicates, missing, extra, different, topics } = comparison;
  return (
    duplicates + missing + extra + different + Object.values(topics).reduce((sum, each) => sum + each.outOfOrder, 0) ===
    0
  );
}

function expectedRows(template: (typeof templates)[number], truth: Truth): Map<string, Row> {
  const mapper = compileMapping(template);
  const resource = RESOURCES[template.name as keyof typeof RESOURCES];
  const rows = new Map<string, Row>();
  for (const [name, item] of Object.entries(truth[resource])) {
    const params = { workspace: name.split('/')[0] as string };
    rows.set(mapper.keyOf(item, params).join('/'), mapper.rowOf(item, params));
  }
  return rows;
}

function compareTopic(
  records: readonly Published[],
  expected: ReadonlyMap<string, Row>,
  ignored: readonly string[],
): TopicComparison {
  const last = new Map<string, Published>();
  const ids = new Set<string>();
  let duplicates = 0;
  let outOfOrder = 0;
  let tombstones = 0;
  for (const record of records) {
    const key = Object.values(record.key).join('/');
    const before = last.get(key);
    if (record.value === null) {
      tombstones += 1;
      if (before?.value?.__op !== 'd' || before.headers.ce_id !== record.headers.ce_id) outOfOrder += 1;
      continue;
    }
    const id = record.headers.ce_id as string;
    if (ids.has(id) || repeats(before, record, ignored)) duplicates += 1;
    if (before !== undefined && !(Number(record.value.__ts_ms) > Number(before.value?.__ts_ms))) outOfOrder += 1;
    ids.add(id);
    last.set(key, record);
  }
  const live = new Map([...last].filter(([, { value }]) => value?.__op !== 'd'));
  const differs = ([key, { value }]: [string, Published]) => {
    const truth = expected.get(key);
    return truth !== undefined && !isDeepStrictEqual(plain(value as Row, ignored), plain(truth, ignored));
  };
  return {
    records: records.length,
    tombstones,
    keys: live.size,
    duplicates,
    outOfOrder,
    missing: [...expected.keys()].filter((key) => !live.has(key)),
    extra: [...live.keys()].filter((key) => !expected.has(key)),
    different: [...live].filter(differs).map(([key]) => key),
  };
}

/** The same row again, or the wrong kind of event after the one before. */
function repeats(before: Published | undefined, record: Published, ignored: readonly string[]): boolean {
  const op = record.value?.__op;
  const wasLive = before !== undefined && before.value?.__op !== 'd';
  if (op === 'c' || op === 'r') return wasLive;
  if (!wasLive) return true;
  return op === 'u' && isDeepStrictEqual(plain(before.value as Row, ignored), plain(record.value as Row, ignored));
}

function plain(row: Row, ignored: readonly string[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('__') && !ignored.includes(name)));
}

function countOps(published: readonly Published[]): Record<'r' | 'c' | 'u' | 'd', number> {
  const counts = { r: 0, c: 0, u: 0, d: 0 };
  for (const { value } of published) if (value !== null) counts[value.__op as keyof typeof counts] += 1;
  return counts;
}
