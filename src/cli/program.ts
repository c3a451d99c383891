import { suggestion } from '../config/suggest.ts';
import { toWorkerError, type WorkerError } from '../core/errors.ts';
import { createScrubber, type Scrubber } from '../core/scrubber.ts';
import { type Command, EXIT, exitCodeOf, parse, type Surroundings, type Terminal } from './command.ts';
import { COMMANDS } from './commands.ts';
import { commandHelp, programHelp } from './help.ts';
import { version } from './version.ts';

/**
 * Runs one command. Never throws: what went wrong is told on `err`, and the exit code says of what kind it was.
 *
 * @param secrets learns what the configuration keeps secret, for whoever tells something beside the command
 */
export async function program(
  args: readonly string[],
  surroundings: Surroundings,
  secrets: Scrubber = createScrubber(),
): Promise<number> {
  const terminal = withoutSecrets(surroundings, secrets);
  const [name, ...rest] = args;
  if (name === undefined) {
    terminal.err(programHelp(COMMANDS, version()));
    return EXIT.usage;
  }
  if (name === 'help' || name === '--help' || name === '-h') return say(terminal, helpOn(rest[0]));
  if (name === '--version') return say(terminal, version());
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    const names = COMMANDS.map((each) => each.name);
    terminal.err(`clockify-kafka: there is no command "${name}". ${suggestion(name, names)}`);
    return EXIT.usage;
  }
  return runCommand(command, rest, terminal);
}

function withoutSecrets(surroundings: Surroundings, secrets: Scrubber): Terminal {
  const { out, err } = surroundings;
  const safe = { out: (line: string) => out(secrets.json(line)), err: (line: string) => err(secrets.json(line)) };
  return { ...surroundings, ...safe, data: out, secrets };
}

function helpOn(name: string | undefined): string {
  const command = COMMANDS.find((each) => each.name === name);
  return command === undefined ? programHelp(COMMANDS, version()) : commandHelp(command);
}

async function runCommand(command: Command, args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    const call = parse(command, args);
    return call.flags.help === true ? await say(terminal, commandHelp(command)) : await command.run(call, terminal);
  } catch (thrown) {
    const error = toWorkerError(thrown);
    terminal.err(explain(error));
    return exitCodeOf(error);
  }
}

/** An error as a person reads it: what, why, and what to do. An unexpected one keeps its stack, for whoever reports it. */
function explain(error: WorkerError): string {
  const lines = [`clockify-kafka: ${error.message} [${error.code}]`];
  if (error.cause instanceof Error && !error.message.includes(error.cause.message))
    lines.push(`  because: ${error.cause.message}`);
  if (error.hint !== undefined) lines.push(`  ${error.hint}`);
  if (error.code === 'internal.unexpected' && error.cause instanceof Error) lines.push(error.cause.stack ?? '');
  return lines.join('\n');
}

async function say(terminal: Terminal, text: string): Promise<number> {
  await terminal.out(text);
  return EXIT.ok;
}
