import { WorkerError } from '../../core/errors.ts';
import { compileFieldPath } from '../../core/json-path.ts';
import { splitName } from '../../core/request-text.ts';

/** What the placeholders of a step may name: parameters of the slice, and items of the steps before it. */
export interface Scope {
  readonly parameters: readonly string[];
  /** Names of the steps before this one, in order. */
  readonly earlier: readonly string[];
}

/** What a call is made with. */
export interface Bound {
  readonly params: Readonly<Record<string, string>>;
  /** One item of each step before, in order. */
  readonly items: readonly unknown[];
}

/**
 * `{workspace_id}` and `{workspace}` are one parameter; `{item.id}` is of the step before, `{projects.id}` of the step
 * with that name, `{step1.id}` of the first one whatever its name.
 *
 * @returns undefined for a name that means nothing here
 * @throws {WorkerError} config `path.invalid`
 */
export function compileName(name: string, scope: Scope): ((bound: Bound) => unknown) | undefined {
  const { head, path } = splitName(name);
  if (path.length === 0) {
    const parameter = scope.parameters.find((each) => head === each || head === `${each}_id`);
    return parameter === undefined ? undefined : ({ params }) => params[parameter];
  }
  const step = stepIndex(head, scope.earlier);
  if (step === undefined) return undefined;
  const read = compileFieldPath(path);
  return ({ items }) => read(items[step]);
}

function stepIndex(head: string, earlier: readonly string[]): number | undefined {
  const named = earlier.indexOf(head);
  if (named !== -1) return named;
  if (head === 'item' && earlier.length > 0) return earlier.length - 1;
  const number = Number(/^step([1-9]\d?)$/.exec(head)?.[1] ?? 0);
  return number >= 1 && number <= earlier.length ? number - 1 : undefined;
}

/** The names that exist, as a hint shows them. */
export function knownNames({ parameters, earlier }: Scope): string {
  const names = [
    ...parameters.map((parameter) => `{${parameter.endsWith('_id') ? parameter : `${parameter}_id`}}`),
    ...earlier.map((step) => `{${step}.…}`),
    ...(earlier.length > 0 ? ['{item.…}'] : []),
    '{now}',
  ];
  return `There are ${names.join(', ')}; … is the path of a field: {item.id}.`;
}

/** A value as text. Nothing else but text, numbers and booleans can stand in a text. */
export function textOf(value: unknown, label: string, name: string): string {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  const what = value === undefined || value === null ? 'has no value' : 'is no text and no number';
  throw new WorkerError('config', 'request.no_value', `{${name}} ${what} (${label})`, {
    hint: 'Name a field that each item of the step before has.',
  });
}
