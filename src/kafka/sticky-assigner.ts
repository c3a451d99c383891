import { AssignerProtocol, type PartitionAssigner } from './kafkajs-patches.ts';

/**
 * A member of the group as its leader sees it.
 *
 * @internal
 */
export interface GroupMember {
  readonly memberId: string;
  /** Stable across restarts. */
  readonly worker: string;
  /** What it owned before this rebalance. */
  readonly shards: readonly number[];
  /** Of the group when it owned them: of two claims the later one holds. */
  readonly generation: number;
}

/**
 * Shares the shards evenly, moving as few as possible.
 *
 * Everyone keeps what it owned up to its fair share; what is left goes to whoever has least, workers in the order of
 * their names. The same members always give the same answer.
 *
 * @internal
 */
export function assignShards(members: readonly GroupMember[], shards: number): Map<string, number[]> {
  const owned = new Map(members.map(({ memberId }) => [memberId, [] as number[]]));
  for (const [shard, memberId] of claims(members, shards)) owned.get(memberId)?.push(shard);
  const byClaim = [...members].sort((a, b) => sizeOf(owned, b) - sizeOf(owned, a) || byName(a, b));
  const share = Math.floor(shards / members.length);
  const larger = shards % members.length;
  const shareOf = new Map(byClaim.map(({ memberId }, i) => [memberId, i < larger ? share + 1 : share]));
  for (const [memberId, list] of owned) list.splice(shareOf.get(memberId) ?? 0);
  const kept = new Set([...owned.values()].flat());
  const free = Array.from({ length: shards }, (_, shard) => shard).filter((shard) => !kept.has(shard));
  for (const { memberId } of [...members].sort(byName)) {
    const list = owned.get(memberId) ?? [];
    list.push(...free.splice(0, (shareOf.get(memberId) ?? 0) - list.length));
    list.sort((a, b) => a - b);
  }
  return owned;
}

function sizeOf(owned: ReadonlyMap<string, readonly number[]>, { memberId }: GroupMember): number {
  return owned.get(memberId)?.length ?? 0;
}

function byName(a: GroupMember, b: GroupMember): number {
  return compare(a.worker, b.worker) || compare(a.memberId, b.memberId);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Who keeps which shard, in the order of shards: a member that slept may still claim what another has since taken. */
function claims(members: readonly GroupMember[], shards: number): [number, string][] {
  const holder = new Map<number, GroupMember>();
  for (const member of [...members].sort((a, b) => b.generation - a.generation || byName(a, b))) {
    for (const shard of member.shards) {
      if (Number.isInteger(shard) && shard >= 0 && shard < shards && !holder.has(shard)) holder.set(shard, member);
    }
  }
  return [...holder].map(([shard, { memberId }]): [number, string] => [shard, memberId]).sort(([a], [b]) => a - b);
}

const NAME = 'clockify-kafka-sticky';
const VERSION = 1;

export interface AssignerOptions {
  readonly topic: string;
  readonly shards: number;
  /** What this member says of itself when it joins. */
  readonly self: () => Omit<GroupMember, 'memberId'>;
}

/** `assignShards` as kafkajs wants it: members describe themselves in the `userData` of their join. */
export function stickyAssigner({ topic, shards, self }: AssignerOptions): PartitionAssigner {
  const { MemberMetadata, MemberAssignment } = AssignerProtocol;
  return () => ({
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => {
      const userData = Buffer.from(JSON.stringify(self()));
      return { name: NAME, metadata: MemberMetadata.encode({ version: VERSION, topics, userData }) };
    },
    assign: async ({ members }) => {
      const known = members.map(({ memberId, memberMetadata }) => {
        const { userData } = MemberMetadata.decode(memberMetadata) ?? {};
        return readMember(memberId, userData);
      });
      return [...assignShards(known, shards)].map(([memberId, owned]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: { [topic]: owned },
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

/** A member that cannot be read owned nothing: another version may say other things of itself. */
function readMember(memberId: string, userData: Buffer | undefined): GroupMember {
  try {
    const said = JSON.parse(userData?.toString() ?? '') as Partial<GroupMember>;
    const { worker = '', shards = [], generation = 0 } = said;
    return { memberId, worker: String(worker), shards: Array.isArray(shards) ? shards : [], generation };
  } catch {
    return { memberId, worker: '', shards: [], generation: 0 };
  }
}
