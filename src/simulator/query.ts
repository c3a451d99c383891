import { ApiError } from './answer.ts';
import { parseInstant } from './time.ts';

/** Query parameters are converted strictly: text that is not of the type is an error, never a default. */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (text === 'true') return true;
  if (text === 'false') return false;
  throw conversionError(name, 'java.lang.Boolean', `Invalid boolean value [${text}]`);
}

export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^[+-]?\d{1,9}$/.test(text)) throw conversionError(name, 'java.lang.Integer', `For input string: "${text}"`);
  return Number(text);
}

export function enumOf<T extends string>(query: URLSearchParams, name: string, allowed: readonly T[]): T | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = allowed.find((candidate) => candidate === text);
  if (value === undefined) throw conversionError(name, 'java.lang.Enum', `No enum constant ${text}`);
  return value;
}

/** `yyyy-MM-ddThh:mm:ssZ`; an offset in place of `Z` is honoured. */
export function instantOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const ms = parseInstant(text);
  if (ms === undefined) throw conversionError(name, 'java.time.Instant', `Text '${text}' could not be parsed`);
  return ms;
}

/** Repeated, or separated by commas. */
export function listOf(query: URLSearchParams, name: string): readonly string[] {
  return query
    .getAll(name)
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '');
}

/** @throws {ApiError} 400 with code 3001 where a parameter is missing that the endpoint cannot do without */
export function required(query: URLSearchParams, name: string, type = 'String'): string {
  const text = query.get(name);
  if (text !== null) return text;
  throw new ApiError(
    400,
    3001,
    `Required request parameter '${name}' for method parameter type ${type} is not present`,
  );
}

function conversionError(name: string, type: string, why: string): ApiError {
  const what = `Failed to convert value of type 'java.lang.String' to required type '${type}'`;
  return new ApiError(400, 3000, `Method parameter '${name}': ${what}; ${why}`);
}
