import { formatProblem } from '../config/problem.ts';
import { type Command, EXIT } from './command.ts';
import { CONFIG_OPTIONS, fileOf, lintFile } from './config-options.ts';

export const lint: Command = {
  name: 'lint',
  summary: 'Checks a configuration and says all that is wrong with it',
  usage: 'lint [FILE]',
  examples: ['clockify-kafka lint clockify-kafka.yaml'],
  options: { ...CONFIG_OPTIONS },
  run: async (call, terminal) => {
    const file = call.positionals[0] ?? fileOf(call);
    const { problems, warnings } = lintFile(file, terminal);
    for (const warning of warnings) terminal.err(`warning: ${formatProblem(warning)}`);
    for (const problem of problems) terminal.err(`error: ${formatProblem(problem)}`);
    if (problems.length > 0) return EXIT.usage;
    await terminal.out(`${file} is right`);
    return EXIT.ok;
  },
};
