import { WorkerError } from './errors.ts';

/** A text of the configuration that cannot be read: refused before anything starts, with the place of the fault. */
export class TextFault extends WorkerError {
  /** In the text, counted from 1. */
  readonly position: number;

  constructor(code: string, what: string, position: number, hint?: string) {
    super('config', code, `${what} at position ${position}`, { hint });
    this.position = position;
  }
}
