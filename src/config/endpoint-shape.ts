import * as z from 'zod';
import { bodyFormat } from './body.ts';
import { ENDPOINT_DEFAULTS } from './defaults.ts';
import { accept, choice, type Format, identity, integer, type JsonSchema, listOf, matching, scalar } from './format.ts';
import { headersFormat } from './headers.ts';
import { maskFields } from './mask.ts';
import { objectSchema } from './object-schema.ts';
import { pagingFormat } from './paging.ts';
import { dataPath, fieldPath, keyPath } from './path-format.ts';
import { PARAMETERS } from './placeholders.ts';
import { scheduleFields } from './schedule.ts';
import { topicName } from './settings.ts';
import { apart, optional, required } from './shape.ts';
import { bindings, known } from './source-shape.ts';
import { timeFields } from './times.ts';

/** What the JSON Schema says once and uses in several places. */
function definition(name: 'paging' | 'endpoint' | 'step') {
  return { $ref: `#/definitions/${name}` };
}

/** What later steps call it by. */
export const stepName = matching(
  'a name',
  /^[a-z][a-z0-9_-]{0,62}$/,
  'A letter, then up to 62 of a-z, 0-9, "_" and "-".',
);
const text = scalar('a text', { type: 'string' }, accept);
const prefix = matching('a prefix', /^[A-Za-z_][A-Za-z0-9_]{0,31}$/, 'Letters, digits and "_", such as meta_.');

const callFields = {
  method: optional(choice('a method', ['GET', 'POST', 'PUT']), 'Of the request.', ENDPOINT_DEFAULTS.method),
  url: required(
    { ...text, what: 'a URL' },
    'Full, or from /workspaces on; reports:/workspaces for the reports. May have {workspace_id} and {now-1}.',
  ),
  headers: optional(apart(headersFormat.what, headersFormat.schema), 'One line with commas, or a map.'),
  body: optional(apart(bodyFormat.what, bodyFormat.schema), 'JSON text, or a map. Its strings may have placeholders.'),
  data_path: optional(dataPath, 'Where the answer has the rows.', ENDPOINT_DEFAULTS.dataPath),
  metadata_path: optional(fieldPath, 'What the answer has beside the rows, to be merged into each.'),
  metadata_prefix: optional(prefix, 'Begins the names of merged fields.', ENDPOINT_DEFAULTS.metadataPrefix),
  paging: optional(apart(pagingFormat.what, definition('paging')), 'How the next page is found.'),
  ...timeFields,
};

export const endpointShape = z.strictObject(callFields);
export const stepShape = z.strictObject({
  name: required(stepName, 'By which later steps name its items: {projects.id}.'),
  ...callFields,
});

/** For the JSON Schema alone. @internal */
export function endpointDefinitions(): JsonSchema {
  return { paging: pagingFormat.schema, endpoint: objectSchema(endpointShape), step: objectSchema(stepShape) };
}

export type GivenCall = z.output<typeof endpointShape>;

const keyPaths = listOf('a path, several paths, or hash', keyPath, 16);
const key: Format<readonly string[] | 'hash'> = {
  ...keyPaths,
  schema: { anyOf: [{ const: 'hash' }, ...(keyPaths.schema.anyOf as object[])] },
  read(value) {
    if (value === 'hash') return accept('hash');
    if (typeof value !== 'string') return keyPaths.read(value);
    const { value: path, refusal } = keyPath.read(value);
    return refusal === undefined ? accept([path]) : { refusal };
  },
};

const column = matching('the name of a field', /^[A-Za-z_]\w{0,254}$/, 'As the schema has it.');

/** A source without a template; those of one call have no `output` and no `parallel`. */
function manualFields(credentials: readonly string[]) {
  const parameters = PARAMETERS.map((name) => [name, optional(bindings, `Which ${name}s.`, 'all')] as const);
  return {
    name: required(identity, 'Identity of the source: its state belongs to this name.'),
    credential: required(known('a credential', credentials, identity), 'Name of a credential.'),
    key: required(key, 'What tells rows apart: a path, several paths, or hash for the row itself.'),
    schema: optional(text, 'Path of an Avro schema, from this file. Left out, it is inferred.'),
    ...timeFields,
    ...scheduleFields,
    topic: optional(topicName, 'Instead of <prefix>.<name>.'),
    ignore_changes: optional(listOf('a list of fields', column), 'Fields that do not make a row a changed one.'),
    ...maskFields,
    ...(Object.fromEntries(parameters) as Record<
      (typeof PARAMETERS)[number],
      ReturnType<typeof optional<'all' | readonly string[]>>
    >),
  };
}

export function endpointSourceShape(credentials: readonly string[]) {
  return z.strictObject({
    ...manualFields(credentials),
    endpoint: required(apart('a map with a url', definition('endpoint')), 'One call.'),
  });
}

export function stepsSourceShape(credentials: readonly string[]) {
  return z.strictObject({
    ...manualFields(credentials),
    steps: required(
      apart('a list of steps', { type: 'array', minItems: 1, maxItems: 8, items: definition('step') }),
      'Calls in order: each runs once for each item of the one before.',
    ),
    output: optional(choice('last or each', ['last', 'each']), 'Whose items are records.', ENDPOINT_DEFAULTS.output),
    parallel: optional(integer(1, 16), 'Requests at once.', String(ENDPOINT_DEFAULTS.parallel)),
  });
}

export type GivenManual = Omit<z.output<ReturnType<typeof stepsSourceShape>>, 'steps'>;
