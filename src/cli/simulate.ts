import { timeZone } from '../config/time-zone.ts';
import { WorkerError } from '../core/errors.ts';
import { simulate } from '../simulator/simulate.ts';
import { type Command, EXIT, number, text } from './command.ts';
import * as takes from './option-formats.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'Runs a practice Clockify on this machine, where life goes on',
  usage: 'simulate [--seed N] [--workspaces N] [--users N] [--days N] [--activity N] [--port N] [--host ADDRESS]',
  takes: 0,
  examples: ['clockify-kafka simulate --seed 1 --workspaces 2 --users 20 --days 90 --activity 5'],
  options: {
    seed: {
      type: 'string',
      value: 'N',
      says: 'the same seed gives the same world (default 1)',
      reads: takes.wholeNumber,
    },
    workspaces: { type: 'string', value: 'N', says: 'how many (default 2)', reads: takes.countFromOne },
    users: {
      type: 'string',
      value: 'N',
      says: 'how many, over all workspaces (default 20)',
      reads: takes.countFromOne,
    },
    days: {
      type: 'string',
      value: 'N',
      says: 'how far back the first entries go (default 90)',
      reads: takes.wholeNumber,
    },
    activity: {
      type: 'string',
      value: 'N',
      says: 'events a second; 0 is a still life (default 5)',
      reads: takes.decimalNumber,
    },
    port: { type: 'string', value: 'N', says: 'where to listen (default a free port)', reads: takes.port },
    host: {
      type: 'string',
      value: 'ADDRESS',
      says: 'whom to listen to (default 127.0.0.1, this machine alone)',
      reads: takes.host,
    },
    'time-zone': {
      type: 'string',
      value: 'ZONE',
      says: "the account's profile zone, as Europe/Berlin (default UTC)",
      reads: timeZone,
    },
  },
  run: async (call, terminal) => {
    const options = {
      seed: number(call, 'seed', 1),
      workspaces: number(call, 'workspaces', 2),
      users: number(call, 'users', 20),
      days: number(call, 'days', 90),
      activity: number(call, 'activity', 5),
      port: number(call, 'port', 0),
      host: text(call, 'host'),
      accountTimeZone: text(call, 'time-zone'),
    };
    await simulate(options, terminal.out, terminal.signal).catch((error: unknown) => {
      throw hasNoPort(error) ? cannotListen(options, error) : error;
    });
    return EXIT.ok;
  },
};

function hasNoPort(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error && ['listen', 'getaddrinfo'].includes(String(error.syscall));
}

function cannotListen(
  { host, port }: { readonly host: string | undefined; readonly port: number },
  cause: Error,
): WorkerError {
  return new WorkerError('transient', 'simulator.port', `cannot listen at ${host ?? '127.0.0.1'}, port ${port}`, {
    cause,
  });
}
