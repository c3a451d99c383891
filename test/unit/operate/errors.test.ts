import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERROR_CODES } from '../../support/error-codes.ts';
import { codesInSource, ERRORS_FILE, errorTable, sourceText } from '../../support/error-scan.ts';

test('every error code is in the table, with what it means and what to do', () => {
  const codes = [...codesInSource().keys()];
  ok(codes.length > 150, `the scan finds ${codes.length}`);
  deepEqual(
    codes.filter((code) => ERROR_CODES[code] === undefined),
    [],
  );
  for (const [code, [means, what]] of Object.entries(ERROR_CODES)) {
    match(means, /^\S.{10,}\.$/, code);
    match(what, /^\S.{3,}\.$/, code);
  }
});

test('the table has no code that is gone, is in order, and docs/errors.md is what it says', () => {
  const found = codesInSource();
  const gone = Object.keys(ERROR_CODES).filter((code) => !found.has(code) && !sourceText.includes(`'${code}'`));
  deepEqual(gone, []);
  deepEqual(Object.keys(ERROR_CODES), Object.keys(ERROR_CODES).toSorted());
  equal(readFileSync(ERRORS_FILE, 'utf8'), errorTable(), 'npm run errors writes it anew');
});
