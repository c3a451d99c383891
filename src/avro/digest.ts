import { hash } from 'node:crypto';

/** 32 hex digits: the first half of a SHA-256. */
export function digest(data: Uint8Array | string): string {
  return hash('sha256', data, 'hex').slice(0, 32);
}
