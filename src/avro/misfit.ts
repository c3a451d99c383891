import { WorkerError } from '../core/errors.ts';
import { typeName } from '../core/field-value.ts';
import type { AvroType } from './schema.ts';

/**
 * Why a value cannot be written: path, expected and found type. avsc's own message holds the value itself, so it is not
 * even a cause (P7).
 *
 * @returns undefined where the value fits
 */
export function misfit(type: AvroType, value: unknown): WorkerError | undefined {
  const faults: string[] = [];
  const errorHook = (path: readonly string[], part: unknown, expected: AvroType): void => {
    faults.push(`${path.join('.')} should be ${avroName(expected)} and is ${typeName(part)}`);
  };
  return type.isValid(value, { errorHook }) ? undefined : doesNotFit(faults[0] ?? `it does not fit ${type.name}`);
}

export function doesNotFit(message: string): WorkerError {
  return new WorkerError('record', 'encode.does_not_fit', message);
}

function avroName(type: AvroType): string {
  const schema = type.schema() as unknown;
  if (Array.isArray(schema)) return schema.map((branch) => nameOf(branch)).join(' or ');
  return nameOf(schema);
}

function nameOf(schema: unknown): string {
  if (typeof schema === 'string') return schema;
  const { name, type } = schema as { readonly name?: string; readonly type: string };
  return name ?? type;
}
