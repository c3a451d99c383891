import { ok, strictEqual } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CHILD = fileURLToPath(new URL('./idle-slices-child.ts', import.meta.url));
const USERS = 1_500;
/** As measured 3.5 KB, its checkpoint in the state and its line in the status included; as Observables it was 25 KB. */
const MOST_BYTES = 4_500;

test('P8: each further slice that rests between its sweeps takes a few kilobytes', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', CHILD, String(USERS)]);
  const { slices, bytesPerSlice } = JSON.parse(stdout) as { slices: number; bytesPerSlice: number };
  strictEqual(slices, 2 * (USERS - 100));
  ok(bytesPerSlice > 500 && bytesPerSlice < MOST_BYTES, `${bytesPerSlice} bytes a slice`);
});
