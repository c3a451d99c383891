import type { Config, Plan } from '../config/config.ts';
import { readWorkspaces, type SeenWorkspace } from './try-account.ts';
import { clientFor } from './try-source.ts';

/** What a first configuration is made of. The key is none of it: the file names the variable that holds it. */
export interface FirstAnswers {
  readonly app: string;
  readonly region: string;
  /** In place of the region, for a host of one's own. */
  readonly baseUrl: string | undefined;
  readonly plan: Plan;
  readonly workspaces: 'all' | readonly string[];
  readonly brokers: string;
  readonly registry: string;
  /** What the key sees, to be told in a comment. */
  readonly seen: readonly Pick<SeenWorkspace, 'id' | 'name'>[];
}

export const KEY_VARIABLE = 'CLOCKIFY_API_KEY';
const CREDENTIAL = 'clockify';

/** Workspaces that the key of a configuration sees. @throws {WorkerError} as Clockify's answers */
export async function seenWorkspaces(config: Config, signal: AbortSignal): Promise<readonly SeenWorkspace[]> {
  const credential = config.credentials[CREDENTIAL];
  if (credential === undefined) return [];
  const client = clientFor(config, credential);
  try {
    return await readWorkspaces(client, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
  } finally {
    await client.close();
  }
}

const ANSWER_MS = 15_000;

/** A commented configuration. */
export function firstConfiguration(answers: FirstAnswers): string {
  return `${[...head(answers), ...sources(answers), ...tail(answers)].join('\n')}\n`;
}

function head({ app, region, baseUrl, plan, seen }: FirstAnswers): readonly string[] {
  return [
    '# yaml-language-server: $schema=./node_modules/clockify-kafka/config/clockify-kafka.schema.json',
    '#',
    '# What clockify-kafka polls, and where changes go. Try it before anything is published:',
    '#   clockify-kafka lint FILE              says all that is wrong',
    '#   clockify-kafka check                  tries the key, Kafka and the registry',
    '#   clockify-kafka sample time-entries    one call, and the records it becomes',
    '#   clockify-kafka run --once --sink stdout',
    '',
    '# Identity of this deployment: in the transactional ids, the state topic and the consumer group. It must stay as it is.',
    `app: ${app}`,
    '',
    'credentials:',
    `  ${CREDENTIAL}:`,
    `    # The key itself never stands here: export ${KEY_VARIABLE}, or name a file with ${KEY_VARIABLE}_FILE.`,
    `    api_key: \${${KEY_VARIABLE}}`,
    baseUrl === undefined
      ? `    region: ${region} # or euc1, use2, euw2, apse2; or subdomain: acme instead`
      : `    base_url: ${baseUrl}`,
    `    plan: ${plan} # paid, or free: 30 requests an hour for a whole workspace`,
    ...(seen.length === 0
      ? []
      : ['    # The key sees:', ...seen.map(({ id, name }) => `    #   ${id}  ${oneLine(name)}`)]),
    '',
  ];
}

/** A name is whatever somebody typed; in the file it must stay a comment. */
function oneLine(name: string): string {
  return name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').slice(0, 80);
}

interface SourceLine {
  readonly template: string;
  readonly every: Readonly<Record<Plan, string>>;
}

/** On the free plan there are requests for little more than the entries. */
const SOURCES: readonly SourceLine[] = [
  { template: 'users', every: { paid: '10m', free: '24h' } },
  { template: 'projects', every: { paid: '5m', free: '12h' } },
  { template: 'clients', every: { paid: '10m', free: '24h' } },
  { template: 'tags', every: { paid: '10m', free: '24h' } },
  { template: 'tasks', every: { paid: '10m', free: '24h' } },
  { template: 'time-entries', every: { paid: '1m', free: '2h' } },
];

function sources({ plan, workspaces }: FirstAnswers): readonly string[] {
  const narrowed = workspaces === 'all' ? '' : `, workspace: [${workspaces.join(', ')}]`;
  return [
    "# A source's name is its identity: its state belongs to the name. Its topic is clockify.<resource>, or what topic says.",
    'sources:',
    `  - { name: workspaces, template: workspaces, credential: ${CREDENTIAL}, every: ${plan === 'paid' ? '1h' : '24h'} }`,
    ...SOURCES.map(
      ({ template, every }) =>
        `  - { name: ${template}, template: ${template}, credential: ${CREDENTIAL}, every: ${every[plan]}${narrowed} }`,
    ),
    ...(workspaces === 'all'
      ? ['  # Every workspace that the key sees is read; workspace: [ID, …] narrows a source.']
      : []),
    '',
  ];
}

function tail({ brokers, registry }: FirstAnswers): readonly string[] {
  return [
    '# Where changes go. "--sink stdout" needs neither of the two.',
    'kafka:',
    `  brokers: [${brokers
      .split(',')
      .map((each) => JSON.stringify(each.trim()))
      .join(', ')}]`,
    '',
    'registry:',
    `  url: ${registry}`,
    '  # username: worker',
    `  # password: \${REGISTRY_PASSWORD}`,
    '',
    '# Every other setting has a default: see config/example.yaml.',
  ];
}
