import { of } from 'rxjs';
import { createCodec } from '../avro/codec.ts';
import type { SchemaRegistry } from '../avro/registry.ts';
import { readCommittedSchemas } from '../avro/schema.ts';
import type { Client } from '../clockify/client.ts';
import { createEndpoint } from '../clockify/endpoint.ts';
import { templateNamed } from '../clockify/templates/catalogue.ts';
import { type FilterValue, listQuery, type Template } from '../clockify/templates/template.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import { compileMapping } from '../core/field.ts';
import type { Codec, Mapper, Slice, SourceKind } from '../pipeline/ports.ts';
import { type Source, sliceId } from './source.ts';
import type { PlannedSource } from './worker.ts';

export interface SourcePlan {
  readonly source: SourceConfig;
  readonly config: Config;
  readonly registry: SchemaRegistry;
  readonly client: Client;
  /** What `all` stands for. */
  readonly valuesOf: Source['valuesOf'];
}

/** The shape of what is published; another one makes a source start anew. */
const SHAPE = 'flat';

/** A configured source as the worker runs it, once the registry knows its schemas. */
export function planSource(plan: SourcePlan): PlannedSource {
  const { source } = plan;
  const template = templateNamed(source.template);
  const prepare = async (signal: AbortSignal): Promise<Source> => {
    const codec = await codecOf(plan, template, signal);
    return {
      kind: kindOf(plan, template, codec),
      shape: `${template.name}/${SHAPE}`,
      keyFields: template.keyFields,
      parameters: template.parameters,
      everyMs: source.everyMs,
      credential: source.credential,
      valuesOf: (parameter, params) => {
        const given = source.parameters[parameter] ?? 'all';
        return given === 'all' ? plan.valuesOf(parameter, params) : of(new Set(given));
      },
      endpoint: (params) =>
        createEndpoint(plan.client, template, { params, query: queryOf(source, template), pageSize: source.pageSize }),
    };
  };
  return { name: source.name, topic: source.topic, prepare };
}

async function codecOf(
  { source, config, registry }: SourcePlan,
  template: Template,
  signal: AbortSignal,
): Promise<Codec> {
  const { keySchema, valueSchema } = readCommittedSchemas(template.plural);
  const options = { autoRegister: config.registry.autoRegister, signal };
  const keySchemaId = await registry.register(`${source.topic}-key`, keySchema, options);
  const valueSchemaId = await registry.register(`${source.topic}-value`, valueSchema, options);
  const ignoreChanges = source.ignoreChanges ?? template.ignoreChanges;
  return createCodec({ keySchema, valueSchema, keySchemaId, valueSchemaId, ignoreChanges });
}

function kindOf({ source, config }: SourcePlan, template: Template, codec: Codec): SourceKind {
  const mapper: Mapper = compileMapping(template);
  const ownerOf = (item: unknown, slice: Slice) =>
    template.ownerOf === undefined ? slice.id : sliceId(source.name, template.ownerOf(item, slice.params));
  return {
    app: config.app,
    name: source.name,
    resource: template.resource,
    topic: source.topic,
    deadLetterTopic: config.topics.deadLetters,
    codec,
    mapper,
    mayBeEmpty: template.mayBeEmpty,
    ownerOf,
  };
}

function queryOf(source: SourceConfig, template: Template): Readonly<Record<string, string>> {
  const typed = Object.entries(source.filters).map(([name, value]): [string, FilterValue] => [
    name,
    template.filters[name]?.type === 'boolean' ? value === 'true' : value,
  ]);
  return listQuery(template, Object.fromEntries(typed));
}
