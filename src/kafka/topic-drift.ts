import { WorkerError } from '../core/errors.ts';
import { kafkaError, protocolType } from './kafka-failure.ts';
import { type Admin, ConfigResourceTypes, type KafkaClient } from './kafkajs-patches.ts';
import { createTopic, partitionsOf, type TopicPlan } from './topics.ts';

/** A setting of a topic that is not what it should be. */
interface SettingDrift {
  readonly setting: string;
  readonly actual: string;
  readonly planned: string;
}

/** How a topic is, beside how it should be. */
export interface TopicDrift {
  readonly plan: TopicPlan;
  /** Undefined: it is not there. */
  readonly partitions: number | undefined;
  /** Undefined: this user may not read its settings. */
  readonly settings: readonly SettingDrift[] | undefined;
}

/** @throws {WorkerError} config `kafka.refused`; transient `kafka.unavailable` */
export function readDrift(kafka: KafkaClient, plans: readonly TopicPlan[]): Promise<readonly TopicDrift[]> {
  return withAdmin(kafka, async (admin) => {
    const drifts: TopicDrift[] = [];
    for (const plan of plans) drifts.push(await driftOf(admin, plan));
    return drifts;
  });
}

/**
 * Makes the topic where it is missing, and sets its settings where it is there. What somebody else has set on it, beside
 * those that are planned, stays. Partitions are never added: keys would move to others, out of their order (P3).
 *
 * @throws {WorkerError} config `kafka.topic_unfit`, `kafka.refused`; transient `kafka.unavailable`
 */
export function applyDrift(kafka: KafkaClient, { plan, partitions, settings = [] }: TopicDrift): Promise<void> {
  return withAdmin(kafka, async (admin) => {
    if (partitions === undefined) return void (await createTopic(admin, plan));
    const own = await ownSettings(admin, plan.name);
    for (const { setting, planned } of settings) own.set(setting, planned);
    const configEntries = [...own].map(([name, value]) => ({ name, value }));
    const resource = { type: ConfigResourceTypes.TOPIC, name: plan.name, configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
  });
}

async function withAdmin<T>(kafka: KafkaClient, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } catch (error) {
    throw error instanceof WorkerError ? error : kafkaError('kafka', 'the topics could not be read or set', error);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function driftOf(admin: Admin, plan: TopicPlan): Promise<TopicDrift> {
  const partitions = await partitionsOf(admin, plan.name);
  if (partitions === undefined) return { plan, partitions, settings: [] };
  return { plan, partitions, settings: await settingsDrift(admin, plan) };
}

async function settingsDrift(admin: Admin, { name, config }: TopicPlan): Promise<readonly SettingDrift[] | undefined> {
  const entries = await describe(admin, name, Object.keys(config));
  return entries?.flatMap(({ configName: setting, configValue: actual }) => {
    const planned = config[setting];
    return planned === undefined || planned === actual ? [] : [{ setting, actual, planned }];
  });
}

/** Set on the topic itself. The request that sets one sets all the others back, so they have to be in it again. */
async function ownSettings(admin: Admin, name: string): Promise<Map<string, string>> {
  const entries = (await describe(admin, name, [])) ?? [];
  const own = entries.filter(({ configSource }) => (configSource as number) === OF_THE_TOPIC);
  return new Map(own.map(({ configName, configValue }) => [configName, configValue]));
}

/** Kafka's `DYNAMIC_TOPIC_CONFIG`; kafkajs has it in its types alone. */
const OF_THE_TOPIC = 1;

async function describe(admin: Admin, name: string, configNames: string[]) {
  const some = configNames.length === 0 ? {} : { configNames };
  const resource = { type: ConfigResourceTypes.TOPIC, name, ...some };
  try {
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    return resources[0]?.configEntries;
  } catch (error) {
    if (protocolType(error) === 'TOPIC_AUTHORIZATION_FAILED') return undefined;
    throw error;
  }
}
