import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContextOptions } from 'node:tls';

/** A connection to a broker; with TLS the host's name is always checked. */
export function openSocket(
  host: string,
  port: number,
  tls: (() => SecureContextOptions) | undefined,
  onConnect: () => void,
): Socket {
  if (tls === undefined) return connectPlain({ host, port }, onConnect);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  return connectTls({ host, port, ...servername, ...tls() }, onConnect);
}
