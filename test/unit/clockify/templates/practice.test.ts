import { deepStrictEqual, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { templates } from '../../../../src/clockify/templates/catalogue.ts';
import { listQuery } from '../../../../src/clockify/templates/template.ts';
import { compileMapping } from '../../../../src/core/field.ts';
import { practice } from '../../simulator/practice.ts';

for (const template of templates.filter(({ report }) => report === undefined)) {
  test(`${template.name}: the practice Clockify answers in the shape that is mapped, list and read alike`, async (t) => {
    const { simulator, workspaceId, userId, get } = await practice(t, { days: 20 });
    const project = simulator.world.store.rows('tasks', workspaceId)[0]?.projectId ?? '';
    const params = { workspace: workspaceId, user: userId, project };
    const mapper = compileMapping(template);
    const { status, body } = await get(`${template.list.path(params)}?${new URLSearchParams(listQuery(template))}`);
    const items = (template.list.single === true ? [body] : body) as unknown[];
    deepStrictEqual(status, 200);
    ok(items.length > 0);
    for (const item of items) {
      deepStrictEqual(mapper.unknownFields(item), []);
      const row = mapper.rowOf(item, params);
      if (template.read === undefined) continue;
      const read = await get(template.read.path(params, mapper.keyOf(item, params)));
      const ignored = Object.fromEntries(template.ignoreChanges.map((name) => [name, null]));
      deepStrictEqual({ ...mapper.rowOf(read.body, params), ...ignored }, { ...row, ...ignored });
    }
  });
}
