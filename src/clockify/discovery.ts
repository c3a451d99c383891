import { WorkerError } from '../core/errors.ts';
import type { Client } from './client.ts';
import { createEndpoint } from './endpoint.ts';
import { listQuery, type Template } from './templates/template.ts';

/** Which template lists the values of a parameter. */
export type Parents = Readonly<Record<string, Template>>;

/** No parent list is longer; one that never ends is broken. */
const MAX_PAGES = 1_000;

/**
 * Every value of a parameter, from the list of its parents: `workspace` from the workspaces, `user` from the users of
 * one. Users of every membership status, for a member who left has entries too.
 *
 * @returns ids, each once, in the order of the list
 * @throws {WorkerError} as `Endpoint.page`; transient `discovery.empty` for a list that cannot be empty, and
 *   `discovery.unreadable` for an answer that is no list of things with ids
 */
export async function listIds(
  client: Client,
  parents: Parents,
  parameter: string,
  params: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const template = parents[parameter];
  if (template === undefined) {
    throw new WorkerError('config', 'discovery.unknown_parameter', `nothing lists the values of "${parameter}"`);
  }
  const endpoint = createEndpoint(client, template, { params, query: listQuery(template), pageSize: undefined });
  const ids = new Set<string>();
  for (let number = 1; number <= MAX_PAGES; number++) {
    const page = await endpoint.page(number, signal);
    const found = idsOf(page.body, parameter);
    for (const id of found) ids.add(id);
    if (page.lastPage ?? (!endpoint.paged || found.length === 0)) return notEmpty(ids, template, parameter);
  }
  throw new WorkerError(
    'config',
    'discovery.endless',
    `the list of every ${parameter} did not end within ${MAX_PAGES} pages`,
  );
}

function notEmpty(ids: ReadonlySet<string>, template: Template, parameter: string): ReadonlySet<string> {
  if (ids.size === 0 && !template.mayBeEmpty) {
    throw new WorkerError('transient', 'discovery.empty', `the list of every ${parameter} is empty, which cannot be`);
  }
  return ids;
}

/** What could be no segment of a path. */
const NO_ID = /^\.{0,2}$/;

function idsOf(body: Uint8Array, parameter: string): readonly string[] {
  try {
    const items = JSON.parse(new TextDecoder().decode(body)) as { id: unknown }[];
    const ids = items.map(({ id }) => id);
    if (ids.every((id) => typeof id === 'string' && !NO_ID.test(id))) return ids as string[];
  } catch {
    // told below
  }
  throw new WorkerError(
    'transient',
    'discovery.unreadable',
    `the list of every ${parameter} is not a list of things with ids`,
  );
}
