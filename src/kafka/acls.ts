import type { TopicPlan } from './topics.ts';

/** A right at the brokers. */
export interface Acl {
  readonly resource: 'topic' | 'group' | 'transactional-id';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly Operation[];
  /** What it is for. */
  readonly why: string;
}

type Operation = 'Create' | 'Describe' | 'DescribeConfigs' | 'Read' | 'Write';

export interface AclNeeds {
  readonly topics: readonly TopicPlan[];
  readonly stateTopic: string;
  /** Undefined: shards are fixed, no group is joined. */
  readonly groupId: string | undefined;
  readonly transactionalIdPrefix: string;
  /** Whether the worker makes topics that are missing. */
  readonly create: boolean;
}

/** Every right that a worker needs, and none that it does not. */
export function neededAcls(needs: AclNeeds): readonly Acl[] {
  const { groupId, transactionalIdPrefix: prefix } = needs;
  const group = {
    resource: 'group',
    pattern: 'literal',
    operations: ['Read'],
    why: 'workers share the shards',
  } as const;
  return [
    ...needs.topics.map((topic) => topicAcl(topic.name, needs)),
    ...(groupId === undefined ? [] : [{ ...group, name: groupId }]),
    {
      resource: 'transactional-id',
      name: prefix,
      pattern: 'prefixed',
      operations: ['Describe', 'Write'],
      why: 'one transactional id a shard, and one that check tries',
    },
  ];
}

function topicAcl(name: string, { stateTopic, create }: AclNeeds): Acl {
  const isState = name === stateTopic;
  const operations: readonly Operation[] = [
    ...(create ? (['Create'] as const) : []),
    'Describe',
    'DescribeConfigs',
    ...(isState ? (['Read'] as const) : []),
    'Write',
  ];
  const why = isState ? 'state is written with the changes, and read back at a start' : 'changes are written to it';
  return { resource: 'topic', name, pattern: 'literal', operations, why };
}

/** As Kafka's own tool takes it. */
export function aclCommand({ resource, name, pattern, operations }: Acl, principal: string): string {
  const given = operations.map((operation) => ` --operation ${operation}`).join('');
  const how = pattern === 'prefixed' ? ' --resource-pattern-type prefixed' : '';
  return `kafka-acls.sh --add --allow-principal '${principal}'${given} --${resource} '${name}'${how}`;
}
