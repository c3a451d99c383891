import { WorkerError } from '../core/errors.ts';
import { simulate } from '../simulator/simulate.ts';
import { type Command, decimal, EXIT, text, usageError, whole } from './command.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'Runs a practice Clockify on this machine, where life goes on',
  usage: 'simulate [--seed N] [--workspaces N] [--users N] [--days N] [--activity N] [--port N] [--host ADDRESS]',
  takes: 0,
  examples: ['clockify-kafka simulate --seed 1 --workspaces 2 --users 20 --days 90 --activity 5'],
  options: {
    seed: { type: 'string', value: 'N', says: 'the same seed gives the same world (default 1)' },
    workspaces: { type: 'string', value: 'N', says: 'how many (default 2)' },
    users: { type: 'string', value: 'N', says: 'how many, over all workspaces (default 20)' },
    days: { type: 'string', value: 'N', says: 'how far back the first entries go (default 90)' },
    activity: { type: 'string', value: 'N', says: 'events a second; 0 is a still life (default 5)' },
    port: { type: 'string', value: 'N', says: 'where to listen (default a free port)' },
    host: { type: 'string', value: 'ADDRESS', says: 'whom to listen to (default 127.0.0.1, this machine alone)' },
    'time-zone': { type: 'string', value: 'ZONE', says: "the account's profile zone, as Europe/Berlin (default UTC)" },
  },
  run: async (call, terminal) => {
    const number = (name: string, otherwise: number) => whole(simulateCommand, call, name, otherwise);
    const options = {
      seed: number('seed', 1),
      workspaces: number('workspaces', 2),
      users: number('users', 20),
      days: number('days', 90),
      activity: decimal(simulateCommand, call, 'activity', 5),
      port: number('port', 0),
      host: text(call, 'host'),
      accountTimeZone: text(call, 'time-zone'),
    };
    checkRanges(options);
    await simulate(options, terminal.out, terminal.signal).catch((error: unknown) => {
      throw hasNoPort(error) ? cannotListen(options, error) : error;
    });
    return EXIT.ok;
  },
};

/** @throws {WorkerError} config `cli.usage` */
function checkRanges(options: {
  readonly workspaces: number;
  readonly users: number;
  readonly port: number;
  readonly accountTimeZone: string | undefined;
}): void {
  const zone = options.accountTimeZone;
  const fault =
    (options.workspaces < 1 && '--workspaces takes a number from 1') ||
    (options.users < 1 && '--users takes a number from 1') ||
    (options.port > 65_535 && '--port takes a number up to 65535') ||
    (zone !== undefined && !isZone(zone) && `--time-zone: there is no zone "${zone}"`);
  if (fault) throw usageError(simulateCommand, fault);
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function hasNoPort(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && error.syscall === 'listen';
}

function cannotListen(
  { host, port }: { readonly host: string | undefined; readonly port: number },
  cause: Error,
): WorkerError {
  return new WorkerError('transient', 'simulator.port', `cannot listen at ${host ?? '127.0.0.1'}, port ${port}`, {
    cause,
  });
}
