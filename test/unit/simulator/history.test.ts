import { deepStrictEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { createHistory } from '../../../src/simulator/history.ts';

function filled(count: number, limit: number) {
  const history = createHistory(limit);
  for (let id = 1; id <= count; id += 1) {
    const entry = { atMs: id, kind: 'tagCreated', resource: 'tags', workspaceId: 'w', id: String(id) } as const;
    history.append({ ...entry, before: null, after: null });
  }
  return history;
}

test('sequences begin at 1 and have no gaps', () => {
  const history = filled(3, 100);
  deepStrictEqual(
    history.entries.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
  equal(history.sequence, 3);
});

test('since gives what came after a sequence', () => {
  const history = filled(5, 100);
  const after = (sequence: number) => history.since(sequence).map((entry) => entry.sequence);
  deepStrictEqual(after(0), [1, 2, 3, 4, 5]);
  deepStrictEqual(after(3), [4, 5]);
  deepStrictEqual(after(5), []);
  deepStrictEqual(after(99), []);
});

test('what is too old is dropped, and sequences go on', () => {
  const history = filled(25, 20);
  equal(history.entries.length <= 20, true);
  equal(history.entries.at(-1)?.sequence, 25);
  deepStrictEqual(
    history.since(24).map(({ sequence }) => sequence),
    [25],
  );
});
