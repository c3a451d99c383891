import { durationSeconds } from '../core/duration.ts';
import { type Answer, type ApiRequest, accessDenied, type Caller, notOfWorkspace, ok } from './answer.ts';
import { pageOf } from './paging.ts';
import { booleanOf, enumOf, listOf, nameFilterOf } from './query.ts';
import { enterWorkspace } from './resource-workspaces.ts';
import type { ProjectRow } from './rows.ts';
import { sorted } from './sorting.ts';
import type { Store } from './store.ts';

/** By name where nothing else is asked for. */
const COLUMNS = {
  NAME: ({ name }: ProjectRow) => name.toLowerCase(),
  ID: ({ id }: ProjectRow) => id,
  CLIENT_NAME: ({ clientName }: ProjectRow) => clientName.toLowerCase(),
  DURATION: trackedSeconds,
  BUDGET: ({ budgetEstimate }: ProjectRow) => budgetEstimate?.estimate ?? null,
  PROGRESS: trackedSeconds,
};

function trackedSeconds({ duration }: ProjectRow): number | null {
  return duration === null ? null : (durationSeconds(duration) ?? null);
}

export function listProjects(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const rows = request.store.rows('projects', workspace.id).filter(projectFilter(request));
  return pageOf(request, sorted(request, rows, COLUMNS), {}, renderer(request));
}

export function getProject(request: ApiRequest): Answer {
  const { workspace } = enterWorkspace(request);
  const row = request.store.row('projects', workspace.id, request.params.id ?? '');
  if (row === undefined) throw notOfWorkspace('Project');
  if (!isVisible(row, request.caller)) throw accessDenied();
  return ok(renderer(request)(row));
}

/** `archived` left out gives both, against what the documentation says (observed 2026-08). */
function projectFilter({ query, caller }: ApiRequest): (row: ProjectRow) => boolean {
  const access = enumOf(query, 'access', ['PUBLIC', 'PRIVATE']);
  const clients = idFilter(query, 'clients', 'contains-client');
  const users = idFilter(query, 'users', 'contains-user');
  const hasName = nameFilterOf(query);
  const flags: readonly [keyof ProjectRow, boolean | undefined][] = [
    ['archived', booleanOf(query, 'archived')],
    ['billable', booleanOf(query, 'billable')],
    ['template', booleanOf(query, 'is-template')],
    ['public', access === undefined ? undefined : access === 'PUBLIC'],
  ];
  return (row) =>
    isVisible(row, caller) &&
    hasName(row) &&
    flags.every(([field, wanted]) => wanted === undefined || row[field] === wanted) &&
    clients([row.clientId]) &&
    users(row.memberships.map(({ userId }) => userId));
}

/** Any of the ids, or with `contains` false none of them. */
function idFilter(query: URLSearchParams, name: string, contains: string): (ids: readonly string[]) => boolean {
  const wanted = listOf(query, name);
  const expected = booleanOf(query, contains) ?? true;
  return (ids) => wanted.length === 0 || wanted.some((id) => ids.includes(id)) === expected;
}

/** A member sees the public projects and their own; nothing says that there are more. */
function isVisible(row: ProjectRow, caller: Caller): boolean {
  return caller.role === 'ADMIN' || row.public || row.memberships.some(({ userId }) => userId === caller.userId);
}

function renderer({ query, store }: ApiRequest): (row: ProjectRow) => object {
  const isHydrated = booleanOf(query, 'hydrated') ?? false;
  if (!isHydrated) return (row) => row;
  return (row) => hydratedProject(store, row);
}

function hydratedProject(store: Store, row: ProjectRow): object {
  const workspace = store.row('workspaces', row.workspaceId, row.workspaceId);
  const [currency] = workspace?.currencies ?? [];
  return {
    ...row,
    client: store.row('clients', row.workspaceId, row.clientId) ?? null,
    tasks: store.rows('tasks', row.workspaceId).filter(({ projectId }) => projectId === row.id),
    customFields: [],
    currency: currency === undefined ? null : { id: currency.id, code: currency.code },
    favorite: false,
  };
}
