import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parentTemplates, templateNamed, templates } from '../../../../src/clockify/templates/catalogue.ts';
import { listQuery, segment, type Template } from '../../../../src/clockify/templates/template.ts';
import { compileMapping, type FieldMapping } from '../../../../src/core/field.ts';

const WORKSPACE = '6a0000000000000000000001';
const USER = '6a0000000000000000000021';
const PARAMETERS = { workspace: WORKSPACE, user: USER };

function items(name: string): Record<string, unknown>[] {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/clockify/${name}.json`, import.meta.url), 'utf8'));
}

const AVRO_TYPES: Readonly<Record<string, unknown>> = {
  string: ['null', 'string'],
  boolean: ['null', 'boolean'],
  long: ['null', 'long'],
  double: ['null', 'double'],
  instant: ['null', { type: 'long', logicalType: 'timestamp-millis' }],
  duration: ['null', 'long'],
  strings: { type: 'array', items: 'string' },
  'string-set': { type: 'array', items: 'string' },
  json: ['null', 'string'],
};

const SUFFIXES: Readonly<Record<string, string>> = { duration: '_seconds', json: '_json' };

function columnName(mapping: FieldMapping): string {
  if ('parameter' in mapping) return `${mapping.parameter}_id`;
  const snake = mapping.path.map((name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)).join('_');
  return snake + (SUFFIXES[mapping.type] ?? '');
}

for (const template of templates) {
  const { fields } = JSON.parse(
    readFileSync(new URL(`../../../../avro/${template.plural}-value.avsc`, import.meta.url), 'utf8'),
  ) as { fields: { name: string; type: unknown }[] };

  test(`${template.name}: every field that was seen in an answer is mapped`, () => {
    const { unknownFields, rowOf } = compileMapping(template);
    for (const item of items(template.name)) {
      deepStrictEqual(unknownFields(item), []);
      rowOf(item, PARAMETERS);
    }
  });

  test(`${template.name}: mapping and schema have the same fields of the same types`, () => {
    const row = fields.filter(({ name }) => !name.startsWith('__'));
    deepStrictEqual(row.map(({ name }) => name).sort(), template.fields.map(({ field }) => field).sort());
    for (const mapping of template.fields) {
      const type = row.find(({ name }) => name === mapping.field)?.type;
      const wanted = 'parameter' in mapping ? 'string' : AVRO_TYPES[mapping.type];
      deepStrictEqual(type, template.keyFields.includes(mapping.field) ? 'string' : wanted, mapping.field);
    }
  });

  test(`${template.name}: a column is named by its path, and by its unit`, () => {
    for (const mapping of template.fields) strictEqual(mapping.field, columnName(mapping));
  });

  test(`${template.name}: what it names is there`, () => {
    const names = template.fields.map(({ field }) => field);
    for (const field of [...template.keyFields, ...template.ignoreChanges]) ok(names.includes(field), field);
    for (const parameter of template.parameters)
      ok(templates.indexOf(parentTemplates[parameter] as Template) < templates.indexOf(template), parameter);
    ok(template.list.pageSize <= template.list.maxPageSize);
  });
}

test('a running entry has a start, and neither end nor duration', () => {
  const { rowOf, startOf } = compileMapping(templateNamed('time-entries'));
  const row = rowOf(items('time-entries')[1], PARAMETERS);
  deepStrictEqual([row.time_interval_end, row.time_interval_duration_seconds], [null, null]);
  strictEqual(startOf(row), Date.UTC(2026, 2, 2, 11, 0, 6));
});

test('an entry belongs to the slice of the user it names', () => {
  const { ownerOf } = templateNamed('time-entries');
  ok(ownerOf);
  deepStrictEqual(ownerOf({ userId: 'other' }, PARAMETERS), { workspace: WORKSPACE, user: 'other' });
  for (const item of [{}, null, { userId: 5 }]) deepStrictEqual(ownerOf(item, PARAMETERS), PARAMETERS);
});

test('a workspace whose sets come in another order is the same workspace', () => {
  const { rowOf } = compileMapping(templateNamed('workspaces'));
  const [item] = items('workspaces') as [Record<string, string[] & Record<string, string[]>>];
  const turned = {
    ...item,
    features: item.features?.toReversed(),
    workspaceSettings: { ...item.workspaceSettings, workingDays: item.workspaceSettings?.workingDays?.toReversed() },
  };
  notStrictEqual(JSON.stringify(turned), JSON.stringify(item));
  deepStrictEqual(rowOf(turned, {}), rowOf(item, {}));
});

test('a user carries the workspace of the slice', () => {
  const { keyOf } = compileMapping(templateNamed('users'));
  deepStrictEqual(keyOf(items('users')[0], PARAMETERS), [WORKSPACE, USER]);
});

test('the requests are those of the API', () => {
  const path = (name: string) => templateNamed(name).list.path(PARAMETERS);
  strictEqual(path('workspaces'), '/workspaces');
  strictEqual(path('users'), `/workspaces/${WORKSPACE}/users`);
  strictEqual(path('projects'), `/workspaces/${WORKSPACE}/projects`);
  strictEqual(path('time-entries'), `/workspaces/${WORKSPACE}/user/${USER}/time-entries`);
  const read = (name: string) => templateNamed(name).read?.path(PARAMETERS, [WORKSPACE, 'x/y']);
  strictEqual(read('projects'), `/workspaces/${WORKSPACE}/projects/x%2Fy`);
  strictEqual(read('time-entries'), `/workspaces/${WORKSPACE}/time-entries/x%2Fy`);
  deepStrictEqual([read('workspaces'), read('users')], [undefined, undefined]);
});

test('an id cannot climb out of its place in a path', () => {
  for (const value of ['', '.', '..', undefined]) throws(() => segment(value), { code: 'template.bad_parameter' });
  strictEqual(segment('../a?b#c'), '..%2Fa%3Fb%23c');
  throws(() => templateNamed('users').list.path({}), { kind: 'config', code: 'template.bad_parameter' });
});

test('deactivated members stay in the list of users unless it is narrowed', () => {
  const sorted = { 'sort-column': 'ID', 'sort-order': 'ASCENDING' };
  deepStrictEqual(listQuery(templateNamed('users')), { ...sorted, status: 'ALL', memberships: 'WORKSPACE' });
  deepStrictEqual(
    listQuery(templateNamed('users'), {
      status: 'ACTIVE',
      include_roles: true,
      account_statuses: ['ACTIVE', 'LIMITED'],
    }),
    {
      ...sorted,
      status: 'ACTIVE',
      memberships: 'WORKSPACE',
      'include-roles': 'true',
      'account-statuses': 'ACTIVE,LIMITED',
    },
  );
  deepStrictEqual(listQuery(templateNamed('projects')), sorted);
  deepStrictEqual(listQuery(templateNamed('projects'), { archived: false }), { ...sorted, archived: 'false' });
});

test('a filter that is not there, or takes something else, is refused', () => {
  const bad = (settings: Record<string, never>) =>
    throws(() => listQuery(templateNamed('users'), settings), { kind: 'config', code: 'template.bad_filter' });
  for (const [name, value] of Object.entries({
    nothing: 'x',
    constructor: 'x',
    status: 'SOME',
    email: 5,
    include_roles: 'yes',
    account_statuses: 'ACTIVE',
  })) {
    bad({ [name]: value as never });
  }
  bad({ account_statuses: ['SOME'] as never });
});

test('a list that is never empty is known as such', () => {
  deepStrictEqual(
    templates.map(({ name, mayBeEmpty }) => [name, mayBeEmpty]),
    [
      ['workspaces', false],
      ['users', false],
      ['projects', true],
      ['time-entries', true],
    ],
  );
  throws(() => templateNamed('nothing'), { kind: 'config', code: 'template.unknown' });
});
