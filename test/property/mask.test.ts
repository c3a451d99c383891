import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileMask, type MaskHow, REDACTED } from '../../src/core/mask.ts';

const hash = (text: string) => `#${text.length}`;
const NAME = fc.constantFrom('a', 'b', '__proto__', 'constructor', 'length');
const PATH = fc.array(NAME, { minLength: 1, maxLength: 3 });
const HOW = fc.constantFrom<MaskHow>('drop', 'hash', 'redact');

/** What JSON.parse can give, with names that objects inherit. */
const ITEM = fc
  .letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.constant(null),
      fc.array(tie('value')),
      tie('object'),
    ),
    object: fc.array(fc.tuple(NAME, tie('value')), { maxLength: 4 }),
  }))
  .value.map((value) => JSON.parse(JSON.stringify(value, (_, each) => objectOf(each))) as unknown);

function objectOf(value: unknown): unknown {
  const isPairs =
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((each) => Array.isArray(each) && each.length === 2 && typeof each[0] === 'string');
  return isPairs ? Object.fromEntries(value as [string, unknown][]) : value;
}

/** Every value that the path leads to, into each member of a list. */
function at(item: unknown, path: readonly string[]): unknown[] {
  const [name, ...rest] = path;
  if (name === undefined) return [item];
  if (Array.isArray(item)) return item.flatMap((member) => at(member, path));
  if (typeof item !== 'object' || item === null || !Object.hasOwn(item, name)) return [];
  return at((item as Record<string, unknown>)[name], rest);
}

const saysNothing = (value: unknown): boolean => value === null || value === '';

test('P7: what is masked is not there any more, everything else is, and the item itself is untouched', () => {
  fc.assert(
    fc.property(ITEM, PATH, HOW, (item, path, how) => {
      const before = JSON.stringify(item);
      const seen = compileMask([{ path, how }], hash)(item);
      equal(JSON.stringify(item), before);
      const concealed = (was: unknown) =>
        how === 'redact' ? REDACTED : hash(typeof was === 'string' ? was : JSON.stringify(was));
      const was = at(item, path);
      if (was.every(saysNothing)) deepEqual(seen, item);
      const expected =
        how === 'drop' ? was.filter(saysNothing) : was.map((each) => (saysNothing(each) ? each : concealed(each)));
      deepEqual(at(seen, path), expected);
      const without = compileMask([{ path, how: 'drop' }], hash);
      deepEqual(without(seen), without(item), 'nothing beside it has changed');
    }),
    { numRuns: 500 },
  );
});

test('P7: a path leads into each member, where what was an object has become a list', () => {
  const mask = compileMask([{ path: ['user', 'email'], how: 'drop' }], hash);
  deepEqual(mask({ user: [{ email: 'a@x', id: 1 }, [{ email: 'b@x' }], 'c'] }), { user: [{ id: 1 }, [{}], 'c'] });
  const deep = JSON.parse(`${'['.repeat(5_000)}{"email":"a@x"}${']'.repeat(5_000)}`) as unknown;
  equal(JSON.stringify(mask({ user: deep })).includes('a@x'), false, 'and however deep, it is not seen');
});

test('several rules hold together', () => {
  const mask = compileMask(
    [
      { path: ['user', 'email'], how: 'hash' },
      { path: ['user', 'name'], how: 'redact' },
      { path: ['note'], how: 'drop' },
    ],
    hash,
  );
  const seen = mask({ id: 1, user: { email: 'me@x', name: 'Me', id: 2 }, note: 'private' });
  deepEqual(seen, { id: 1, user: { id: 2, name: REDACTED, email: '#4' } });
});
