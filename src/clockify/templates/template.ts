import { WorkerError } from '../../core/errors.ts';
import type { FieldMapping, Parameters } from '../../core/field.ts';

/**
 * A ready-made source definition for one Clockify endpoint, as data: what is asked, how an item becomes a row, and
 * what the answer can prove. A new one is one file here, its two schemas in `avro/`, and one line in `catalogue.ts`.
 */
export interface Template {
  /** As the configuration names it. */
  readonly name: string;
  /** One entity, in metrics, headers and state. */
  readonly resource: string;
  /** The topic is `clockify.<plural>`, the schemas `avro/<plural>-key.avsc` and `-value.avsc`. */
  readonly plural: string;
  /** Name of the Avro record. */
  readonly record: string;
  /** What a slice must be bound to, outermost first. Each is the template of that name in the plural, walked before. */
  readonly parameters: readonly string[];
  readonly list: ListEndpoint;
  /** For a report: asked by POST on the reports host, its filters in a body that the configuration gives. */
  readonly report?: 'detailed' | 'summary';
  /** Its entities can be looked at in several rhythms. */
  readonly rhythms?: true;
  /** The second witness of a delete. Undefined where Clockify has no read by id that says "gone". */
  readonly read?: { readonly path: (parameters: Parameters, key: readonly string[]) => string };
  /** The slice an item belongs to, where an answer can show items of another slice. */
  readonly ownerOf?: (item: unknown, parameters: Parameters) => Parameters;
  /** Names of row fields, in the order of the key schema. */
  readonly keyFields: readonly string[];
  readonly startField?: string;
  readonly fields: readonly FieldMapping[];
  /** Row fields that move without anybody having edited the entity: a row that differs only there is unchanged. */
  readonly ignoreChanges: readonly string[];
  /** False where an empty list is never evidence: it can only be a wrong answer. */
  readonly mayBeEmpty: boolean;
  /** What the configuration may narrow a listing by. */
  readonly filters: Readonly<Record<string, Filter>>;
}

/** Paths begin after the base URL, which ends in `/v1`. */
interface ListEndpoint {
  readonly path: (parameters: Parameters) => string;
  readonly query: Readonly<Record<string, string>>;
  readonly paged: boolean;
  /** The answer is one object, not a list of them. */
  readonly single?: true;
  readonly pageSize: number;
  readonly maxPageSize: number;
}

interface Filter {
  readonly type: 'string' | 'boolean' | 'enum' | 'strings';
  /** Name of the query parameter. */
  readonly query: string;
  /** For `enum`, and for `strings` from a closed set. */
  readonly values?: readonly string[];
  /** As it stands in the query. */
  readonly default?: string;
}

export type FilterValue = string | boolean | readonly string[];

/**
 * The query of a listing: the template's own, the filters' defaults, and what the configuration sets.
 *
 * @throws {WorkerError} config `template.bad_filter`
 */
export function listQuery(
  template: Template,
  settings: Readonly<Record<string, FilterValue>> = {},
): Readonly<Record<string, string>> {
  const query: Record<string, string> = { ...template.list.query };
  for (const filter of Object.values(template.filters)) {
    if (filter.default !== undefined) query[filter.query] = filter.default;
  }
  for (const [name, value] of Object.entries(settings)) {
    const filter = Object.hasOwn(template.filters, name) ? template.filters[name] : undefined;
    if (filter === undefined) throw badFilter(template, name, `there are ${Object.keys(template.filters).join(', ')}`);
    query[filter.query] = filterText(template, name, filter, value);
  }
  return query;
}

/**
 * A value as one segment of a path. Dots alone would climb out of the path even when encoded (WHATWG URL).
 *
 * @throws {WorkerError} config `template.bad_parameter`
 */
export function segment(value: string | undefined): string {
  if (value === undefined || value === '' || /^\.{1,2}$/.test(value)) {
    throw new WorkerError('config', 'template.bad_parameter', 'an id is missing, or is no id');
  }
  return encodeURIComponent(value.toWellFormed());
}

function filterText(template: Template, name: string, filter: Filter, value: FilterValue): string {
  const items = filter.type === 'strings' ? value : [value];
  const wanted = filter.type === 'boolean' ? 'boolean' : 'string';
  if (!Array.isArray(items) || items.some((item) => typeof item !== wanted)) {
    throw badFilter(template, name, filter.type === 'strings' ? 'it takes a list of strings' : `it takes a ${wanted}`);
  }
  const { values } = filter;
  if (values !== undefined && items.some((item) => !values.includes(item as string))) {
    throw badFilter(template, name, `it takes ${values.join(', ')}`);
  }
  return items.join(',');
}

function badFilter({ name }: Template, filter: string, hint: string): WorkerError {
  return new WorkerError('config', 'template.bad_filter', `${name} has no such filter: ${filter}`, { hint });
}
