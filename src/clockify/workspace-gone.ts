import { errorOf, provesGone } from './answers.ts';
import type { Client } from './client.ts';
import { segment } from './templates/template.ts';

/**
 * P4, when a workspace has left the list: that alone says nothing of what is in it. One row an answer to the read of the
 * workspace itself:
 *
 * | answer | what follows for its entities | source |
 * |---|---|---|
 * | 200 | nothing: it is only hidden from the list | |
 * | 400, code 501 | each is settled by its own read, under the guard | as of any deleted entity, observed 2026-05; of a workspace not observed |
 * | 403, 401 | nothing: rights changed, or the workspace is gone, and nobody can tell which | observed for foreign ones |
 * | 404, any other | nothing: a wrong path, or a bad request | observed |
 *
 * @throws {WorkerError} transient, as `Client.get` and `errorOf`
 */
export async function isWorkspaceGone(
  client: Pick<Client, 'get'>,
  workspace: string,
  signal: AbortSignal,
): Promise<boolean> {
  const path = `/workspaces/${segment(workspace)}`;
  const answer = await client.get({ path, query: {}, owner: workspace }, signal);
  if (answer.ok) return false;
  if (provesGone(answer.refusal)) return true;
  const error = errorOf(answer.refusal, path);
  if (error.kind === 'transient') throw error;
  return false;
}
