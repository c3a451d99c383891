import type { Client, Sender } from '../clockify/client.ts';
import { listIds } from '../clockify/discovery.ts';
import { createEndpoint } from '../clockify/endpoint.ts';
import { parentTemplates, templateNamed } from '../clockify/templates/catalogue.ts';
import { listQuery } from '../clockify/templates/template.ts';
import type { Config, Credential } from '../config/config.ts';
import { WorkerError } from '../core/errors.ts';
import { jsonOf } from '../pipeline/extract.ts';
import type { WorkspaceCounts } from './plan-requests.ts';
import { clientFor, parametersOf } from './try-source.ts';

/** How much there is, asked of Clockify in a few requests: entries are counted of a few users alone. */
export async function readCounts(
  config: Config,
  signal: AbortSignal,
): Promise<Readonly<Record<string, readonly WorkspaceCounts[]>>> {
  const counts: Record<string, readonly WorkspaceCounts[]> = {};
  for (const credential of Object.values(config.credentials)) {
    const client = clientFor(config, credential);
    const deadline = AbortSignal.timeout(WITHIN_MS);
    try {
      counts[credential.name] = await countsOf(config, credential, client, AbortSignal.any([signal, deadline]));
    } catch (thrown) {
      signal.throwIfAborted();
      throw deadline.aborted ? tooSlow(credential) : thrown;
    } finally {
      await client.close();
    }
  }
  return counts;
}

const WITHIN_MS = 30_000;
/** Users of a workspace whose entries are counted. */
const SAMPLED = 3;
/** Pages of them, at most: 1, 2, 4, and so on. */
const LAST_SAMPLE = 64;

function tooSlow({ name }: Credential): WorkerError {
  const message = `the budget of ${name} was not enough to count what is there within ${WITHIN_MS / 1_000} s`;
  return new WorkerError('transient', 'clockify.timeout', message, {
    hint: 'Say it: --users N --projects N --entries N.',
  });
}

async function countsOf(
  config: Config,
  { name: credential }: Credential,
  client: Client & Sender,
  signal: AbortSignal,
): Promise<readonly WorkspaceCounts[]> {
  const sources = config.sources.filter((source) => source.credential === credential);
  const wanted = new Set(sources.flatMap(parametersOf));
  const names = new Set(sources.map(({ template }) => template));
  if (!wanted.has('workspace')) return [];
  const list = async (parameter: 'user' | 'project', workspace: string) =>
    wanted.has(parameter) || names.has(`${parameter}s`)
      ? [...(await listIds(client, parentTemplates, parameter, { workspace }, signal))]
      : [];
  const counts: WorkspaceCounts[] = [];
  for (const { id, name } of await workspacesOf(client, signal)) {
    const users = await list('user', id);
    const projects = await list('project', id);
    const entries = names.has('time-entries') ? await entriesOf(client, id, users, signal) : 0;
    counts.push({ id, name, users: users.length, projects: projects.length, entries });
  }
  return counts;
}

async function workspacesOf(client: Client, signal: AbortSignal) {
  const template = templateNamed('workspaces');
  const endpoint = createEndpoint(client, template, { params: {}, query: listQuery(template), pageSize: undefined });
  const { body } = await endpoint.page(1, signal);
  return jsonOf(body) as readonly { readonly id: string; readonly name: string }[];
}

/** Of all users, from the mean of some. */
async function entriesOf(
  client: Client,
  workspace: string,
  users: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const step = Math.max(1, Math.floor(users.length / SAMPLED));
  const some = users.filter((_, at) => at % step === 0).slice(0, SAMPLED);
  let found = 0;
  for (const user of some) found += await entriesOfUser(client, { workspace, user }, signal);
  return some.length === 0 ? 0 : Math.round((found / some.length) * users.length);
}

/** Exact up to a page; beyond that, in the middle of what is possible. */
async function entriesOfUser(
  client: Client,
  params: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  const template = templateNamed('time-entries');
  const endpoint = createEndpoint(client, template, { params, query: listQuery(template), pageSize: undefined });
  const { pageSize } = template.list;
  for (let number = 1; number <= LAST_SAMPLE; number *= 2) {
    const { body, lastPage } = await endpoint.page(number, signal);
    const { length } = jsonOf(body) as readonly unknown[];
    if (length > 0 && (lastPage ?? length < pageSize)) return (number - 1) * pageSize + length;
    if (length === 0) return ((number / 2 + number) / 2) * pageSize * (number > 1 ? 1 : 0);
  }
  return LAST_SAMPLE * pageSize;
}
