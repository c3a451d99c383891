import { digest } from '../avro/digest.ts';
import { createManualEndpoint } from '../clockify/manual/endpoint.ts';
import type { EndpointConfig } from '../config/source-config.ts';
import { compileMapping } from '../core/field.ts';
import { ROW_HASH, rowHashMapper } from '../core/field-hash.ts';
import type { Endpoint, Mapper, Params, Slice, Walk } from '../pipeline/ports.ts';
import { type ManualSchema, schemaOf } from './manual-schema.ts';
import type { Source } from './source.ts';
import { commonOf, kindOf, notWithoutBegin, registeredCodec, type SourcePlan, selfRead } from './source-plan.ts';
import type { PlannedSource } from './worker.ts';

/** Pages of one listing; one that does not end by then is broken. */
const MAX_PAGES = 10_000;

export type ManualParts = Pick<Source, 'parameters' | 'endpoint' | 'valuesOf'>;

/** Where the pages of a manual endpoint come from. */
export function manualParts(plan: SourcePlan): ManualParts {
  const endpoint = plan.source.endpoint as EndpointConfig;
  return {
    parameters: endpoint.parameters,
    endpoint: (params) => endpointOf(plan, endpoint, params),
    valuesOf: commonOf(plan).valuesOf,
  };
}

/** A source whose endpoint, key and schema the configuration gives. */
export function planManual(plan: SourcePlan, parts: ManualParts = manualParts(plan)): PlannedSource {
  const { source } = plan;
  const endpoint = source.endpoint as EndpointConfig;
  const prepare = async (signal: AbortSignal, isGrowing: boolean): Promise<Source> => {
    const schema = await schemaOf(plan, endpoint, parts, isGrowing, signal);
    const codec = await registeredCodec(plan, schema, [], signal);
    return {
      ...commonOf(plan),
      ...parts,
      kind: kindOf(plan, {
        resource: resourceOf(source.name),
        mayBeEmpty: true,
        codec,
        mapper: mapperOf(schema),
        ownerOf,
      }),
      shape: `endpoint/${JSON.stringify(endpoint.key)}`,
      keyFields: schema.keyFields,
      isRegrown: isGrowing,
    };
  };
  return { name: source.name, topic: source.topic, prepare, canGrow: endpoint.schemaFile === undefined };
}

/** No item says of itself to which slice it belongs. */
function ownerOf(_item: unknown, slice: Slice): string {
  return slice.id;
}

function resourceOf(source: string): string {
  return source.replaceAll('-', '_');
}

function mapperOf({ fields, keyFields }: ManualSchema): Mapper {
  return keyFields.includes(ROW_HASH) ? rowHashMapper(fields, digest) : compileMapping({ fields, keyFields });
}

function endpointOf({ client }: SourcePlan, config: EndpointConfig, params: Params): Endpoint {
  const manual = createManualEndpoint({
    client,
    steps: config.steps,
    params,
    owner: params.workspace ?? '',
    output: config.output,
    parallel: config.parallel,
    maxPages: MAX_PAGES,
  });
  const begin = (nowMs: number): Walk => ({ page: selfRead(manual.begin(nowMs)) });
  return { paged: true, begin, page: notWithoutBegin, witness: undefined };
}
