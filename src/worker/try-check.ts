import { probeRegistry } from '../avro/probe.ts';
import { createRegistry } from '../avro/registry.ts';
import type { Client, Sender } from '../clockify/client.ts';
import type { Config, Credential } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { toWorkerError, type WorkerError } from '../core/errors.ts';
import { createKafkaClient } from '../kafka/client.ts';
import { probeKafka } from '../kafka/probe.ts';
import type { Logger } from '../telemetry/logger.ts';
import { committedSchemas } from './needed-schemas.ts';
import { kafkaOptions, registryOptions } from './secure.ts';
import { stateTopicName, topicPlans } from './sinks.ts';
import { type Account, readAccount, readUsers, readWorkspaces, type SeenWorkspace } from './try-account.ts';
import { takeSample } from './try-sample.ts';
import { clientFor, narrowed, parametersOf } from './try-source.ts';

/** What one probe has shown. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly says: string;
  /** How to mend it. */
  readonly mend?: string | undefined;
  readonly error?: WorkerError | undefined;
}

/** One probe that takes longer is given up: on the free plan a budget may be spent for an hour. */
const PROBE_MS = 20_000;
const HASTY_MS = 1_000;

/** Looks at everything that a worker needs, one finding a probe. Changes nothing anywhere. */
export async function* check(config: Config, logger: Logger, signal: AbortSignal): AsyncGenerator<Finding> {
  for (const credential of Object.values(config.credentials)) yield* checkCredential(config, credential, signal);
  if (config.sink !== 'kafka') return;
  const kafka = createKafkaClient(kafkaOptions(config), logger);
  const { app, topics } = config;
  const plans = topicPlans(config, stateTopicName(app));
  yield* probeKafka(kafka, { ...kafkaOptions(config), app, topics: plans, create: topics.create });
  const options = registryOptions(config);
  const registry = createRegistry({ ...options, log: logger });
  const { autoRegister } = config.registry;
  yield* probeRegistry({ ...options, registry, needed: committedSchemas(config), autoRegister, signal });
}

async function* checkCredential(config: Config, credential: Credential, signal: AbortSignal): AsyncGenerator<Finding> {
  const client = clientFor(config, credential);
  const name = `credential ${credential.name}`;
  try {
    const account = await readAccount(client, withDeadline(signal));
    yield { name, status: 'ok', says: `${account.name} <${account.email}>, profile zone ${account.timeZone}` };
    const workspaces = await readWorkspaces(client, withDeadline(signal));
    const blind = new Set<string>();
    for (const workspace of workspaces) {
      yield workspaceFinding(credential, workspace);
      const users = await usersFinding(workspace, () => readUsers(client, workspace.id, withDeadline(signal)));
      if (users.error !== undefined) blind.add(workspace.id);
      yield users;
    }
    const sources = config.sources.filter((source) => source.credential === credential.name);
    const seen: Seen = { client, account, workspaces, blind };
    let patienceMs = PROBE_MS;
    for (const source of sources) {
      const finding = await sourceFinding(config, source, seen, withDeadline(signal, patienceMs));
      signal.throwIfAborted();
      // What is left of a spent budget is worth a moment, not the same wait for each source.
      if (finding.status === 'warn') patienceMs = HASTY_MS;
      yield finding;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    yield { ...failure(name, toWorkerError(thrown)), status: 'fail' };
  } finally {
    await client.close();
  }
}

function withDeadline(signal: AbortSignal, ms: number = PROBE_MS): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}

function failure(name: string, error: WorkerError, mend = error.hint): Finding {
  if (!isDeadline(error)) return { name, status: 'fail', says: error.message, mend, error };
  const says = `not tried: no request was left in the budget, or no answer came in time`;
  return { name, status: 'warn', says, mend: 'Try again later.' };
}

function isDeadline({ cause }: WorkerError): boolean {
  return cause instanceof Error && cause.name === 'TimeoutError';
}

function workspaceFinding({ name: credential, plan }: Credential, workspace: SeenWorkspace): Finding {
  const { id, role, subscription, features } = workspace;
  const name = `workspace ${workspace.name}`;
  const says = `${id}, ${role}, ${subscription ?? 'plan unknown'}; features: ${features.join(', ') || 'none named'}`;
  if (subscription === 'FREE' && plan === 'paid') {
    const mend = `Set plan: free for the credential ${credential}: a free workspace answers 30 requests an hour.`;
    return { name, status: 'warn', says, mend };
  }
  return { name, status: 'ok', says };
}

/** Said aloud: with a member's key the worker sees a part of the workspace, and nothing in the answers says so. */
async function usersFinding(
  { name: workspace, role, members }: SeenWorkspace,
  list: () => Promise<ReadonlySet<string>>,
): Promise<Finding> {
  const name = `users of ${workspace}`;
  const mend = "Use a workspace administrator's key to see everybody.";
  try {
    const seen = (await list()).size;
    if (role !== 'member') return { name, status: 'ok', says: `sees ${seen}` };
    const of = members > seen ? ` of ${members}` : '';
    return {
      name,
      status: 'warn',
      says: `sees ${seen}${of}: the key of a member sees fewer users than an admin's`,
      mend,
    };
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (role !== 'member' || error.code !== 'clockify.forbidden') return failure(name, error);
    const says = `may not list them: the key of a member sees fewer users than an admin's, and entries of its own only`;
    return { name, status: 'warn', says, mend, error };
  }
}

/** What a credential has shown before its sources are tried. */
interface Seen {
  /** One for all probes of a credential: they draw from one budget (P6). */
  readonly client: Client & Sender;
  readonly account: Account;
  readonly workspaces: readonly SeenWorkspace[];
  /** Workspaces whose users may not be listed. */
  readonly blind: ReadonlySet<string>;
}

/** One call of each source, where the worker would begin. */
async function sourceFinding(
  config: Config,
  source: SourceConfig,
  { client, account, workspaces, blind }: Seen,
  signal: AbortSignal,
): Promise<Finding> {
  const name = `source ${source.name}`;
  const wanted = source.parameters.workspace ?? 'all';
  const workspace = wanted === 'all' ? workspaces[0]?.id : wanted[0];
  const bound = parametersOf(source);
  const asksUsers = bound.includes('user') && source.parameters.user === 'all';
  if (asksUsers && workspace !== undefined && blind.has(workspace)) {
    const mend = `Name users (user: [${account.id}]), or use a workspace administrator's key.`;
    return { name, status: 'fail', says: 'needs the list of users, which this key may not see', mend };
  }
  const choice = {
    workspace: bound.includes('workspace') ? workspace : undefined,
    user: asksUsers ? account.id : undefined,
  };
  try {
    const { items, error } = await takeSample(config, narrowed(source, choice), 0, signal, client);
    return error === undefined
      ? { name, status: 'ok', says: `answers, ${items} in the first page` }
      : failure(name, error);
  } catch (thrown) {
    return failure(name, toWorkerError(thrown));
  }
}
