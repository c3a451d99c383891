import { simulate } from '../simulator/simulate.ts';
import { type Command, decimal, EXIT, text, whole } from './command.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'Runs a practice Clockify on this machine, where life goes on',
  usage: 'simulate [--seed N] [--workspaces N] [--users N] [--days N] [--activity N] [--port N] [--host ADDRESS]',
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
    await simulate(options, terminal.out, terminal.signal);
    return EXIT.ok;
  },
};
