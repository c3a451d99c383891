import { writeFileSync } from 'node:fs';
import { credentialShape } from './credential-shape.ts';
import { DEFAULTS } from './defaults.ts';
import { endpointDefinitions, endpointSourceShape, stepsSourceShape } from './endpoint-shape.ts';
import { type JsonSchema, NAME } from './format.ts';
import { maskSchema } from './mask.ts';
import { objectSchema, orReference } from './object-schema.ts';
import { SETTING_PATHS, settingOf } from './settings.ts';
import { sourceShape } from './source-shape.ts';
import type { TemplateInfo } from './template-info.ts';

const DRAFT = 'http://json-schema.org/draft-07/schema#';

/** The JSON Schema (draft-07, the newest that yaml-language-server reads well) of the file, for editors. */
export function jsonSchema(templates: readonly TemplateInfo[]): JsonSchema {
  return {
    $schema: DRAFT,
    title: 'clockify-kafka',
    type: 'object',
    additionalProperties: false,
    required: ['credentials', 'sources'],
    properties: {
      credentials: {
        description: 'API keys by name: where each may go, and how fast.',
        type: 'object',
        minProperties: 1,
        propertyNames: { pattern: NAME.source },
        additionalProperties: objectSchema(credentialShape),
      },
      sources: {
        description: 'What is polled.',
        type: 'array',
        minItems: 1,
        items: sourceSchema(templates),
      },
      ...settingsSchema(),
    },
    definitions: { ...endpointDefinitions(), mask: maskSchema, reference: { type: 'string', pattern: '\\$\\{.+\\}' } },
  };
}

/** What a source has whatever its template. */
const NO_TEMPLATE: TemplateInfo = { name: '', plural: '', parameters: [], filters: {}, fields: [] };

/** A source is checked against the shape of its kind: editors then know the keys that it may have. */
function sourceSchema(templates: readonly TemplateInfo[]): JsonSchema {
  const names = templates.map(({ name }) => name);
  const single = objectSchema(endpointSourceShape([]));
  const chain = objectSchema(stepsSourceShape([]));
  const common = objectSchema(sourceShape(NO_TEMPLATE, names, []));
  return {
    type: 'object',
    required: ['name', 'credential'],
    anyOf: ['template', 'endpoint', 'steps'].map((kind) => ({ required: [kind] })),
    properties: { ...(common.properties as object), endpoint: {}, steps: {} },
    allOf: [
      ...templates.map((template) =>
        when(
          { required: ['template'], properties: { template: { const: template.name } } },
          objectSchema(sourceShape(template, names, [])),
        ),
      ),
      when({ required: ['endpoint'] }, single),
      when({ required: ['steps'] }, chain),
    ],
  };
}

function when(condition: JsonSchema, schema: JsonSchema): JsonSchema {
  // biome-ignore lint/suspicious/noThenProperty: a key of JSON Schema, and nothing here is awaited
  return { if: condition, then: schema };
}

function settingsSchema(): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const sections: Record<string, Record<string, JsonSchema>> = {};
  for (const path of SETTING_PATHS) {
    const [first = '', second] = path.split('.');
    if (second === undefined) properties[first] = settingSchema(path);
    else sections[first] = { ...sections[first], [second]: settingSchema(path) };
  }
  for (const [name, inner] of Object.entries(sections)) {
    properties[name] = { type: 'object', additionalProperties: false, properties: inner };
  }
  return properties;
}

function settingSchema(path: (typeof SETTING_PATHS)[number]): JsonSchema {
  const { format, about } = settingOf(path);
  const written = DEFAULTS[path];
  const isText = written === null || !['integer', 'number', 'boolean'].includes(String(format.schema.type));
  const value = isText ? written : JSON.parse(written);
  return orReference({ ...format.schema, description: about, ...(value === null ? {} : { default: value }) });
}

/** As the formatter of the repository prints it: objects over several lines, lists of words in one where they fit. */
export function printJson(value: unknown, indent = '', before = 0): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const short = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    const isFlat = value.every((item) => typeof item !== 'object');
    if (isFlat && indent.length + before + short.length <= 120) return short;
    return `[\n${value.map((item) => inner + printJson(item, inner)).join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${printJson(item, inner, key.length + 4)}`,
  );
  return entries.length === 0 ? '{}' : `{\n${entries.join(',\n')}\n${indent}}`;
}

/*
 * `npm run schema`: writes config/clockify-kafka.schema.json. A tool for development, never part of the worker; that is
 * why it may load the catalogue, by address, where configuration itself is handed it.
 */
if (import.meta.main) {
  const catalogue = new URL('../clockify/templates/catalogue.ts', import.meta.url);
  const target = new URL('../../config/clockify-kafka.schema.json', import.meta.url);
  const { templates } = (await import(catalogue.href)) as { templates: readonly TemplateInfo[] };
  writeFileSync(target, `${printJson(jsonSchema(templates))}\n`);
}
