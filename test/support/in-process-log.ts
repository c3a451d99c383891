import { deepEqual, equal, ok } from 'node:assert/strict';
import { templateNamed } from '../../src/clockify/templates/catalogue.ts';
import { compileMapping } from '../../src/core/field.ts';
import type { OutRecord } from '../../src/pipeline/ports.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';

/** What a reader of the topics makes of the committed log, and what the log must be (P1, P2, P3). */

export type ResourceName = 'workspaces' | 'users' | 'projects' | 'time-entries';

/** A change as a reader of the topic gets it. `row` is null for a tombstone. */
export interface Published {
  readonly topic: string;
  readonly op: string | undefined;
  readonly key: string;
  readonly row: Readonly<Record<string, unknown>> | null;
  readonly headers: Readonly<Record<string, string>>;
}

export function topicOf(resource: ResourceName): string {
  return `clockify.${templateNamed(resource).plural}`;
}

export function readLog(
  records: readonly OutRecord[],
  topic: string,
  decode: (bytes: Uint8Array) => unknown,
): readonly Published[] {
  return records
    .filter((record) => record.topic === topic)
    .map(({ key, value, headers }) => {
      const parts = decode(key as Uint8Array) as Record<string, string>;
      return {
        topic,
        op: headers.__op,
        key: Object.values(parts).join('/'),
        row: value === null ? null : (decode(value) as Record<string, unknown>),
        headers,
      };
    });
}

/** What compaction leaves: a later record replaces an earlier one, a tombstone removes it. */
export function foldLog(log: readonly Published[]): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
  const rows = new Map<string, Readonly<Record<string, unknown>>>();
  for (const { key, row } of log) {
    if (row === null) rows.delete(key);
    else rows.set(key, row);
  }
  return rows;
}

export function verifyLog(log: readonly Published[]): void {
  const ids = new Set<string>();
  const lastMs = new Map<string, number>();
  let open: Published | undefined;
  for (const record of log) {
    const { key, op, row, headers } = record;
    if (row === null) {
      equal(open?.key, key, `a tombstone of ${key} stands right behind its delete`);
      deepEqual(headers, open?.headers, 'a tombstone carries the headers of its delete');
      open = undefined;
      continue;
    }
    equal(open, undefined, `the delete of ${open?.key} has its tombstone right behind it`);
    const id = headers.ce_id ?? '';
    ok(!ids.has(id), `ce_id ${id} of ${op} ${key} was used before (P2)`);
    ids.add(id);
    const atMs = Number(headers.__ts_ms);
    ok(atMs > (lastMs.get(key) ?? 0), `__ts_ms of ${op} ${key} rises (P3)`);
    equal(row.__ts_ms, atMs);
    equal(row.__op, op);
    lastMs.set(key, atMs);
    if (op === 'd') open = record;
  }
  equal(open, undefined, 'the last delete has its tombstone');
}

const TRUTH_OF = {
  workspaces: 'workspaces',
  users: 'users',
  projects: 'projects',
  'time-entries': 'timeEntries',
} as const;

/** What the key can see; a workspace that its owner has left is no longer there for it, though its rows are not gone. */
export function verifyTruth(
  resource: ResourceName,
  { world }: Simulator,
  rows: ReadonlyMap<string, Readonly<Record<string, unknown>>>,
): void {
  const template = templateNamed(resource);
  const { rowOf } = compileMapping(template);
  const withoutMeta = (row: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(
      Object.entries(row).filter(([name]) => !name.startsWith('__') && !template.ignoreChanges.includes(name)),
    );
  const truth = Object.entries(world.truth()[TRUTH_OF[resource]]).map(([path, item]) => {
    const [workspace = '', id = ''] = path.split('/');
    return [resource === 'workspaces' ? id : path, withoutMeta(rowOf(item, { workspace }))];
  });
  const published = [...rows].map(([key, row]) => [key, withoutMeta(row)]);
  deepEqual(
    Object.fromEntries(published),
    Object.fromEntries(truth),
    `the folded log of ${resource} is the truth (P1)`,
  );
}
