import { deepStrictEqual } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FieldType } from '../../src/core/field-value.ts';
import { compileItemShape } from '../../src/core/item-shape.ts';
import { createDriftWatch } from '../../src/pipeline/drift.ts';
import type { SliceEvent } from '../../src/pipeline/sweep.ts';
import { createWorld, fakeEndpoint, sweep, type Thing, thingMapper } from '../support/pipeline-world.ts';

const NAME = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor');
const PATH = fc.array(NAME, { minLength: 1, maxLength: 3 });
const VALUE = fc.constantFrom<unknown>(null, 0, 'x', [], {}, [1]);
const OBJECT = fc
  .letrec((tie) => ({
    value: fc.oneof({ maxDepth: 3 }, VALUE, tie('object')),
    object: fc.uniqueArray(fc.tuple(NAME, tie('value')), { selector: ([name]) => name }),
  }))
  .object.map((entries) => made(entries as Entries));

type Entries = readonly (readonly [string, unknown])[];

/** As JSON.parse makes it, `__proto__` and all. */
function made(entries: Entries): unknown {
  const inner = entries.map(([name, value]) => {
    const isEntries = Array.isArray(value) && value.length > 0 && value.every((each) => Array.isArray(each));
    return `${JSON.stringify(name)}:${JSON.stringify(isEntries ? made(value as unknown as Entries) : value)}`;
  });
  return JSON.parse(`{${inner.join(',')}}`);
}

/** Path by path, without a thought for how long it takes. */
function plainly(paths: readonly (readonly string[])[], items: readonly unknown[]) {
  const wholes = paths.filter((path) => !paths.some((other) => other.length < path.length && isWithin(other, path)));
  const steps = new Set(wholes.flatMap((path) => path.map((_, at) => JSON.stringify(path.slice(0, at + 1)))));
  const leaves = new Set(wholes.map((path) => JSON.stringify(path)));
  const absent = new Map<string, number>();
  const unknown = new Map<string, number>();
  const visit = (value: unknown, above: readonly string[]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    const under = [...steps]
      .map((step) => JSON.parse(step) as string[])
      .filter(({ length }) => length === above.length + 1);
    for (const step of under.filter((each) => isWithin(above, each)))
      if (!Object.hasOwn(value, step.at(-1) ?? '')) add(absent, step.join('.'));
    for (const [name, inner] of Object.entries(value)) {
      const path = [...above, name];
      if (!steps.has(JSON.stringify(path))) {
        if (says(inner)) add(unknown, path.join('.'));
      } else if (!leaves.has(JSON.stringify(path))) visit(inner, path);
    }
  };
  for (const item of items) visit(item, []);
  return { absent, unknown };
}

const isWithin = (outer: readonly string[], inner: readonly string[]) => outer.every((name, at) => name === inner[at]);
const add = (counts: Map<string, number>, path: string) => counts.set(path, (counts.get(path) ?? 0) + 1);
const sorted = (counts: Iterable<readonly [string, number]>) =>
  [...counts].filter(([, count]) => count > 0).sort(([one], [other]) => (one < other ? -1 : 1));

function says(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return typeof value === 'object' && value !== null ? Object.values(value).some(says) : value !== null;
}

test('N26: whatever the items, each new field and each one that is not there is counted, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(PATH, { minLength: 1, maxLength: 5 }), fc.array(OBJECT, { maxLength: 8 }), (paths, items) => {
      const fields = paths.map((path) => ({ path, type: 'json' as FieldType }));
      const shape = compileItemShape(fields);
      const { absent, unknown } = shape.tally(items);
      const expected = plainly(paths, items);
      const counts = absent.map((count, id) => [shape.paths[id]?.path ?? '', count] as const);
      deepStrictEqual(sorted(counts), sorted(expected.absent));
      deepStrictEqual(
        sorted([...unknown].map(([path, { count }]) => [path, count] as const)),
        sorted(expected.unknown),
      );
    }),
    { numRuns: 500 },
  );
});

const OWNERS = ['a', 'b', 'c'] as const;

/** Three slices of one source; each step is who has how many items, and which of them have a name. */
function createTrio() {
  return createWorld().then((world) => {
    const drift = createDriftWatch(thingMapper.shape);
    const endpoints = OWNERS.map(() => fakeEndpoint({ witness: false }));
    const contexts = endpoints.map((endpoint, at) =>
      world.context(endpoint, { slice: OWNERS[at] ?? '', source: { drift }, guard: { share: 1, atLeast: 1_000 } }),
    );
    const round = async (items: readonly (readonly Thing[])[], order: readonly number[]) => {
      const events: SliceEvent[] = [];
      for (const at of order) {
        const [endpoint, context] = [endpoints[at], contexts[at]];
        if (endpoint === undefined || context === undefined) continue;
        endpoint.pageSize = 5;
        endpoint.items = items[at] ?? [];
        events.push(...(await sweep(context)));
      }
      return events.flatMap((event) =>
        event.type === 'drift' ? event.drift.told.filter(({ kind }) => kind === 'missing') : [],
      );
    };
    return { world, round };
  });
}

const things = (at: number, marks: readonly boolean[]): Thing[] =>
  marks.map((has, number) => ({
    id: `${OWNERS[at]}${number}`,
    owner: OWNERS[at] ?? '',
    ...(has ? { name: 'n' } : {}),
  }));
const same = (has: boolean) => fc.integer({ min: 10, max: 14 }).map((length) => Array.from({ length }, () => has));
const MARKS = fc.oneof(fc.array(fc.boolean(), { maxLength: 14 }), same(true), same(false));
const ORDER = fc.shuffledSubarray([0, 1, 2], { minLength: 3 });

test('N26: a field that one item still has at each round is never missing, whatever becomes of the others', async () => {
  const ROUND = fc.record({ marks: fc.tuple(MARKS, MARKS, MARKS), order: ORDER, hours: fc.constantFrom(0, 0, 1, 40) });
  await fc.assert(
    fc.asyncProperty(fc.array(ROUND, { minLength: 2, maxLength: 9 }), fc.nat({ max: 2 }), async (rounds, keeper) => {
      const { world, round } = await createTrio();
      for (const { marks, order, hours } of rounds) {
        world.clock.ms += hours * 3_600_000;
        const items = marks.map((each, at) => things(at, at === keeper ? [...each, true] : each));
        deepStrictEqual(await round(items, order), []);
      }
    }),
    { numRuns: 40 },
  );
});

test('N26: a field that everybody had and nobody has is told exactly once, in whatever order slices are swept', async () => {
  const SIZES = fc.tuple(fc.integer({ min: 4, max: 12 }), fc.nat({ max: 6 }), fc.integer({ min: 6, max: 12 }));
  await fc.assert(
    fc.asyncProperty(
      SIZES,
      fc.array(ORDER, { minLength: 4, maxLength: 6 }),
      fc.nat({ max: 3 }),
      async (sizes, orders, before) => {
        const { round } = await createTrio();
        const all = (has: boolean) =>
          sizes.map((size, at) =>
            things(
              at,
              Array.from({ length: size }, () => has),
            ),
          );
        for (let times = 0; times <= before; times++) deepStrictEqual(await round(all(true), [0, 1, 2]), []);
        const told: string[] = [];
        for (const order of orders) told.push(...(await round(all(false), order)).map(({ path }) => path));
        deepStrictEqual(told, ['name']);
      },
    ),
    { numRuns: 40 },
  );
});
