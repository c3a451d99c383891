import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from '../../../src/config/suggest.ts';

test('the nearest known word is suggested, and nothing for a word far from all', () => {
  const known = ['every', 'template', 'api_key', 'transaction_timeout', 'static_shards'];
  const words = [
    'evry',
    'Every',
    'eveyr',
    'templates',
    'apiKey',
    'api-key',
    'transactoin_timeouts',
    'shards',
    'zzz',
    '',
  ];
  deepEqual(
    words.map((word) => nearest(word, known)),
    [
      'every',
      'every',
      'every',
      'template',
      'api_key',
      'api_key',
      'transaction_timeout',
      undefined,
      undefined,
      undefined,
    ],
  );
});
