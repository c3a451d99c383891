import { isDeepStrictEqual } from 'node:util';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
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

interface TopicComparison {
  readonly records: number;
  readonly tombstones: number;
  readonly keys: number;
  readonly duplicates: number;
  readonly outOfOrder: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly different: readonly string[];
}

export type Row = Readonly<Record<string, unknown>>;
type Truth = ReturnType<World['truth']>;

/** What one topic must hold: the rows that are true, by key as `a/b`. */
export interface Expectation {
  readonly topic: string;
  readonly rows: ReadonlyMap<string, Row>;
  /** Row fields that may differ without being news. */
  readonly ignored: readonly string[];
  /** Rows that may be there or not: what a sliding range has left, or is about to show. */
  readonly mayDiffer?: (row: Row) => boolean;
}

/** Templates whose rows are the truth as a list shows it → its resource. */
const RESOURCES: Readonly<Record<string, keyof Truth>> = {
  workspaces: 'workspaces',
  users: 'users',
  'user-groups': 'userGroups',
  projects: 'projects',
  clients: 'clients',
  tags: 'tags',
  tasks: 'tasks',
  'time-entries': 'timeEntries',
};

/** The templates for which the truth has a list. */
export const LISTED_TEMPLATES = Object.keys(RESOURCES);

/** The templates of `config/demo.yaml`. */
export const DEMO_TEMPLATES = ['workspaces', 'users', 'projects', 'time-entries'] as const;

export function expectationsOf(names: readonly string[], truth: Truth, prefix = 'clockify'): Expectation[] {
  return names.map((name) => {
    const template = templateNamed(name);
    return { topic: `${prefix}.${template.plural}`, rows: rowsOf(name, truth), ignored: template.ignoreChanges };
  });
}

function rowsOf(name: string, truth: Truth): Map<string, Row> {
  const template = templateNamed(name);
  const mapper = compileMapping(template);
  const resource = RESOURCES[name];
  if (resource === undefined) throw new Error(`the truth has no list for ${name}`);
  const rows = new Map<string, Row>();
  for (const [place, item] of Object.entries(truth[resource])) {
    const params = { workspace: place.split('/')[0] as string };
    rows.set(mapper.keyOf(item, params).join('/'), mapper.rowOf(item, params));
  }
  return rows;
}

/** Holds topics against what they must hold. */
export function compare(published: readonly Published[], expectations: readonly Expectation[]): Comparison {
  const topics = Object.fromEntries(
    expectations.map((expected) => [
      expected.topic,
      compareTopic(
        published.filter((record) => record.topic === expected.topic),
        expected,
      ),
    ]),
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

function compareTopic(records: readonly Published[], expected: Expectation): TopicComparison {
  const { rows, ignored, mayDiffer = () => false } = expected;
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
    const truth = rows.get(key);
    return (
      truth !== undefined &&
      !mayDiffer(truth) &&
      !isDeepStrictEqual(plain(value as Row, ignored), plain(truth, ignored))
    );
  };
  return {
    records: records.length,
    tombstones,
    keys: live.size,
    duplicates,
    outOfOrder,
    missing: [...rows].filter(([key, row]) => !live.has(key) && !mayDiffer(row)).map(([key]) => key),
    extra: [...live].filter(([key, { value }]) => !rows.has(key) && !mayDiffer(value as Row)).map(([key]) => key),
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
