import type { ConfigProblem } from './problem.ts';
import type { Position } from './tree.ts';

/** Collects what is wrong, so that one run names everything. */
export interface Report {
  readonly problems: ConfigProblem[];
  readonly warnings: ConfigProblem[];
  problem(at: Position, path: string, message: string, hint: string): void;
  warn(at: Position, path: string, message: string, hint: string): void;
}

/** So that a file of nothing but mistakes gives a report of readable length. */
const MOST = 100;

export function createReport(file: string): Report {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const add = (to: ConfigProblem[]) => (at: Position, path: string, message: string, hint: string) => {
    if (to.length < MOST) {
      to.push({ file: at.from ?? file, line: at.line, column: at.column, path, message, hint });
    }
  };
  return { problems, warnings, problem: add(problems), warn: add(warnings) };
}
