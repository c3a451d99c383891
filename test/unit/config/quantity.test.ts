import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { share } from '../../../src/config/format.ts';
import { duration, rate, size } from '../../../src/config/quantity.ts';

test('durations, sizes, rates and shares are read with their unit, or refused', () => {
  const any = duration('1ms', '365d');
  const durations = [
    '500ms',
    '30s',
    '5m',
    '24h',
    '7d',
    '30',
    '1.5h',
    '-1s',
    '1 s',
    's',
    '5M',
    '999999999d',
    ['1s'],
    {},
  ];
  deepEqual(
    durations.map((text) => any.read(text).value),
    [500, 30_000, 300_000, 86_400_000, 604_800_000, ...Array(9).fill(undefined)],
  );
  deepEqual(
    ['1KiB', '32MiB', '1GiB', '2GiB', '10', '1MB', '0KiB'].map((text) => size.read(text).value),
    [1_024, 33_554_432, 1_073_741_824, undefined, undefined, undefined, undefined],
  );
  deepEqual(
    ['10/s', '600/m', '36/h', '10', '0/s', '1/d', '1.5/s'].map((text) => rate.read(text).value),
    [
      { requests: 10, windowMs: 1_000 },
      { requests: 600, windowMs: 60_000 },
      { requests: 36, windowMs: 3_600_000 },
      undefined,
      undefined,
      undefined,
      undefined,
    ],
  );
  deepEqual(
    ['0', '0.2', '1', '1.0', '1.1', '20%', '.5', '-0'].map((text) => share.read(text).value),
    [0, 0.2, 1, 1, undefined, undefined, undefined, undefined],
  );
});
