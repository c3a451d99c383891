import { readFileSync } from 'node:fs';
import { createCodec } from '../../../src/avro/codec.ts';
import { readCommittedSchemas } from '../../../src/avro/schema.ts';
import { templates } from '../../../src/clockify/templates/catalogue.ts';
import type { Template } from '../../../src/clockify/templates/template.ts';
import { compileMapping } from '../../../src/core/field.ts';

export const PARAMETERS = { workspace: '6a0000000000000000000001', user: '6a0000000000000000000021' };

/** Items in the shapes that Clockify was observed to answer, with invented ids and names. */
function fixtureItems(template: Template): unknown[] {
  const url = new URL(`../../fixtures/clockify/${template.name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as unknown[];
}

/** Everything that belongs to each template, put together as a worker would. */
export const resources = templates.map((template) => {
  const schemas = readCommittedSchemas(template.plural);
  const { ignoreChanges } = template;
  return {
    template,
    ...schemas,
    items: fixtureItems(template),
    mapper: compileMapping(template),
    codec: createCodec({ ...schemas, keySchemaId: 7, valueSchemaId: 300, ignoreChanges }),
  };
});
