import { WorkerError } from '../core/errors.ts';

/**
 * P7: where a key may go. Decided on the parsed URL, at the last point before the socket, without DNS: an exact list of
 * origins that the credential names (Clockify's, by region, or its own). HTTP only to loopback.
 */
export function assertAllowed(url: URL, allowedOrigins: readonly string[]): void {
  const fault = faultOf(url, allowedOrigins);
  if (fault === undefined) return;
  throw new WorkerError('config', 'clockify.host_refused', `${url.protocol}//${url.host} ${fault}`, {
    hint: `This credential's key goes to ${allowedOrigins.join(', ')} and nowhere else; base_url of the credential names another host.`,
  });
}

function faultOf(url: URL, allowedOrigins: readonly string[]): string | undefined {
  if (url.username !== '' || url.password !== '') return 'carries user information';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) return 'is not HTTPS';
  if (!allowedOrigins.includes(url.origin)) return 'is not on the list of hosts';
  return undefined;
}

/** @internal */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}
