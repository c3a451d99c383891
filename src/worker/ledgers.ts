import { BehaviorSubject, filter, firstValueFrom, ignoreElements, map, type Observable, of } from 'rxjs';
import type { BudgetOwner } from '../clockify/budgets.ts';
import type { BudgetLedger } from '../clockify/lease.ts';
import type { Config } from '../config/config.ts';
import { toWorkerError } from '../core/errors.ts';
import { shardFor } from '../core/murmur2.ts';
import { encodeState } from '../core/state-codec.ts';
import { failOnAbort, spendsWriter } from '../pipeline/retry.ts';
import type { Shard } from '../pipeline/shard.ts';
import { mergeMembers } from './members.ts';
import type { Shards } from './shards.ts';
import { ownedOf, type SourceEnvironment } from './source.ts';

/** Where spent budgets are durable (P6): each in the shard of its workspace, or of its credential. */
export interface Ledgers {
  of(owner: BudgetOwner): BudgetLedger;
  /** A shard is ours, with its state. */
  opened(shard: Shard): void;
  /** Which shards are ours: what belongs to another's has no ledger here. */
  assigned(numbers: readonly number[]): void;
}

interface Held {
  readonly shards: ReadonlyMap<number, Shard>;
  /** Undefined until the group has said so. */
  readonly assigned: ReadonlySet<number> | undefined;
}

export function createLedgers(shardCount: number, spoil: Shards['spoil']): Ledgers {
  const held$ = new BehaviorSubject<Held>({ shards: new Map(), assigned: undefined });

  /** The shard once it is open; undefined where another worker has it. */
  const shardOf = (number: number, signal: AbortSignal): Promise<Shard | undefined> =>
    firstValueFrom(
      held$.pipe(
        filter(({ shards, assigned }) => shards.has(number) || assigned?.has(number) === false),
        map(({ shards }) => shards.get(number)),
        failOnAbort(signal),
      ),
    );

  const ledger = ({ name, placedBy }: BudgetOwner): BudgetLedger => {
    const number = shardFor(placedBy, shardCount);
    return {
      read: async (signal) => {
        const shard = await shardOf(number, signal);
        return shard === undefined ? undefined : (shard.state.budget(name) ?? []);
      },
      write: async (spent, signal) => {
        const shard = await shardOf(number, signal);
        // Every request waits for it: it goes with the first.
        await shard?.exclusive(
          () =>
            writing(shard, () =>
              shard.commit({ records: [], state: [encodeState({ type: 'budget', owner: name, spent })] }),
            ),
          'running',
        );
      },
    };
  };

  const writing = async (shard: Shard, commit: () => Promise<void>): Promise<void> => {
    try {
      await commit();
    } catch (thrown) {
      const error = toWorkerError(thrown);
      if (spendsWriter(error)) {
        held$.next({ ...held$.value, shards: without(held$.value.shards, shard) });
        spoil(shard, error);
      }
      throw error;
    }
  };

  return {
    of: ledger,
    opened: (shard) => held$.next({ ...held$.value, shards: new Map(held$.value.shards).set(shard.number, shard) }),
    assigned: (numbers) => {
      const assigned = new Set(numbers);
      const shards = new Map([...held$.value.shards].filter(([number]) => assigned.has(number)));
      held$.next({ shards, assigned });
    },
  };
}

function without(shards: ReadonlyMap<number, Shard>, spent: Shard): ReadonlyMap<number, Shard> {
  return new Map([...shards].filter(([, shard]) => shard !== spent));
}

/**
 * Keeps the shards of the credentials open whose calls without a workspace must be remembered: no slice may need them,
 * and the first of all calls, the list of workspaces, waits for them.
 */
export function keepCredentials(names: readonly string[], env: SourceEnvironment): Observable<never> {
  return mergeMembers(ownedOf(of(new Set(names)), env), (name) =>
    env.shards.open(shardFor(name, env.shardCount)).pipe(ignoreElements()),
  );
}

/** Credentials with a budget that outlasts a restart. */
export function rememberedCredentials({ credentials }: Config, shortWindowMs: number): readonly string[] {
  const isLong = ({ windowMs }: { readonly windowMs: number }) => windowMs > shortWindowMs;
  return Object.values(credentials)
    .filter(({ rate, reportsRate }) => isLong(rate) || isLong(reportsRate))
    .map(({ name }) => name);
}
