import { writeFileSync } from 'node:fs';
import { WorkerError } from '../core/errors.ts';

/** Writes what a person asked for. @throws {WorkerError} config `try.not_writable` where that file cannot be written */
export function writeText(file: string, content: string): void {
  try {
    writeFileSync(file, content);
  } catch (cause) {
    throw new WorkerError('config', 'try.not_writable', `${file} cannot be written`, { cause });
  }
}
