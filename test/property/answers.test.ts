import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { digest } from '../../src/avro/digest.ts';
import { compileRows } from '../../src/clockify/manual/rows.ts';
import { templates } from '../../src/clockify/templates/catalogue.ts';
import { keyCandidates } from '../../src/clockify/try-keys.ts';
import { dataCandidates, metadataCandidates } from '../../src/clockify/try-paths.ts';
import { WorkerError } from '../../src/core/errors.ts';
import { compileMapping } from '../../src/core/field.ts';
import { rowHashMapper } from '../../src/core/field-hash.ts';
import { emptyShape, fieldsOf, observe } from '../../src/core/infer.ts';
import { compileMask } from '../../src/core/mask.ts';
import { rawText } from '../../src/core/raw-text.ts';
import { jsonOf } from '../../src/pipeline/extract.ts';

/** Names that mean something to JavaScript, to us, or to Clockify. */
const NAME = fc.constantFrom(
  ...[
    '__proto__',
    'constructor',
    'toString',
    'length',
    '',
    'id',
    'workspaceId',
    'timeInterval',
    'start',
    'a.b',
    "a'b",
    '\u0000',
  ],
);
const NUMBER = fc.constantFrom(
  '0',
  '-0',
  '1e999',
  '-1e999',
  '9007199254740993',
  '1e-400',
  '0.1',
  '123456789012345678901234567890',
);
const TEXT = fc.oneof(
  fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
  fc.constantFrom('"\\ud800"', '"\\u0000"', '"2026-01-01T00:00:00Z"', '"PT1H"', '"NaN"', `"${'x'.repeat(70_000)}"`),
);

/** JSON as text, so that it may say what no JavaScript value says. */
const JSON_TEXT: fc.Arbitrary<string> = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    TEXT,
    NUMBER,
    fc.constantFrom('null', 'true', 'false'),
    list(tie('value')),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(NAME, tie('value')), { maxLength: 5 })
    .map((pairs) => `{${pairs.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`),
})).value;

function list(item: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.array(item, { maxLength: 4 }).map((items) => `[${items.join(',')}]`);
}

/** Not among the random ones: a counterexample of so many brackets would fill the screen. */
const DEPTHS = [
  ['[', ']', 5_000],
  ['{"id":', '}', 3_000],
  ['[', ']', 200_000],
  ['{"id":', '}', 100_000],
] as const;
const BYTES = fc.oneof(
  { weight: 6, arbitrary: JSON_TEXT.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  { weight: 1, arbitrary: JSON_TEXT.map((text) => Buffer.from(text).subarray(0, text.length >> 1)) },
);

/** Runs; what is wrong with the answer is told as such, and in few words. */
function orFault<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    ok(thrown instanceof WorkerError, String(thrown));
    ok(thrown.kind === 'record' || thrown.kind === 'config' || thrown.kind === 'transient', thrown.kind);
    ok(thrown.message.length < 2_000, 'an answer is not quoted');
    return undefined;
  }
}

const MAPPERS = [
  ...templates.map(compileMapping),
  rowHashMapper([{ path: ['id'], field: 'id', type: 'json' }], digest),
];
const PATHS = ['$', '$[*]', '$.id', '$.id[*]', '$..id', "$['__proto__']", '$.*'].map((path) =>
  compileRows(path, undefined, 'meta_'),
);
const WITH_METADATA = compileRows('$.id', '$.constructor', 'meta_');
const PARAMETERS = { workspace: 'w', user: 'u', project: 'p' };

function readAll(bytes: Uint8Array): void {
  const json = orFault(() => jsonOf(bytes));
  if (json === undefined) return;
  const rows = PATHS.flatMap((read) => orFault(() => read(json)) ?? []);
  orFault(() => WITH_METADATA(json));
  for (const item of [json, ...rows.slice(0, 20)]) everyMapper(item);
  orFault(() => fieldsOf(rows.slice(0, 20).reduce(observe, emptyShape()), ['id']));
  orFault(() => keyCandidates(rows));
  for (const { path } of orFault(() => dataCandidates(json)) ?? []) orFault(() => metadataCandidates(json, path));
  ok(rawText(json).length > 0);
  ok(!('polluted' in {}) && Object.keys(Object.prototype).length === 0);
}

test('P7 P8: whatever the bytes of an answer are, they become rows or a fault, and nothing of the process changes', () => {
  fc.assert(fc.property(BYTES, readAll), { numRuns: 300 });
});

test('P8: however deeply an answer is nested, it becomes rows or a fault', () => {
  for (const [open, close, depth] of DEPTHS) {
    readAll(Buffer.from(`${open.repeat(depth)}${open === '[' ? '' : '1'}${close.repeat(depth)}`));
  }
});

const MASK = compileMask(
  [
    { path: ['__proto__', 'id'], how: 'hash' },
    { path: ['id'], how: 'redact' },
    { path: ['timeInterval', 'start'], how: 'drop' },
  ],
  digest,
);

function everyMapper(item: unknown): void {
  for (const mapper of MAPPERS) {
    orFault(() => mapper.keyOf(item, PARAMETERS));
    orFault(() => mapper.rowOf(item, PARAMETERS));
    orFault(() => mapper.rowOf(MASK(item), PARAMETERS));
    orFault(() => mapper.unknownFields(item));
  }
}
