import type { Client, Sender } from '../clockify/client.ts';
import { listIds } from '../clockify/discovery.ts';
import { createEndpoint } from '../clockify/endpoint.ts';
import { startOf } from '../clockify/rhythms/rhythm.ts';
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
    const found = names.has('time-entries') ? await entriesOf(client, id, users, signal) : { entries: 0 };
    counts.push({ id, name, users: users.length, projects: projects.length, ...found });
  }
  return counts;
}

async function workspacesOf(client: Client, signal: AbortSignal) {
  const template = templateNamed('workspaces');
  const endpoint = createEndpoint(client, template, { params: {}, query: listQuery(template), pageSize: undefined });
  const { body } = await endpoint.page(1, signal);
  return jsonOf(body) as readonly { readonly id: string; readonly name: string }[];
}

/** Of all users, from the mean of some; and how far back theirs go, where all of a user's were seen. */
async function entriesOf(
  client: Client,
  workspace: string,
  users: readonly string[],
  signal: AbortSignal,
): Promise<Pick<WorkspaceCounts, 'entries' | 'days'>> {
  const step = Math.max(1, Math.floor(users.length / SAMPLED));
  const some = users.filter((_, at) => at % step === 0).slice(0, SAMPLED);
  const found: OfUser[] = [];
  for (const user of some) found.push(await entriesOfUser(client, { workspace, user }, signal));
  if (found.length === 0) return { entries: 0 };
  const entries = Math.round((sumOf(found.map(({ count }) => count)) / found.length) * users.length);
  const seen = found.flatMap(({ count, days }) => (count > 0 && days !== undefined ? [days] : []));
  return { entries, days: seen.length === 0 ? undefined : Math.ceil(sumOf(seen) / seen.length) };
}

interface OfUser {
  readonly count: number;
  /** How far back they go; undefined where the oldest was not seen. */
  readonly days?: number;
}

const DAY_MS = 86_400_000;

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Exact up to a page; beyond that, in the middle of what is possible. */
async function entriesOfUser(
  client: Client,
  params: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<OfUser> {
  const template = templateNamed('time-entries');
  const endpoint = createEndpoint(client, template, { params, query: listQuery(template), pageSize: undefined });
  const { pageSize } = template.list;
  for (let number = 1; number <= LAST_SAMPLE; number *= 2) {
    const { body, lastPage, receivedAtMs } = await endpoint.page(number, signal);
    const rows = jsonOf(body) as readonly unknown[];
    const { length } = rows;
    if (length > 0 && (lastPage ?? length < pageSize)) {
      const startMs = startOf(rows.at(-1)) ?? receivedAtMs;
      return { count: (number - 1) * pageSize + length, days: Math.max(0, receivedAtMs - startMs) / DAY_MS };
    }
    if (length === 0) return { count: ((number / 2 + number) / 2) * pageSize * (number > 1 ? 1 : 0) };
  }
  return { count: LAST_SAMPLE * pageSize };
}
