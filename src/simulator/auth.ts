import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, type Caller } from './answer.ts';

/**
 * The one header that says who asks. `Authorization: Bearer` is none of them (observed 2026-05).
 *
 * @throws {ApiError} 401: 1000 for none or several, 4003 for an unknown key, 4017 for any add-on token
 */
export function authenticate(headers: IncomingHttpHeaders, callers: ReadonlyMap<string, Caller>): Caller {
  const key = headers['x-api-key'];
  const token = headers['x-addon-token'];
  if ((key === undefined) === (token === undefined) || headers.authorization !== undefined) {
    throw new ApiError(401, 1000, 'Multiple or none auth tokens present');
  }
  if (token !== undefined) throw new ApiError(401, 4017, 'Token is not valid');
  const caller = typeof key === 'string' ? callers.get(key) : undefined;
  if (caller === undefined) throw new ApiError(401, 4003, 'Api key does not exist');
  return caller;
}
