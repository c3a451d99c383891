import type { Config } from '../config/config.ts';
import { aclCommand } from '../kafka/acls.ts';
import { createLogger } from '../telemetry/logger.ts';
import { aclsOf } from '../worker/sinks.ts';
import { type Finding, check as probe } from '../worker/try-check.ts';
import { type Command, EXIT, exitCodeOf, type Invocation, type Terminal } from './command.ts';
import { CONFIG_OPTIONS, readConfig, SINK_OPTIONS } from './config-options.ts';
import { JSON_OPTION, untilStopped } from './try-options.ts';

export const check: Command = {
  name: 'check',
  summary: 'Tries everything that the worker needs (Clockify, Kafka, registry, rights) and says how to mend what fails',
  usage: 'check [--sink kafka|stdout|file] [--acls] [--json] [--config FILE]',
  takes: 0,
  examples: [
    'clockify-kafka check',
    'clockify-kafka check --sink stdout   # Clockify alone',
    'clockify-kafka check --acls          # the rights that the worker needs, as commands; asks nobody anything',
  ],
  options: {
    sink: { ...SINK_OPTIONS.sink, type: 'string', says: 'stdout and file leave Kafka and the registry out' },
    acls: { type: 'boolean', says: 'print the rights that are needed at the brokers, and try nothing' },
    ...JSON_OPTION,
    ...CONFIG_OPTIONS,
  },
  run: (call, terminal) => untilStopped(terminal, () => runCheck(call, terminal)),
};

async function runCheck(call: Invocation, terminal: Terminal): Promise<number> {
  const config = readConfig(call, terminal);
  if (call.flags.acls === true) return printAcls(config, call, terminal);
  const logger = createLogger({ level: 'error', format: config.log.format, secrets: terminal.secrets });
  const asJson = call.flags.json === true;
  const findings: Finding[] = [];
  for await (const finding of probe(config, logger, terminal.signal)) {
    findings.push(finding);
    if (!asJson) await terminal.out(lineOf(finding));
  }
  const failed = findings.filter(({ status }) => status === 'fail');
  if (asJson) await terminal.out(JSON.stringify({ ok: failed.length === 0, findings: findings.map(dataOf) }));
  const [first] = failed;
  if (first === undefined) return EXIT.ok;
  return first.error === undefined ? EXIT.environment : exitCodeOf(first.error);
}

async function printAcls(config: Config, call: Invocation, { out }: Terminal): Promise<number> {
  const { sasl } = config.kafka;
  const principal = `User:${sasl === undefined || sasl.mechanism === 'oauthbearer' ? config.kafka.clientId : sasl.username}`;
  for (const acl of aclsOf(config)) {
    await out(call.flags.json === true ? JSON.stringify({ principal, ...acl }) : aclCommand(acl, principal));
  }
  return EXIT.ok;
}

const WIDTH = 6;

function lineOf({ name, status, says, mend }: Finding): string {
  return `${status.padEnd(WIDTH)}${name}: ${says}${mend === undefined ? '' : ` -> ${mend}`}`;
}

function dataOf({ name, status, says, mend, error }: Finding): object {
  return { name, status, says, mend: mend ?? null, code: error?.code ?? null };
}
