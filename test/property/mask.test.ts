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

function at(item: unknown, path: readonly string[]): unknown {
  let value = item;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Record<string, unknown>)[name];
  }
  return value;
}

test('P7: what is masked is not there any more, everything else is, and the item itself is untouched', () => {
  fc.assert(
    fc.property(ITEM, PATH, HOW, (item, path, how) => {
      const before = JSON.stringify(item);
      const seen = compileMask([{ path, how }], hash)(item);
      equal(JSON.stringify(item), before);
      const was = at(item, path);
      const is = at(seen, path);
      if (was === undefined || was === null || was === '') deepEqual(seen, item);
      else if (how === 'drop') equal(is, undefined);
      else equal(is, how === 'redact' ? REDACTED : hash(typeof was === 'string' ? was : JSON.stringify(was)));
      const without = compileMask([{ path, how: 'drop' }], hash);
      deepEqual(without(seen), without(item), 'nothing beside it has changed');
    }),
    { numRuns: 500 },
  );
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
