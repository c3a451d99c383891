import { from } from 'rxjs';
import type { NeededSchema } from '../avro/probe.ts';
import type { SchemaRegistry } from '../avro/registry.ts';
import { readCommittedSchemas } from '../avro/schema.ts';
import { listIds } from '../clockify/discovery.ts';
import { parentTemplates, templateNamed } from '../clockify/templates/catalogue.ts';
import type { Config } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { schemaOf } from './manual-schema.ts';
import { manualParts } from './plan-manual.ts';
import type { SourcePlan } from './source-plan.ts';
import { openTrial } from './try-source.ts';

type Texts = Pick<NeededSchema, 'schema'>['schema'];
interface Schemas {
  readonly keySchema: Texts;
  readonly valueSchema: Texts;
}

/** The subjects of templates, whose schemas are committed. */
export function committedSchemas({ sources }: Config): readonly NeededSchema[] {
  return sources
    .filter(({ endpoint }) => endpoint === undefined)
    .flatMap((source) => subjectsOf(source, readCommittedSchemas(templateNamed(source.template).plural)));
}

/**
 * The subjects of one source as the worker would register them: committed, declared, or what the registry has, or else
 * inferred from a whole sweep.
 *
 * @throws {WorkerError} as the registry, and as the pages of the endpoint; transient `schema.nothing_to_infer`
 */
export async function schemasOfSource(
  config: Config,
  source: SourceConfig,
  registry: SchemaRegistry,
  signal: AbortSignal,
): Promise<readonly NeededSchema[]> {
  const { endpoint, template } = source;
  if (endpoint === undefined) return subjectsOf(source, readCommittedSchemas(templateNamed(template).plural));
  const { client, close } = openTrial(config, source);
  const valuesOf: SourcePlan['valuesOf'] = (parameter, params) =>
    from(listIds(client, parentTemplates, parameter, params, signal));
  try {
    const plan: SourcePlan = { source, config, registry, client, valuesOf };
    return subjectsOf(source, await schemaOf(plan, endpoint, manualParts(plan), false, signal));
  } finally {
    await close();
  }
}

/** Whether its schema is known without a request to Clockify. */
export function isSchemaKnown({ endpoint }: SourceConfig): boolean {
  return endpoint === undefined || endpoint.schemaFile !== undefined;
}

function subjectsOf({ topic }: SourceConfig, { keySchema, valueSchema }: Schemas): readonly NeededSchema[] {
  return [
    { subject: `${topic}-key`, schema: keySchema },
    { subject: `${topic}-value`, schema: valueSchema },
  ];
}
