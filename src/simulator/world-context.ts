import { featuresOf } from './plan.ts';
import { createIdMint, createRandom, type Random } from './random.ts';
import type { ResourceName, ResourceRows } from './rows.ts';
import { createStore, type Store } from './store.ts';

/** What every mutation works with. */
export interface WorldContext {
  readonly store: Store;
  readonly clock: () => number;
  readonly random: Random;
  readonly mintId: (createdAtMs: number) => string;
  /** Custom fields of time entries, by workspace; each new entry has one value of each. */
  readonly customFields: Map<string, readonly CustomField[]>;
  /** Deleted entries, newest last, that can still be restored. */
  readonly bin: Map<string, ResourceRows['timeEntries']>;
  /** Seconds tracked on a project, by its id. */
  readonly projectSeconds: Map<string, number>;
  /** How many users and projects activity lets a workspace grow to. */
  crowd: { readonly users: number; readonly projects: number };
  /** For the part of the first world that came to it later, so that the rest of it stays the same. */
  readonly spare: { readonly random: Random; readonly mintId: (createdAtMs: number) => string };
  /** What the plan of every workspace allows. */
  readonly features: readonly string[];
  /** While the first world is made: projects take their durations at the end, in one write. */
  isSeeding: boolean;
}

export interface CustomField {
  readonly id: string;
  readonly name: string;
  readonly type: 'TXT' | 'NUMBER' | 'CHECKBOX' | 'DROPDOWN_SINGLE' | 'DROPDOWN_MULTIPLE' | 'LINK';
}

export interface WorldOptions {
  readonly seed: number;
  readonly clock: () => number;
  readonly historyLimit: number;
  /** Default: those of a paid plan without a limit to reports. */
  readonly features?: readonly string[];
}

export function createWorldContext({ seed, clock, historyLimit, features }: WorldOptions): WorldContext {
  return {
    store: createStore({ clock, historyLimit }),
    clock,
    random: createRandom(seed),
    mintId: createIdMint(createRandom(seed ^ 0x5bd1_e995)),
    customFields: new Map(),
    bin: new Map(),
    projectSeconds: new Map(),
    spare: {
      random: createRandom(seed ^ 0x2545_f491),
      mintId: createIdMint(createRandom(seed ^ 0x6c07_8965)),
    },
    features: features ?? featuresOf('paid', null),
    crowd: { users: 30, projects: 30 },
    isSeeding: false,
  };
}

/** A mutation that names something the world does not hold: a mistake of the caller. */
export class UnknownRowError extends Error {
  override readonly name = 'UnknownRowError';
}

/** @throws {UnknownRowError} */
export function rowOf<N extends ResourceName>(
  { store }: WorldContext,
  resource: N,
  workspaceId: string,
  id: string,
): ResourceRows[N] {
  const row = store.row(resource, workspaceId, id);
  if (row === undefined) throw new UnknownRowError(`no ${resource} ${id} in workspace ${workspaceId}`);
  return row;
}

/** A mutation that Clockify would refuse. */
export class RefusedMutationError extends Error {
  override readonly name = 'RefusedMutationError';
}

/**
 * Names of clients, tags and groups are unique in a workspace, the archived among them, and free again after a delete.
 *
 * @throws {RefusedMutationError} where another row than `exceptId` has the name
 */
export function refuseNamesake(
  { store }: WorldContext,
  resource: 'clients' | 'tags' | 'userGroups',
  workspaceId: string,
  name: string,
  exceptId?: string,
): void {
  const isTaken = store.rows(resource, workspaceId).some((row) => row.name === name && row.id !== exceptId);
  if (isTaken) throw new RefusedMutationError(`${resource} has ${JSON.stringify(name)} already`);
}
