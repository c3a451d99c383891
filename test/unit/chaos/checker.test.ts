import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { templateNamed } from '../../../src/clockify/templates/catalogue.ts';
import type { StateItem } from '../../../src/core/state.ts';
import { type Evidence, isSound, judge, type Verdict } from '../../chaos/checker.ts';
import { compare, type Expectation } from '../../support/comparison.ts';
import type { Published } from '../../support/published.ts';

const TOPIC = `x.${templateNamed('users').plural}`;
const NAMES = { users: TOPIC };

/** `c a`, `u a 2`, `d a`, `- a` for a tombstone: op, key, and what its row says. */
function published(...events: readonly string[]): Published[] {
  let tsMs = 0;
  let last: Published | undefined;
  return events.map((event, offset) => {
    const [op = '', id = '', name = '1', ts] = event.split(' ');
    tsMs = ts === undefined ? tsMs + 1 : Number(ts);
    const base = { topic: TOPIC, partition: 0, offset, key: { workspace_id: 'w', id } };
    if (op === '-') return { ...base, headers: last?.headers ?? {}, value: null };
    const value = { workspace_id: 'w', id, name, __op: op, __ts_ms: tsMs };
    last = { ...base, headers: { ce_id: `${op} ${id} ${name} ${tsMs}` }, value };
    return last;
  });
}

function stateOf(records: readonly Published[]): StateItem[] {
  const last = new Map(records.filter(({ value }) => value !== null).map((record) => [record.key.id, record]));
  return [...last.values()].map(({ key, value }): StateItem => {
    const tsMs = Number(value?.__ts_ms);
    const entry =
      value?.__op === 'd'
        ? ({ kind: 'grave', slice: 's', tsMs } as const)
        : ({
            kind: 'live',
            slice: 's',
            hash: '',
            schema: '',
            startMs: null,
            tsMs,
            rowBytes: new Uint8Array(),
          } as const);
    return { type: 'entity', source: 'users', key: Object.values(key), entry };
  });
}

/** @param truth names by id */
function verdictOf(
  records: readonly Published[],
  truth: Readonly<Record<string, string>>,
  over: Partial<Evidence> = {},
): Verdict {
  const rows = Object.entries(truth).map(([id, name]) => [`w/${id}`, { workspace_id: 'w', id, name }] as const);
  const expected: Expectation = { topic: TOPIC, rows: new Map(rows), ignored: [] };
  return judge({
    published: records,
    comparison: compare(records, [expected]),
    lostChanges: [],
    untrue: [],
    history: [{ workspaceId: 'w', id: 'gone', after: null, atMs: 0 }],
    topicOf: NAMES,
    state: stateOf(records),
    deadLetters: [],
    otherReader: undefined,
    ...over,
  });
}

/** The laws that are broken. */
function broken(verdict: Verdict): string[] {
  const { records: _, ...laws } = verdict;
  return Object.entries(laws).flatMap(([law, found]) => (found.length === 0 ? [] : [law]));
}

test('a history in which nothing went wrong is sound', () => {
  const records = published('r a', 'c b', 'u b 2', 'c gone', 'd gone', '- gone');
  const verdict = verdictOf(records, { a: '1', b: '2' });
  deepEqual(broken(verdict), []);
  ok(isSound(verdict));
  equal(verdict.records, 6);
});

for (const [what, events, truth, laws] of [
  ['a change that is missing', ['c a'], { a: '1', b: '1' }, ['lost']],
  ['an update that is missing', ['c a 1'], { a: '2' }, ['lost']],
  ['a delete that is missing', ['c a', 'c gone'], { a: '1' }, ['lost']],
  ['the same row again', ['c a', 'u a 1'], { a: '1' }, ['duplicated']],
  ['created twice', ['c a 1', 'c a 2'], { a: '2' }, ['duplicated']],
  ['an older change behind a newer one', ['c a 1 9', 'u a 2 5'], { a: '2' }, ['reordered']],
  ['a delete without its tombstone behind it', ['c gone', '- gone'], {}, ['lost', 'reordered']],
  ['a delete of what was never deleted', ['c a', 'd a', '- a', 'c a'], { a: '1' }, ['falseDeletes']],
] as const) {
  test(`${what} is found`, () => {
    deepEqual(broken(verdictOf(published(...events), truth)).sort(), [...laws].sort());
  });
}

test('the same event twice, by its id, is found', () => {
  const [one] = published('c a');
  ok(one !== undefined);
  deepEqual(broken(verdictOf([one, { ...one, offset: 1 }], { a: '1' })), ['duplicated', 'reordered']);
});

test('what was never true, and a delete while it lived, are told apart', () => {
  const records = published('c a');
  deepEqual(broken(verdictOf(records, { a: '1' }, { untrue: ['w/a row by running'] })), ['invented']);
  deepEqual(broken(verdictOf(records, { a: '1' }, { untrue: ['w/a d by running'] })), ['falseDeletes']);
});

test('a state that says something else than the topics is found', () => {
  const records = published('c a', 'c gone', 'd gone', '- gone');
  const state = stateOf(records);
  const other = stateOf(published('c a 1 77'));
  deepEqual(broken(verdictOf(records, { a: '1' }, { state: state.slice(1) })), ['state'], 'an entity is missing');
  deepEqual(
    broken(verdictOf(records, { a: '1' }, { state: [...state.slice(1), ...other] })),
    ['state'],
    'another time',
  );
  const revived = stateOf(published('c a', 'c gone 1 3'));
  deepEqual(broken(verdictOf(records, { a: '1' }, { state: revived })), ['state'], 'a grave that lives');
});

test('dead letters, lost changes and another reader count', () => {
  const records = published('c a');
  const line = `${TOPIC}/0/0 c a 1 1`;
  deepEqual(broken(verdictOf(records, { a: '1' }, { otherReader: [line] })), []);
  deepEqual(broken(verdictOf(records, { a: '1' }, { otherReader: [] })), ['otherReader']);
  deepEqual(broken(verdictOf(records, { a: '1' }, { otherReader: [line, `${TOPIC}/0/1 x`] })), ['otherReader']);
  deepEqual(broken(verdictOf(records, { a: '1' }, { deadLetters: ['why'] })), ['deadLetters']);
  deepEqual(broken(verdictOf(records, { a: '1' }, { lostChanges: ['w/a edited'] })), ['lost']);
});
