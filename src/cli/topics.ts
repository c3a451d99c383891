import { createKafkaClient } from '../kafka/client.ts';
import type { KafkaClient } from '../kafka/kafkajs-patches.ts';
import { someBrokerListens } from '../kafka/reach.ts';
import { applyDrift, readDrift, type TopicDrift } from '../kafka/topic-drift.ts';
import { createLogger } from '../telemetry/logger.ts';
import { kafkaOptions } from '../worker/secure.ts';
import { stateTopicName, topicPlans } from '../worker/sinks.ts';
import { type Command, EXIT, type Invocation, type Terminal, usageError } from './command.ts';
import { CONFIG_OPTIONS, readConfig } from './config-options.ts';
import { JSON_OPTION, untilStopped } from './try-options.ts';

export const topics: Command = {
  name: 'topics',
  summary: 'Shows which topics are missing or are not as configured, and makes or sets them',
  usage: 'topics plan|apply [--alter] [--json] [--config FILE]',
  examples: [
    'clockify-kafka topics plan             # exit code 3 where something is to be done',
    'clockify-kafka topics apply            # makes what is missing; what is there stays as it is',
    'clockify-kafka topics apply --alter    # sets the settings of topics that are there, too',
  ],
  options: {
    alter: { type: 'boolean', says: 'with apply: set what differs on topics that are there; never adds partitions' },
    ...JSON_OPTION,
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runTopics(call, terminal)),
};

async function runTopics(call: Invocation, terminal: Terminal): Promise<number> {
  const [verb] = call.positionals;
  if (verb !== 'plan' && verb !== 'apply') throw usageError(topics, 'topics needs to know what to do: plan or apply');
  const config = readConfig(call, terminal);
  const logger = createLogger({ level: 'error', format: config.log.format, secrets: terminal.secrets });
  await someBrokerListens(kafkaOptions(config));
  const kafka = createKafkaClient(kafkaOptions(config), logger);
  const found = await readDrift(kafka, topicPlans(config, stateTopicName(config.app)));
  const steps = found.map((drift) => ({ drift, step: stepOf(drift, call.flags.alter === true) }));
  const done = verb === 'apply' ? await applyAll(kafka, steps) : [];
  for (const each of steps) {
    const isDone = done.includes(each);
    await terminal.out(call.flags.json === true ? JSON.stringify(dataOf(each, isDone)) : textOf(each, isDone));
  }
  const isOpen = steps.some((each) => each.step !== 'nothing' && !done.includes(each));
  return isOpen ? EXIT.environment : EXIT.ok;
}

/** `differs`: only a person may decide it. */
type Step = 'nothing' | 'make' | 'set' | 'differs';

interface Planned {
  readonly drift: TopicDrift;
  readonly step: Step;
}

function stepOf({ plan, partitions, settings }: TopicDrift, alter: boolean): Step {
  if (partitions === undefined) return 'make';
  if (plan.exactPartitions && partitions !== plan.partitions) return 'differs';
  if (settings === undefined || settings.length === 0) return 'nothing';
  return alter ? 'set' : 'differs';
}

async function applyAll(kafka: KafkaClient, steps: readonly Planned[]): Promise<readonly Planned[]> {
  const due = steps.filter(({ step }) => step === 'make' || step === 'set');
  for (const { drift } of due) await applyDrift(kafka, drift);
  return due;
}

function textOf({ drift, step }: Planned, isDone: boolean): string {
  const { plan, partitions } = drift;
  const said = { nothing: 'as it should be', make: isDone ? 'made' : 'missing', set: isDone ? 'set' : 'differs' };
  const head = `${(step === 'differs' ? 'differs' : said[step]).padEnd(16)}${plan.name}`;
  return [`${head}: ${partitionsText(drift)}`, ...settingsText(drift, partitions === undefined)].join('\n  ');
}

function partitionsText({ plan, partitions }: TopicDrift): string {
  if (partitions === undefined || partitions === plan.partitions) return `${plan.partitions} partitions`;
  const why = plan.exactPartitions ? 'set kafka.shards to that number' : 'it stays so, for keys would move';
  return `${partitions} partitions, ${plan.partitions} are configured; ${why}`;
}

function settingsText({ plan, settings }: TopicDrift, isMissing: boolean): readonly string[] {
  if (isMissing) return Object.entries(plan.config).map(([name, value]) => `${name}=${value}`);
  if (settings === undefined) return ['its settings cannot be read: this user has no right to DescribeConfigs'];
  return settings.map(({ setting, actual, planned }) => `${setting}=${actual}, planned is ${planned}`);
}

function dataOf({ drift, step }: Planned, isDone: boolean): object {
  const { plan, partitions, settings } = drift;
  const planned = { partitions: plan.partitions, settings: plan.config };
  return { topic: plan.name, step, done: isDone, partitions: partitions ?? null, planned, differs: settings ?? null };
}
