import { deepStrictEqual, notStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Change, eventHeaders, eventIdentity, nextTsMs, type Op } from '../../../src/core/change.ts';
import { durationSeconds } from '../../../src/core/duration.ts';
import { toWorkerError, WorkerError } from '../../../src/core/errors.ts';
import { objectIdTimeMs } from '../../../src/core/object-id.ts';

test('durations as Clockify prints them are whole seconds', () => {
  const cases: [string, number][] = [
    ['PT0S', 0],
    ['PT79H12M', 285_120],
    ['PT1H2M3S', 3723],
    ['P1DT1S', 86_401],
    ['P2D', 172_800],
    ['PT1.9S', 1],
    ['-PT5M', -300],
    ['-PT0S', 0],
  ];
  for (const [text, seconds] of cases) strictEqual(durationSeconds(text), seconds, text);
});

test('what is no duration is undefined and not zero', () => {
  for (const text of ['', 'P', '-P', 'PT', 'P1DT', '1H', 'PT1H30', 'PT-5M', 'P1M', 'P1Y', 'pt1h', 'PT1H ', '--PT1S']) {
    strictEqual(durationSeconds(text), undefined, text);
  }
});

test('any hours, minutes and seconds add up', () => {
  const part = fc.nat({ max: 10_000 });
  fc.assert(
    fc.property(part, part, part, fc.boolean(), (h, m, s, negative) => {
      const total = h * 3600 + m * 60 + s;
      const expected = negative && total !== 0 ? -total : total;
      strictEqual(durationSeconds(`${negative ? '-' : ''}PT${h}H${m}M${s}S`), expected);
    }),
  );
});

test('an ObjectId tells the second it was made; anything else tells nothing', () => {
  strictEqual(objectIdTimeMs('64c777ddd3fcab07cfbb210c'), 0x64c777dd * 1000);
  strictEqual(objectIdTimeMs('FFFFFFFF0000000000000000'), 0xffffffff * 1000);
  for (const id of [
    '',
    '64c777dd',
    '64c777ddd3fcab07cfbb210',
    '64c777ddd3fcab07cfbb210cc',
    'g4c777ddd3fcab07cfbb210c',
  ]) {
    strictEqual(objectIdTimeMs(id), undefined, id);
  }
});

test('P3: __ts_ms strictly increases whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(), { minLength: 1 }), (clock) => {
      let last: number | undefined;
      for (const now of clock) {
        const next = nextTsMs(now, last);
        ok(next >= now && (last === undefined || next > last));
        last = next;
      }
    }),
  );
});

const change = (op: Op, hash: string, tsMs: number): Change => ({
  op,
  key: ['w', 'é/1'],
  slice: 's',
  keyBytes: new Uint8Array(),
  rowBytes: new Uint8Array(),
  hash,
  startMs: null,
  sourceTsMs: 1,
  tsMs,
});

test('P2: the same change has the same identity, and a flip A→B→A has three', () => {
  strictEqual(eventIdentity('thing', change('u', 'a', 1)), eventIdentity('thing', change('u', 'a', 1)));
  const flip = [change('u', 'a', 1), change('u', 'b', 2), change('u', 'a', 3)];
  strictEqual(new Set(flip.map((each) => eventIdentity('thing', each))).size, 3);
  notStrictEqual(eventIdentity('thing', change('u', 'a', 1)), eventIdentity('other', change('u', 'a', 1)));
  notStrictEqual(eventIdentity('thing', change('u', 'a', 1)), eventIdentity('thing', change('d', 'a', 1)));
});

test('keys whose parts only look alike when joined have different identities', () => {
  const one = { ...change('u', 'a', 1), key: ['a/b', 'c'] };
  const two = { ...change('u', 'a', 1), key: ['a', 'b/c'] };
  notStrictEqual(eventIdentity('thing', one), eventIdentity('thing', two));
});

test('the headers are CloudEvents in binary mode, all of them text', () => {
  const headers = eventHeaders({ app: 'app', source: 'src', resource: 'time_entry' }, change('d', 'a', 0), 'id');
  deepStrictEqual(headers, {
    ce_specversion: '1.0',
    ce_id: 'id',
    ce_source: '/clockify-kafka/app/src',
    ce_type: 'io.clockify.kafka.time_entry.deleted',
    ce_subject: 'w/é/1',
    ce_time: '1970-01-01T00:00:00.000Z',
    'content-type': 'application/avro',
    __op: 'd',
    __ts_ms: '0',
  });
});

test('a WorkerError stays what it is, anything else is a fault of our own', () => {
  const known = new WorkerError('config', 'a.b', 'says');
  strictEqual(toWorkerError(known), known);
  for (const thrown of [new TypeError('x'), 'x', undefined, null, { message: 'x' }]) {
    const error = toWorkerError(thrown);
    strictEqual(error.kind, 'fatal');
    strictEqual(error.code, 'internal.unexpected');
    strictEqual(error.cause, thrown);
  }
});
