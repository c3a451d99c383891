import type { WorkerError } from '../core/errors.ts';
import type { Choice } from '../worker/try-source.ts';
import { EXIT, type Invocation, type Option, type Surroundings, text } from './command.ts';
import * as takes from './option-formats.ts';

/** Options of the commands that call Clockify without publishing anything. */
export const JSON_OPTION: Readonly<Record<string, Option>> = {
  json: { type: 'boolean', says: 'one JSON object instead of text' },
};

export const CHOICE_OPTIONS: Readonly<Record<string, Option>> = {
  workspace: { type: 'string', value: 'ID', says: 'of this workspace', reads: takes.id },
  user: { type: 'string', value: 'ID', says: 'of this user', reads: takes.id },
  project: { type: 'string', value: 'ID', says: 'of this project', reads: takes.id },
};

export function choiceOf(call: Invocation): Choice {
  return { workspace: text(call, 'workspace'), user: text(call, 'user'), project: text(call, 'project') };
}

/** Ends what a signal has stopped in one line: that is no fault to explain, and no success either. */
export async function untilStopped({ signal, err }: Surroundings, work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
    err('stopped');
    return EXIT.failure;
  }
}

/** An error as data. */
export function errorJson(error: WorkerError): object {
  const { code, kind, message, hint } = error;
  return { code, kind, message, ...(hint === undefined ? {} : { hint }) };
}

/** Lines under a heading, each moved in; nothing at all where there are none. */
export function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', heading, ...lines.map((line) => `  ${line}`)];
}

export function pretty(value: unknown): readonly string[] {
  return (JSON.stringify(value, null, 2) ?? 'undefined').split('\n');
}

/** `1 record`, `2 records`. */
export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
