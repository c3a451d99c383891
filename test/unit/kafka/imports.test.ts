import { deepStrictEqual } from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const IMPORT = /(?:from|import|require)\s*\(?\s*['"]kafkajs(?:\/[^'"]*)?['"]/;

test('kafkajs is loaded by the file that patches it and by no other, so that the patches come first', () => {
  const files = globSync('src/**/*.ts', { cwd: ROOT });
  const importers = files.filter((file) => IMPORT.test(readFileSync(`${ROOT}/${file}`, 'utf8')));
  deepStrictEqual(importers, ['src/kafka/kafkajs-patches.ts']);
});
