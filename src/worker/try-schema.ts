import { from } from 'rxjs';
import { readCommittedSchemas } from '../avro/schema.ts';
import { listIds } from '../clockify/discovery.ts';
import { parentTemplates, templateNamed } from '../clockify/templates/catalogue.ts';
import type { Config } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { inferredSchema } from './manual-schema.ts';
import { manualParts } from './plan-manual.ts';
import type { SourcePlan } from './source-plan.ts';
import { openTrial } from './try-source.ts';

/** The two schemas of a source, as JSON text. */
export interface SourceSchemas {
  readonly keySchema: string;
  readonly valueSchema: string;
  /** Where the value schema is from. */
  readonly from: 'answers' | 'template';
}

/**
 * The schemas of a template as they are committed; of a manual endpoint as a whole sweep of all its slices shows them,
 * whatever the registry has.
 *
 * @throws {WorkerError} as the pages of the endpoint; transient `schema.nothing_to_infer`
 */
export async function schemasFor(config: Config, source: SourceConfig, signal: AbortSignal): Promise<SourceSchemas> {
  const { endpoint, template } = source;
  if (endpoint === undefined) return { ...readCommittedSchemas(templateNamed(template).plural), from: 'template' };
  const { client, registry, close } = openTrial(config, source);
  const valuesOf: SourcePlan['valuesOf'] = (parameter, params) =>
    from(listIds(client, parentTemplates, parameter, params, signal));
  try {
    const plan: SourcePlan = { source, config, registry, client, valuesOf };
    const { keySchema, valueSchema } = await inferredSchema(plan, endpoint, manualParts(plan), signal);
    return { keySchema, valueSchema, from: 'answers' };
  } finally {
    await close();
  }
}
