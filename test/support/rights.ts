import type { AclEntry, AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import type { KafkaClient } from '../../src/kafka/kafkajs-patches.ts';

/** Settings of a broker that asks for rights, and lets everybody do what no rule forbids. */
export const AUTHORIZED_BROKER = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
};

/** Kafka's own numbers: kafkajs has them in its types alone. */
export const TOPIC = 2 as AclResourceTypes;
export const GROUP = 3 as AclResourceTypes;
export const CLUSTER = 4 as AclResourceTypes;
export const TRANSACTIONAL_ID = 5 as AclResourceTypes;
export const ALL = 2 as AclOperationTypes;
export const READ = 3 as AclOperationTypes;
export const WRITE = 4 as AclOperationTypes;
export const DESCRIBE = 8 as AclOperationTypes;
export const DESCRIBE_CONFIGS = 10 as AclOperationTypes;
export const DENY = 2 as AclPermissionTypes;
export const ALLOW = 3 as AclPermissionTypes;

/** One rule for everybody, on one thing by its whole name. */
export async function addRule(
  kafka: KafkaClient,
  permissionType: AclPermissionTypes,
  resourceType: AclResourceTypes,
  resourceName: string,
  operation: AclOperationTypes,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const entry: AclEntry = {
    resourceType,
    resourceName,
    resourcePatternType: 3 as ResourcePatternTypes,
    principal: 'User:ANONYMOUS',
    host: '*',
    operation,
    permissionType,
  };
  await admin.createAcls({ acl: [entry] });
  await admin.disconnect();
}
