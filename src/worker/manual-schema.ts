import { readFileSync } from 'node:fs';
import { firstValueFrom, take } from 'rxjs';
import { declaredFields } from '../avro/declared.ts';
import { evolve } from '../avro/evolve.ts';
import { fieldsFromSchema, keySchemaOf, valueSchemaOf } from '../avro/generated.ts';
import type { MappedField } from '../avro/generated-field.ts';
import { parseRecordSchema, type RecordSchema } from '../avro/schema.ts';
import type { EndpointConfig } from '../config/source-config.ts';
import { WorkerError } from '../core/errors.ts';
import type { FieldMapping } from '../core/field.ts';
import { ROW_HASH } from '../core/field-hash.ts';
import { emptyShape, fieldsOf, observe, type Shape } from '../core/infer.ts';
import { keyedFields } from '../core/infer-key.ts';
import { compileFieldPath, parseFieldPath } from '../core/json-path.ts';
import type { Mask } from '../core/mask.ts';
import type { Endpoint, Params } from '../pipeline/ports.ts';
import { NOTHING_KNOWN } from '../pipeline/sweep.ts';
import type { Source } from './source.ts';
import { maskOf, type SourcePlan } from './source-plan.ts';

/** How the items of a manual endpoint become rows. */
export interface ManualSchema {
  readonly record: string;
  readonly fields: readonly FieldMapping[];
  readonly keyFields: readonly string[];
  readonly keySchema: string;
  readonly valueSchema: string;
}

type Parts = Pick<Source, 'parameters' | 'endpoint' | 'valuesOf'>;

/** No first sweep is longer; what it has shown by then is enough to tell the types. */
const MAX_PAGES = 10_000;

/**
 * The schema of a source: declared in a file; or found in the registry, where an earlier start has put it; or inferred
 * from a whole sweep of all its slices. What is found grows by what a sweep shows beyond it.
 *
 * @throws {WorkerError} transient `schema.nothing_to_infer` while no slice shows a single item; as the endpoint's pages
 *   and the registry; config `schema.*`
 */
export async function schemaOf(
  plan: SourcePlan,
  endpoint: EndpointConfig,
  parts: Parts,
  isGrowing: boolean,
  signal: AbortSignal,
): Promise<ManualSchema> {
  if (endpoint.schemaFile !== undefined) return declaredIn(endpoint.schemaFile, endpoint);
  const known = await knownFields(plan, signal);
  if (known !== undefined && !isGrowing) return schemaFrom(plan, endpoint, known);
  const observed = await observedFields(plan, endpoint, parts, signal);
  if (known === undefined && observed.length === 0) throw nothingToInfer(plan.source.name);
  return schemaFrom(plan, endpoint, known === undefined ? observed : evolve(known, observed).fields);
}

/** What `schema infer` prints: from the answers alone, whatever the registry has. */
export async function inferredSchema(
  plan: SourcePlan,
  endpoint: EndpointConfig,
  parts: Parts,
  signal: AbortSignal,
): Promise<ManualSchema> {
  const observed = await observedFields(plan, endpoint, parts, signal);
  if (observed.length === 0) throw nothingToInfer(plan.source.name);
  return schemaFrom(plan, endpoint, observed);
}

async function observedFields(plan: SourcePlan, endpoint: EndpointConfig, parts: Parts, signal: AbortSignal) {
  const taken = ownFields(endpoint).map(({ field }) => field);
  const mask = maskOf(plan) ?? ((item: unknown) => item);
  return fieldsOf(await sweepShape(endpoint, parts, mask, signal), [...taken, ROW_HASH]);
}

/** Fields that the slice gives and not the item: which workspace, user or project the row belongs to. */
function ownFields({ parameters }: EndpointConfig) {
  return parameters.map((parameter) => ({ parameter, field: `${parameter}_id` }));
}

function schemaFrom({ source }: SourcePlan, endpoint: EndpointConfig, fields: readonly FieldMapping[]): ManualSchema {
  const own = ownFields(endpoint);
  const record = recordOf(source.name);
  const others = fields.filter((mapping) => !('parameter' in mapping));
  if (endpoint.key.type === 'hash') return build(record, [...own, ...others], [ROW_HASH]);
  const keyed = keyedFields(others, endpoint.key.paths.map(pathOf));
  const scope = own.filter(({ parameter }) => parameter === 'workspace').map(({ field }) => field);
  return build(record, [...own, ...keyed.fields], [...scope, ...keyed.keyFields]);
}

function build(record: string, fields: readonly FieldMapping[], keyFields: readonly string[]): ManualSchema {
  const keySchema = keySchemaOf({ record, keyFields });
  return { record, fields, keyFields, keySchema, valueSchema: valueSchemaOf({ record, fields, keyFields }) };
}

function pathOf(text: string): readonly string[] {
  return parseFieldPath(text).map(String);
}

function declaredIn(file: string, endpoint: EndpointConfig): ManualSchema {
  const own = ownFields(endpoint);
  const scope = own.filter(({ parameter }) => parameter === 'workspace');
  const declared = parseRecordSchema(readSchema(file));
  if (endpoint.key.type === 'hash') return declaredBy(declared, [ROW_HASH]);
  const missing = scope.filter(({ field }) => !declared.fields.some(({ name }) => name === field));
  const scoped = missing.map(({ field, parameter }) => ({ name: field, type: 'string', parameter }));
  const keyFields = [...scope.map(({ field }) => field), ...declaredKeys(declared, endpoint.key.paths)];
  return declaredBy({ ...declared, fields: [...scoped, ...declared.fields] }, keyFields);
}

function declaredBy(schema: RecordSchema, keyFields: readonly string[]): ManualSchema {
  const { record, fields, valueSchema } = declaredFields(JSON.stringify(schema), keyFields);
  return { record, fields, keyFields, valueSchema, keySchema: keySchemaOf({ record, keyFields }) };
}

/** The declared fields that hold the key's paths. */
function declaredKeys({ fields }: RecordSchema, paths: readonly string[]): readonly string[] {
  return paths.map((path) => {
    const wanted = JSON.stringify(pathOf(path));
    const found = fields.find((field: MappedField) => JSON.stringify(field.path ?? [field.name]) === wanted);
    if (found !== undefined) return found.name;
    throw new WorkerError('config', 'schema.no_key', `the declared schema has no field for the key ${path}`, {
      hint: 'Add one of type string, with "path" where its name is not the path itself.',
    });
  });
}

function readSchema(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WorkerError('config', 'schema.unreadable', `the schema ${file} cannot be read`, { cause });
  }
}

async function knownFields({ source, registry }: SourcePlan, signal: AbortSignal) {
  const latest = await registry.latest(`${source.topic}-value`, signal);
  if (latest === undefined) return undefined;
  const fields = fieldsFromSchema(latest.schema);
  if (fields !== undefined) return fields;
  throw new WorkerError('config', 'schema.not_ours', `${source.topic}-value has a schema that says no paths`, {
    hint: 'Name that schema in "schema", or give the source a topic of its own.',
  });
}

/** Types over one whole sweep of every slice, pages looked at one by one and not kept. */
async function sweepShape({ key }: EndpointConfig, parts: Parts, mask: Mask, signal: AbortSignal): Promise<Shape> {
  const hasKey = keyTest(key);
  let shape = emptyShape();
  for await (const params of bindings(parts, parts.parameters, {}, signal)) {
    for await (const items of pagesOf(parts.endpoint(params), signal)) {
      for (const item of items.filter(hasKey)) shape = observe(shape, mask(item));
    }
  }
  return shape;
}

async function* pagesOf(endpoint: Endpoint, signal: AbortSignal): AsyncGenerator<readonly unknown[]> {
  const walk = endpoint.begin?.(Date.now(), NOTHING_KNOWN) ?? endpoint;
  for (let number = 1; number <= MAX_PAGES; number++) {
    const page = await walk.page(number, signal);
    const { items, last } = page.read?.() ?? { items: [], last: true };
    yield items;
    if (last) return;
  }
}

/** An item without its key will be a dead letter: an error that came in place of rows is not to shape them. */
function keyTest(key: EndpointConfig['key']): (item: unknown) => boolean {
  if (key.type === 'hash') return () => true;
  const values = key.paths.map((path) => compileFieldPath(parseFieldPath(path)));
  return (item) => values.every((value) => (value(item) ?? null) !== null);
}

/** Every combination of parameters, as the slices will have them. */
export async function* bindings(
  parts: Pick<Source, 'valuesOf'>,
  [parameter, ...rest]: readonly string[],
  bound: Params,
  signal: AbortSignal,
): AsyncGenerator<Params> {
  if (parameter === undefined) {
    yield bound;
    return;
  }
  signal.throwIfAborted();
  for (const value of await firstValueFrom(parts.valuesOf(parameter, bound).pipe(take(1)))) {
    yield* bindings(parts, rest, { ...bound, [parameter]: value }, signal);
  }
}

/** `task-details` → `TaskDetails`. */
function recordOf(source: string): string {
  const words = source.split(/[^a-zA-Z0-9]+/).filter((word) => word !== '');
  const name = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('');
  return /^[0-9]/.test(name) ? `Source${name}` : name;
}

function nothingToInfer(source: string): WorkerError {
  return new WorkerError(
    'transient',
    'schema.nothing_to_infer',
    `${source} shows no item yet, so that its schema cannot be inferred`,
    {
      hint: 'It is looked at again; or declare the schema in a file.',
    },
  );
}
