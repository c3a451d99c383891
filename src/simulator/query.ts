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

/**
 * A list that must be given.
 *
 * @throws {ApiError} 400 with code 3001 where the parameter is missing
 */
export function requiredListOf(query: URLSearchParams, name: string): readonly string[] {
  if (query.has(name)) return listOf(query, name);
  throw new ApiError(400, 3001, `Required request parameter '${name}' for method parameter type List is not present`);
}

function conversionError(name: string, type: string, why: string): ApiError {
  const what = `Failed to convert value of type 'java.lang.String' to required type '${type}'`;
  return new ApiError(400, 3000, `Method parameter '${name}': ${what}; ${why}`);
}

/** Of `name`, whole where `strict-name-search` says so; without case either way. */
export function nameFilterOf(query: URLSearchParams): (row: { readonly name: string }) => boolean {
  const wanted = query.get('name')?.toLowerCase() ?? '';
  const isStrict = booleanOf(query, 'strict-name-search') ?? false;
  return ({ name }) =>
    isStrict && wanted !== '' ? name.toLowerCase() === wanted : name.toLowerCase().includes(wanted);
}
