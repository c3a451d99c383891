import { existsSync } from 'node:fs';
import { apiUrl, serviceUrl } from '../config/address.ts';
import type { Plan } from '../config/config.ts';
import { REGION_NAMES } from '../config/hosts.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { settingOf } from '../config/settings.ts';
import { bindings } from '../config/source-shape.ts';
import { toWorkerError, WorkerError } from '../core/errors.ts';
import type { SeenWorkspace } from '../worker/try-account.ts';
import { type FirstAnswers, firstConfiguration, KEY_VARIABLE, seenWorkspaces } from '../worker/try-init.ts';
import { terminalAsk } from './ask.ts';
import { type Ask, type Command, EXIT, type Invocation, type Terminal, text, usageError } from './command.ts';
import { fileOf, lintText } from './config-options.ts';
import * as takes from './option-formats.ts';
import { JSON_OPTION } from './try-options.ts';
import { writeText } from './write-file.ts';

const DEFAULTS = { app: 'default', region: 'global', brokers: 'localhost:9092', registry: 'http://localhost:8081' };

export const init: Command = {
  name: 'init',
  summary: 'Writes a first configuration, with comments; asks on a terminal for what it needs',
  takes: 0,
  usage:
    'init [--config FILE] [--force] [--non-interactive] [--region R] [--workspaces IDS] [--brokers LIST] [--registry URL]',
  examples: [
    `export ${KEY_VARIABLE}=…; clockify-kafka init     # with a key it finds the workspaces and offers them`,
    'clockify-kafka init --non-interactive --region euc1 --brokers kafka-1:9092,kafka-2:9092',
  ],
  options: {
    config: { type: 'string', short: 'c', value: 'FILE', says: 'what to write (default clockify-kafka.yaml)' },
    force: { type: 'boolean', says: 'write over a file that is there' },
    'non-interactive': { type: 'boolean', says: 'ask nothing; what no flag says has its default' },
    region: {
      type: 'string',
      value: 'R',
      says: `${REGION_NAMES.join(', ')} (default ${DEFAULTS.region})`,
      reads: takes.region,
    },
    'base-url': { type: 'string', value: 'URL', says: 'a host of your own, instead of a region', reads: apiUrl },
    plan: {
      type: 'string',
      value: 'paid|free',
      says: 'what the workspaces pay for (default what they say, else paid)',
      reads: takes.plan,
    },
    workspaces: {
      type: 'string',
      value: 'IDS',
      says: 'only these, with commas between (default all)',
      reads: bindings,
    },
    brokers: {
      type: 'string',
      value: 'LIST',
      says: `Kafka, with commas between (default ${DEFAULTS.brokers})`,
      reads: settingOf('kafka.brokers').format,
    },
    registry: {
      type: 'string',
      value: 'URL',
      says: `the schema registry (default ${DEFAULTS.registry})`,
      reads: serviceUrl,
    },
    app: {
      type: 'string',
      value: 'NAME',
      says: `identity of the deployment (default ${DEFAULTS.app})`,
      reads: settingOf('app').format,
    },
    'api-key': {
      type: 'string',
      value: 'KEY',
      says: `refused: a command line can be read by others; export ${KEY_VARIABLE}`,
    },
    ...JSON_OPTION,
  },
  run: async (call, terminal) => {
    refuse(call);
    const silent = call.flags['non-interactive'] === true || call.flags.json === true;
    const ask = silent ? undefined : (terminal.ask ?? terminalAsk(terminal.signal));
    const answers = await answersOf(call, ask, terminal);
    const content = firstConfiguration(answers);
    const { problems } = lintText(fileOf(call), content, withKey(terminal));
    if (problems[0] !== undefined) throw problemError(problems[0]);
    writeText(fileOf(call), content);
    await tell(call, answers, terminal);
    return EXIT.ok;
  },
};

function refuse(call: Invocation): void {
  if (call.flags['api-key'] !== undefined) {
    throw usageError(init, `a key on the command line can be read by others: export ${KEY_VARIABLE} instead`);
  }
  if (call.flags.force === true || !existsSync(fileOf(call))) return;
  throw new WorkerError('config', 'init.exists', `${fileOf(call)} is there already`, {
    hint: 'Name another file with --config, or write over it with --force.',
  });
}

/** What is wrong with a flag or an answer; the file that it would be in is not written. */
function problemError({ path, message, hint }: ConfigProblem): WorkerError {
  return new WorkerError('config', 'init.invalid', `${path} ${message}`, { hint });
}

async function answersOf(call: Invocation, ask: Ask | undefined, terminal: Terminal): Promise<FirstAnswers> {
  const answer = async (flag: keyof typeof DEFAULTS, question: string): Promise<string> => {
    const given = text(call, flag);
    if (given !== undefined) return given;
    const said = ask === undefined ? '' : (await ask(`${question} [${DEFAULTS[flag]}]: `)).trim();
    return said === '' ? DEFAULTS[flag] : said;
  };
  const baseUrl = text(call, 'base-url');
  const region =
    baseUrl === undefined ? await answer('region', `Region (${REGION_NAMES.join(', ')})`) : DEFAULTS.region;
  const app = text(call, 'app') ?? DEFAULTS.app;
  const { brokers, registry } = DEFAULTS;
  const first: FirstAnswers = { app, region, baseUrl, plan: 'paid', workspaces: 'all', brokers, registry, seen: [] };
  const seen = await discover(first, call, terminal);
  const workspaces = await workspacesOf(call, ask, seen, terminal);
  return {
    ...first,
    seen,
    workspaces,
    plan: planOf(call, seen),
    brokers: await answer('brokers', 'Kafka brokers'),
    registry: await answer('registry', 'Schema registry'),
  };
}

function planOf(call: Invocation, seen: readonly SeenWorkspace[]): Plan {
  const given = text(call, 'plan');
  if (given !== undefined) return given as Plan;
  return seen.some(({ subscription }) => subscription === 'FREE') ? 'free' : 'paid';
}

/** Without a key there is nothing to discover; one that does not work is said, and stops nothing. */
async function discover(first: FirstAnswers, call: Invocation, terminal: Terminal): Promise<readonly SeenWorkspace[]> {
  const { config, problems } = lintText(fileOf(call), firstConfiguration(first), withKey(terminal));
  if (config === undefined) throw problemError(problems[0] as ConfigProblem);
  if (!hasKey(terminal)) {
    terminal.err(`${KEY_VARIABLE} is not set: every workspace will be read. With a key they are found and offered.`);
    return [];
  }
  try {
    return await seenWorkspaces(config, terminal.signal);
  } catch (thrown) {
    terminal.signal.throwIfAborted();
    const { message, hint } = toWorkerError(thrown);
    terminal.err(`warning: the workspaces could not be read: ${message}${hint === undefined ? '' : `\n  ${hint}`}`);
    return [];
  }
}

function hasKey({ env }: Terminal): boolean {
  return [KEY_VARIABLE, `${KEY_VARIABLE}_FILE`].some((name) => (env[name] ?? '') !== '');
}

/** The file is right with any key; whether there is one is told when it is used. */
function withKey(terminal: Terminal): Terminal {
  return hasKey(terminal) ? terminal : { ...terminal, env: { ...terminal.env, [KEY_VARIABLE]: 'not-set-yet' } };
}

async function workspacesOf(
  call: Invocation,
  ask: Ask | undefined,
  seen: readonly SeenWorkspace[],
  terminal: Terminal,
): Promise<'all' | readonly string[]> {
  for (const [at, { id, name, role }] of seen.entries()) terminal.err(`  ${at + 1}. ${id}  ${name} (${role})`);
  const given = text(call, 'workspaces');
  const said =
    given ?? (ask === undefined || seen.length === 0 ? 'all' : await ask('Workspaces, as 1,2 or all [all]: '));
  const words = said.split(',').map((each) => each.trim());
  if (words.join('') === '' || words.includes('all')) return 'all';
  const ids = words.map((word) => (given === undefined ? (seen[Number(word) - 1]?.id ?? word) : word));
  refuseUnseen(ids, seen);
  return ids;
}

/** Where the key could be tried, a workspace that it does not see is a slip of the hand. */
function refuseUnseen(ids: readonly string[], seen: readonly SeenWorkspace[]): void {
  const unseen = ids.filter((one) => !seen.some(({ id }) => id === one));
  if (seen.length === 0 || unseen.length === 0) return;
  throw new WorkerError('config', 'init.unknown_workspace', `the key does not see the workspace ${unseen.join(', ')}`, {
    hint: `It sees ${seen.map(({ id }) => id).join(', ')}.`,
  });
}

async function tell(
  call: Invocation,
  { workspaces, region, plan, seen }: FirstAnswers,
  terminal: Terminal,
): Promise<void> {
  const file = fileOf(call);
  if (call.flags.json === true) {
    const shown = seen.map(({ id, name }) => ({ id, name }));
    await terminal.out(JSON.stringify({ file, region, plan, workspaces, seen: shown }));
    return;
  }
  await terminal.out(`${file} is written`);
  terminal.err(`next: clockify-kafka check -c ${file}; clockify-kafka sample time-entries -c ${file}`);
}
