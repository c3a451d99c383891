import { deepEqual, equal } from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Deed, fatesOf, type Sight } from '../../support/change-fates.ts';

/** One entity; states are named by a letter, `-` is none. */
const rowOf = (state: string) => (state === '-' ? null : { state });

/** Deeds as `B@10`, shown at 12 as `B@10:12`. */
const deedOf = (text: string): Deed => {
  const [, state = '', atMs, shownAtMs] = /^(.)@(\d+)(?::(\d+))?$/.exec(text) ?? [];
  const shown = shownAtMs === undefined ? undefined : Number(shownAtMs);
  return { kind: state, atMs: Number(atMs), after: rowOf(state), shownAtMs: shown };
};

/** Published changes as `B@12`: when the answer arrived; seen otherwise at 5 as `B@5..12`. */
const sightOf = (text: string): Sight => {
  const [, state = '', notBeforeMs, notAfterMs] = /^(.)@(?:(\d+)\.\.)?(\d+)$/.exec(text) ?? [];
  const notBefore = notBeforeMs === undefined ? undefined : Number(notBeforeMs);
  const at = Number(notAfterMs);
  return { row: rowOf(state), by: 'recent', publishedAtMs: at, notBeforeMs: notBefore, notAfterMs: at };
};

function fates(first: string, deeds: readonly string[], sights: readonly string[]) {
  const life = { first: rowOf(first), deeds: deeds.map(deedOf), sights: sights.map(sightOf) };
  const { outcomes, untrue, outOfBounds } = fatesOf(life, 5);
  const words = outcomes.map(({ deed, fate }) => `${deed.kind} ${fate}`);
  return { words, untrue: untrue.length, outOfBounds: outOfBounds.length };
}

describe('what became of each change', () => {
  const cases: readonly (readonly [string, string, readonly string[], readonly string[], readonly string[]])[] = [
    ['published', 'A', ['B@10'], ['A@1', 'B@12'], ['B seen']],
    ['two between two looks', 'A', ['B@10', 'C@11'], ['A@1', 'C@12'], ['B superseded', 'C seen']],
    ['made and deleted between two looks', '-', ['B@10', '-@11'], [], ['B superseded', '- undone']],
    ['taken back', 'A', ['B@10', 'A@11', 'C@20'], ['A@1', 'C@21'], ['B superseded', 'A undone', 'C seen']],
    ['deleted and restored', 'A', ['-@10', 'A@11'], ['A@1'], ['- superseded', 'A undone']],
    ['there and back, both seen', 'A', ['B@10', 'A@20'], ['A@1', 'B@12', 'A@22'], ['B seen', 'A seen']],
    ['still true and not told', 'A', ['B@10'], ['A@1'], ['B lost']],
    ['a delete not told', 'A', ['-@10'], ['A@1'], ['- lost']],
    ['answered and long dropped', 'A', ['B@10:11', 'C@40'], ['A@1', 'C@41'], ['B lost', 'C seen']],
    ['answered, a later answer first', 'A', ['B@10:11', 'C@13'], ['A@1', 'C@14'], ['B overtaken', 'C seen']],
    [
      'answered before it was the same again',
      'A',
      ['B@10', 'A@11:12', 'C@40'],
      ['A@1', 'C@41'],
      ['B superseded', 'A undone', 'C seen'],
    ],
  ];
  for (const [name, first, deeds, sights, wanted] of cases) {
    test(name, () => deepEqual(fates(first, deeds, sights), { words: wanted, untrue: 0, outOfBounds: 0 }));
  }

  test('what was never true, or not yet, is told', () => {
    equal(fates('A', ['B@10'], ['A@1', 'X@11', 'B@12']).untrue, 1);
    equal(fates('A', ['B@10'], ['A@1', 'B@9']).untrue, 1);
    equal(fates('A', ['B@10'], ['A@1', 'B@11', '-@12']).untrue, 1);
    equal(fates('A', ['B@10', 'C@20'], ['A@1', 'C@21', 'B@22']).untrue, 1, 'backwards in time');
  });

  test('what happened before its lower bound is told', () => {
    equal(fates('A', ['B@10'], ['A@1', 'B@9..12']).outOfBounds, 0);
    equal(fates('A', ['B@10'], ['A@1', 'B@11..12']).outOfBounds, 1);
  });
});

test('a poller that looks at any moments and publishes every state it finds loses nothing', () => {
  const lives = fc.record({
    first: fc.constantFrom('-', 'A', 'B'),
    deeds: fc.array(fc.tuple(fc.constantFrom('-', 'A', 'B', 'C'), fc.integer({ min: 1, max: 9 })), { maxLength: 12 }),
    looks: fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 12 }),
  });
  fc.assert(
    fc.property(lives, ({ first, deeds, looks }) => {
      let atMs = 0;
      let state: string = first;
      const steps = deeds.flatMap(([after, gap]) => {
        atMs += gap;
        const isNews = after !== state;
        state = after;
        return isNews ? [{ after, atMs }] : [];
      });
      const stateAt = (lookMs: number) => steps.findLast((step) => step.atMs <= lookMs)?.after ?? first;
      const moments = [0, ...looks.toSorted((a, b) => a - b), 200];
      const told = moments.filter(
        (lookMs, at) => stateAt(lookMs) !== (at === 0 ? '-' : stateAt(moments[at - 1] as number)),
      );
      const { words, untrue } = fates(
        first,
        steps.map(({ after, atMs: at }) => `${after}@${at}`),
        told.map((lookMs) => `${stateAt(lookMs)}@${lookMs}`),
      );
      equal(untrue, 0);
      deepEqual(
        words.filter((word) => word.endsWith('lost')),
        [],
      );
    }),
  );
});
