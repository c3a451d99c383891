import { toWorkerError } from '../../core/errors.ts';
import { TextFault } from '../../core/request-text-fault.ts';

/** What is wrong with a manual endpoint, told before anything starts. */
export interface StepProblem {
  readonly step: string;
  /** As the definition names it: `url`, `headers.X-Trace`, `body.filter.start`, `paging.path`. */
  readonly field: string;
  /** In the text of the field, counted from 1, where there is one. */
  readonly position: number | undefined;
  readonly message: string;
  /** What would be right. */
  readonly hint: string;
}

/** A problem of a step that is known from where it is found. */
export type Fault = Omit<StepProblem, 'step'>;

/** What the work throws, as a problem. */
export function attempt(field: string, work: () => unknown): readonly Fault[] {
  try {
    work();
    return [];
  } catch (thrown) {
    const error = toWorkerError(thrown);
    if (error.kind !== 'config') throw error;
    const position = error instanceof TextFault ? error.position : undefined;
    return [{ field, position, message: error.message, hint: error.hint ?? '' }];
  }
}

export function fault(field: string, message: string, hint: string): Fault {
  return { field, position: undefined, message, hint };
}
