import { isIPv4 } from 'node:net';
import { accept, type Format, type Reading, refuse, scalar } from './format.ts';

/** `host:port`. IPv6 in brackets. */
export const broker: Format<string> = scalar(
  'a broker as host:port',
  { type: 'string', pattern: ':[0-9]{1,5}$' },
  (text) => {
    const match = /^([A-Za-z0-9._-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]):(\d{1,5})$/.exec(text);
    const port = Number(match?.[2] ?? 0);
    return port >= 1 && port <= 65_535
      ? accept(text)
      : refuse(`${JSON.stringify(text.slice(0, 60))} is not a broker as host:port`, 'Without a scheme: kafka-1:9092.');
  },
);

/** A service of our own network: http or https, no slash at its end when read. */
export const serviceUrl: Format<string> = url('an http or https URL', () => undefined);

/** Where an API key may go: https, and http only to this machine (P7). */
export const apiUrl: Format<string> = url('an https URL', (parsed) =>
  parsed.protocol === 'http:' && !isLoopback(parsed.hostname)
    ? refuse(
        'would send the API key in clear text',
        'https; http is allowed only for localhost, 127.0.0.0/8 and [::1].',
      )
    : undefined,
);

/** Messages never quote the URL: what is wrong with it may be that it holds a password. */
function url(what: string, check: (parsed: URL) => Reading<string> | undefined): Format<string> {
  const schema = { type: 'string', format: 'uri', pattern: '^https?://' };
  return scalar(what, schema, (text) => {
    const parsed = URL.parse(text);
    if (parsed === null || !/^https?:\/\/[^/\\]/i.test(text))
      return refuse(`is not ${what}`, 'Such as https://host/path.');
    return faultOf(parsed, text) ?? check(parsed) ?? accept(withoutSlash(parsed));
  });
}

function faultOf(parsed: URL, text: string): Reading<string> | undefined {
  if (parsed.username !== '' || parsed.password !== '' || /^[^/]*\/\/[^/]*@/.test(text)) {
    return refuse('has user information in it', 'Secrets have keys of their own; take away what stands before the @.');
  }
  if (text.includes('?') || text.includes('#'))
    return refuse('has a query or a fragment', 'Only scheme, host, port and path.');
  if (/[\s\\]/.test(text)) return refuse('has white space or a backslash', 'Only scheme, host, port and path.');
  if (isLinkLocal(parsed.hostname)) {
    return refuse(
      'is a link-local address',
      'Such addresses serve the metadata of a cloud machine: name the host itself.',
    );
  }
  return undefined;
}

function withoutSlash(parsed: URL): string {
  return `${parsed.origin}${parsed.pathname}`.replace(/\/+$/, '');
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}

function isLinkLocal(hostname: string): boolean {
  if (hostname.startsWith('[')) return /^\[(fe[89ab][0-9a-f]:|::ffff:a9fe:)/.test(hostname);
  return isIPv4(hostname) && hostname.startsWith('169.254.');
}
