import { deepStrictEqual, notStrictEqual, ok, strictEqual, throws } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parentTemplates, templateNamed, templates } from '../../../../src/clockify/templates/catalogue.ts';
import { listQuery, segment, type Template } from '../../../../src/clockify/templates/template.ts';
import { compileMapping, type FieldMapping } from '../../../../src/core/field.ts';

const WORKSPACE = '6a0000000000000000000001';
const USER = '6a0000000000000000000021';
const PROJECT = '6a0000000000000000000041';
const PARAMETERS = { workspace: WORKSPACE, user: USER, project: PROJECT };

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

/** What reports call otherwise than the main host does: ids have a line before them, durations are seconds. */
const OTHER_DIALECT: Readonly<Record<string, string>> = {
  _id: 'id',
  'timeInterval.duration': 'time_interval_duration_seconds',
};

function columnName(mapping: FieldMapping, isReport: boolean): string {
  if ('parameter' in mapping) return `${mapping.parameter}_id`;
  const other = isReport ? OTHER_DIALECT[mapping.path.join('.')] : undefined;
  if (other !== undefined) return other;
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
    const isReport = template.report !== undefined;
    for (const mapping of template.fields) strictEqual(mapping.field, columnName(mapping, isReport));
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

test('a task belongs to the slice of the project it names', () => {
  const { ownerOf } = templateNamed('tasks');
  ok(ownerOf);
  deepStrictEqual(ownerOf({ projectId: 'other' }, { workspace: WORKSPACE, project: PROJECT }), {
    workspace: WORKSPACE,
    project: 'other',
  });
  for (const item of [{}, null, { projectId: 5 }]) deepStrictEqual(ownerOf(item, PARAMETERS), PARAMETERS);
});

test('a task that the read by id shows is the one of the list, but for the time tracked on it', () => {
  const template = templateNamed('tasks');
  const { rowOf } = compileMapping(template);
  const [item] = items('tasks');
  strictEqual(item?.duration, null);
  const read = rowOf({ ...item, duration: 'PT0S' }, PARAMETERS);
  const names = Object.keys(read).filter((name) => !template.ignoreChanges.includes(name));
  const listed = rowOf(item, PARAMETERS);
  for (const name of names) deepStrictEqual(read[name], listed[name], name);
});

test('members, groups and tags in another order are the same', () => {
  const turn = (name: string, field: string) => {
    const { rowOf } = compileMapping(templateNamed(name));
    const [item] = items(name) as [Record<string, unknown[]>];
    const turned = { ...item, [field]: item[field]?.toReversed() };
    notStrictEqual(JSON.stringify(turned), JSON.stringify(item));
    deepStrictEqual(rowOf(turned, PARAMETERS), rowOf(item, PARAMETERS));
  };
  turn('user-groups', 'userIds');
  turn('user-groups', 'teamManagers');
  turn('tasks', 'assigneeIds');
  turn('detailed-report', 'tagIds');
  turn('detailed-report', 'tags');
});

test('a row of a report keeps fractions, offsets and the three shapes of what is invoiced', () => {
  const { rowOf, startOf } = compileMapping(templateNamed('detailed-report'));
  const rows = items('detailed-report').map((item) => rowOf(item, PARAMETERS));
  deepStrictEqual([rows[0]?.earned_amount, rows[0]?.cost_amount], [21320.833333333332, 10033.333333333334]);
  strictEqual(startOf(rows[0] ?? {}), Date.UTC(2026, 2, 2, 8, 15));
  strictEqual(startOf(rows[1] ?? {}), Date.UTC(2026, 2, 2, 11, 0, 6));
  deepStrictEqual(
    rows.map((row) => row.invoicing_info_json),
    ['{"invoiceId":null,"invoiceNumber":null,"manuallyInvoiced":true}', '[]', null],
  );
  deepStrictEqual(
    rows.map((row) => [row.project_name, row.client_name, row.earned_amount === null, row.tag_ids]),
    [
      ['Harbour survey', 'Port authority', false, ['6a0000000000000000000301', '6a0000000000000000000302']],
      [null, null, true, []],
      [null, null, true, []],
    ],
  );
});

test('an entry belongs to the slice of the user it names', () => {
  const { ownerOf } = templateNamed('time-entries');
  ok(ownerOf);
  deepStrictEqual(ownerOf({ userId: 'other' }, PARAMETERS), { ...PARAMETERS, user: 'other' });
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
  strictEqual(path('current-user'), '/user');
  strictEqual(path('user-groups'), `/workspaces/${WORKSPACE}/user-groups`);
  strictEqual(path('clients'), `/workspaces/${WORKSPACE}/clients`);
  strictEqual(path('tags'), `/workspaces/${WORKSPACE}/tags`);
  strictEqual(path('tasks'), `/workspaces/${WORKSPACE}/projects/${PROJECT}/tasks`);
  strictEqual(path('detailed-report'), `/workspaces/${WORKSPACE}/reports/detailed`);
  strictEqual(path('summary-report'), `/workspaces/${WORKSPACE}/reports/summary`);
  const read = (name: string) => templateNamed(name).read?.path(PARAMETERS, [WORKSPACE, 'x/y']);
  strictEqual(read('projects'), `/workspaces/${WORKSPACE}/projects/x%2Fy`);
  strictEqual(read('time-entries'), `/workspaces/${WORKSPACE}/time-entries/x%2Fy`);
  strictEqual(read('clients'), `/workspaces/${WORKSPACE}/clients/x%2Fy`);
  strictEqual(read('tags'), `/workspaces/${WORKSPACE}/tags/x%2Fy`);
  strictEqual(read('tasks'), `/workspaces/${WORKSPACE}/projects/${PROJECT}/tasks/x%2Fy`);
  strictEqual(read('detailed-report'), `/workspaces/${WORKSPACE}/time-entries/x%2Fy`);
  const blind = templates.filter((template) => template.read === undefined).map(({ name }) => name);
  deepStrictEqual(blind, ['workspaces', 'current-user', 'users', 'user-groups', 'summary-report']);
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

test('what is archived or done is listed unless the list is narrowed', () => {
  for (const name of ['projects', 'clients', 'tags', 'tasks']) {
    const { archived, 'is-active': active } = listQuery(templateNamed(name));
    deepStrictEqual([archived, active], [undefined, undefined]);
  }
  const sorted = { 'sort-column': 'ID', 'sort-order': 'ASCENDING' };
  deepStrictEqual(listQuery(templateNamed('clients'), { archived: true, name: 'x' }), {
    'sort-column': 'NAME',
    'sort-order': 'ASCENDING',
    archived: 'true',
    name: 'x',
  });
  deepStrictEqual(listQuery(templateNamed('tags'), { strict_name_search: true, excluded_ids: ['a', 'b'] }), {
    ...sorted,
    'strict-name-search': 'true',
    'excluded-ids': 'a,b',
  });
  deepStrictEqual(listQuery(templateNamed('tasks'), { is_active: false }), { ...sorted, 'is-active': 'false' });
  deepStrictEqual(listQuery(templateNamed('user-groups'), { include_team_managers: true, project_id: 'p' }), {
    ...sorted,
    includeTeamManagers: 'true',
    'project-id': 'p',
  });
  deepStrictEqual(listQuery(templateNamed('current-user'), { include_memberships: true }), {
    'include-memberships': 'true',
  });
});

test('one answer is one object, and that of whoever asks', () => {
  const single = templates.filter(({ list }) => list.single === true);
  deepStrictEqual(
    single.map(({ name, parameters, keyFields, mayBeEmpty }) => [name, parameters, keyFields, mayBeEmpty]),
    [['current-user', [], ['id'], false]],
  );
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
      ['current-user', false],
      ['users', false],
      ['user-groups', true],
      ['projects', true],
      ['clients', true],
      ['tags', true],
      ['tasks', true],
      ['time-entries', true],
      ['detailed-report', true],
      ['summary-report', true],
    ],
  );
  throws(() => templateNamed('nothing'), { kind: 'config', code: 'template.unknown' });
});
