import { errorOf } from '../clockify/answers.ts';
import type { Client, Sender } from '../clockify/client.ts';
import { listIds } from '../clockify/discovery.ts';
import { parentTemplates } from '../clockify/templates/catalogue.ts';
import { jsonOf } from '../pipeline/extract.ts';

/** Whose key it is, and what it sees. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Profile zone, in which Clockify reads `start` and `end`. */
  readonly timeZone: string;
}

export interface SeenWorkspace {
  readonly id: string;
  readonly name: string;
  readonly role: 'owner' | 'administrator' | 'member';
  /** As Clockify names it. */
  readonly subscription: string | undefined;
  readonly features: readonly string[];
  /** How many people the workspace itself says it has. */
  readonly members: number;
}

/** @throws {WorkerError} as `errorOf` */
export async function readAccount(client: Client & Sender, signal: AbortSignal): Promise<Account> {
  const user = (await read(client, '/user', {}, signal)) as {
    readonly id: string;
    readonly name?: string | null;
    readonly email?: string;
    readonly settings?: { readonly timeZone?: string } | null;
  };
  const { id, name, email, settings } = user;
  return { id, name: name ?? '', email: email ?? '', timeZone: settings?.timeZone ?? 'unknown' };
}

interface WorkspaceAnswer {
  readonly id: string;
  readonly name: string;
  readonly featureSubscriptionType?: string | null;
  readonly features?: readonly string[] | null;
  readonly memberships?: readonly { readonly membershipType?: string }[] | null;
}

/** The workspaces that a key sees, with its owner's role: no answer says the role, so the list is asked for by role. */
export async function readWorkspaces(client: Client & Sender, signal: AbortSignal): Promise<readonly SeenWorkspace[]> {
  const ask = async (query: Readonly<Record<string, string>>) =>
    (await read(client, '/workspaces', query, signal)) as readonly WorkspaceAnswer[];
  const all = await ask({});
  const owned = new Set((await ask({ roles: 'OWNER' })).map(({ id }) => id));
  const led = new Set((await ask({ roles: 'WORKSPACE_ADMIN' })).map(({ id }) => id));
  return all.map(({ id, name, featureSubscriptionType, features, memberships }) => ({
    id,
    name,
    role: owned.has(id) ? 'owner' : led.has(id) ? 'administrator' : 'member',
    subscription: featureSubscriptionType ?? undefined,
    features: features ?? [],
    members: (memberships ?? []).length,
  }));
}

/** Ids of the users that a key sees. @throws {WorkerError} as the list */
export function readUsers(client: Client, workspace: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  return listIds(client, parentTemplates, 'user', { workspace }, signal);
}

async function read(
  client: Client,
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<unknown> {
  const answer = await client.get({ path, query, owner: '' }, signal);
  if (!answer.ok) throw errorOf(answer.refusal, path);
  return jsonOf(answer.body);
}
