/**
 * Whether a connection failed for what the two sides think of each other's certificates or protocol: trying again does
 * not mend it. By the codes of Node and OpenSSL (nodejs.org, "X509 certificate error codes").
 */
export function isTlsFault(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return TLS_FAULT.test(code);
}

const TLS_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_|ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA/;
