import { readCommittedSchemas } from '../avro/schema.ts';
import type { Client } from '../clockify/client.ts';
import { createEndpoint } from '../clockify/endpoint.ts';
import { createReportEndpoint } from '../clockify/report-endpoint.ts';
import { parentTemplates, templateNamed } from '../clockify/templates/catalogue.ts';
import { listQuery, type Template } from '../clockify/templates/template.ts';
import { compileMapping } from '../core/field.ts';
import type { Endpoint, Params, Slice, Walk } from '../pipeline/ports.ts';
import { planRhythms } from './plan-rhythms.ts';
import type { Source } from './source.ts';
import { commonOf, kindOf, notWithoutBegin, registeredCodec, type SourcePlan, selfRead } from './source-plan.ts';
import { sliceId } from './source-slice.ts';
import type { PlannedSource } from './worker.ts';

/** The shape of what is published; another one makes a source start anew. */
const SHAPE = 'flat';

/** A source of one of the ready-made templates. */
export function planTemplate(plan: SourcePlan): PlannedSource {
  const { source } = plan;
  const template = templateNamed(source.template);
  const query = listQuery(template, source.filters);
  const prepare = async (signal: AbortSignal): Promise<Source> => {
    const codec = await registeredCodec(plan, readCommittedSchemas(template.plural), template.ignoreChanges, signal);
    const ownerOf = (item: unknown, slice: Slice) =>
      template.ownerOf === undefined ? slice.id : sliceId(source.name, template.ownerOf(item, slice.params));
    const { resource, mayBeEmpty } = template;
    const endpointOf = (params: Params, client: Client = plan.client) =>
      createEndpoint(client, template, { params, query, pageSize: source.pageSize });
    const { rhythms } = source;
    return {
      ...commonOf(plan),
      kind: kindOf(plan, { resource, mayBeEmpty, codec, mapper: compileMapping(template), ownerOf }),
      shape: `${template.name}/${SHAPE}`,
      keyFields: template.keyFields,
      parameters: template.parameters,
      endpoint: (params) =>
        template.report === undefined ? endpointOf(params) : reportEndpoint(plan, template, params),
      rhythms: rhythms === undefined ? undefined : planRhythms({ plan, rhythms, template, query, endpointOf }),
    };
  };
  return { name: source.name, topic: source.topic, prepare };
}

/**
 * The parameter whose `all` this source's list answers, because it asks for exactly that list: then nobody asks again.
 * Undefined for the workspaces, which every worker lists for itself, and where a filter or a choice narrows the list.
 */
export function feedOf({ source }: Pick<SourcePlan, 'source'>): string | undefined {
  if (source.endpoint !== undefined) return undefined;
  const template = templateNamed(source.template);
  const fed = Object.entries(parentTemplates).find(([, parent]) => parent === template)?.[0];
  const isUnfiltered = JSON.stringify(listQuery(template, source.filters)) === JSON.stringify(listQuery(template));
  const isWhole = isUnfiltered && Object.values(source.parameters).every((given) => given === 'all');
  return isWhole && template.parameters.length > 0 ? fed : undefined;
}

/** The longest range of a report, by plan (Clockify documentation; paid plans name none, and a year is what is used). */
export const MAX_RANGE_DAYS = { free: 31, paid: 366 } as const;

function reportEndpoint({ source, config, client }: SourcePlan, template: Template, params: Params): Endpoint {
  const credential = config.credentials[source.credential];
  const { body, time, totals } = source.report ?? { body: {}, time: DEFAULT_TIME, totals: false };
  const report = createReportEndpoint({
    client,
    reportsUrl: credential?.reportsUrl ?? '',
    template,
    params,
    source: source.name,
    body,
    maxRangeDays: MAX_RANGE_DAYS[credential?.plan ?? 'paid'],
    time,
    totals,
  });
  const begin = (nowMs: number): Walk => {
    const walk = report.begin(nowMs);
    const { window } = walk;
    return {
      window: window === undefined ? undefined : { fromMs: window.fromMs, toMs: window.toMs + 1 },
      page: selfRead(walk),
    };
  };
  return { paged: template.list.paged, begin, page: notWithoutBegin, witness: report.witness };
}

const DEFAULT_TIME = { unit: 'day', format: "yyyy-MM-dd'T'HH:mm:ss'Z'", zone: 'UTC' } as const;
