import { WorkerError } from '../core/errors.ts';
import type { EntityKey } from '../core/record.ts';
import { errorOf, provesGone } from './answers.ts';
import type { Client } from './client.ts';
import { type Fields, isFields } from './json-body.ts';
import type { Template } from './templates/template.ts';

/** Where a slice's pages, and the second witness of its deletes, come from. */
export interface TemplateEndpoint {
  readonly paged: boolean;
  page(number: number, signal: AbortSignal): Promise<Page>;
  readonly witness: ((key: EntityKey, signal: AbortSignal) => Promise<Testimony>) | undefined;
}

interface Page {
  readonly body: Uint8Array;
  readonly lastPage: boolean | undefined;
  readonly receivedAtMs: number;
  readonly read?: (() => { readonly items: readonly unknown[]; readonly last: boolean }) | undefined;
}

type Testimony =
  | { readonly says: 'alive'; readonly item: unknown; readonly receivedAtMs: number }
  | { readonly says: 'gone'; readonly receivedAtMs: number }
  | { readonly says: 'nothing'; readonly reason: string };

/** One slice of a template: its parameters bound, its filters set. */
export interface Binding {
  readonly params: Readonly<Record<string, string>>;
  /** The template's own query, its filters set. */
  readonly query: Readonly<Record<string, string>>;
  readonly pageSize: number | undefined;
}

export function createEndpoint(client: Client, template: Template, binding: Binding): TemplateEndpoint {
  const { list, read } = template;
  const path = list.path(binding.params);
  const owner = binding.params.workspace ?? '';
  const { query } = binding;

  const page = async (number: number, signal: AbortSignal): Promise<Page> => {
    const paging = list.paged ? { page: String(number), 'page-size': String(binding.pageSize ?? list.pageSize) } : {};
    const answer = await client.get({ path, query: { ...query, ...paging }, owner }, signal);
    if (!answer.ok) throw errorOf(answer.refusal, path);
    return list.single === true
      ? { ...answer, read: () => ({ items: [objectOf(answer.body, path)], last: true }) }
      : answer;
  };

  const witness = async (key: EntityKey, signal: AbortSignal): Promise<Testimony> => {
    const call = { path: read?.path(binding.params, key) ?? '', query: {}, owner };
    const answer = await client.get(call, signal);
    if (answer.ok) return testimonyOf(answer.body, answer.receivedAtMs);
    if (provesGone(answer.refusal)) return { says: 'gone', receivedAtMs: answer.receivedAtMs };
    const error = errorOf(answer.refusal, call.path);
    if (error.kind === 'transient') throw error;
    return { says: 'nothing', reason: error.message };
  };

  return { paged: list.paged, page, witness: read === undefined ? undefined : witness };
}

/** @throws {WorkerError} transient `extract.not_an_object` */
function objectOf(body: Uint8Array, path: string): Fields {
  const item = objectIn(body);
  if (item !== undefined) return item;
  throw new WorkerError('transient', 'extract.not_an_object', `the answer is no JSON object (${path})`);
}

/** A 200 that holds no object is a proxy's answer, not Clockify's: it proves nothing. */
function testimonyOf(body: Uint8Array, receivedAtMs: number): Testimony {
  const item = objectIn(body);
  if (item !== undefined && 'id' in item) return { says: 'alive', item, receivedAtMs };
  return { says: 'nothing', reason: 'the answer is not an entity' };
}

function objectIn(body: Uint8Array): Fields | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return isFields(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
