import type { Settings } from './process-settings.ts';

/** How a connection is encrypted. Files are paths to PEM texts. */
export interface TlsConfig {
  /** Undefined: the authorities that Node knows. */
  readonly caFile: string | undefined;
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
  readonly keyPassword: string | undefined;
}

/** How this client says who it is. */
export type SaslConfig =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | {
      readonly mechanism: 'oauthbearer';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope: string | undefined;
    };

/** Undefined: in clear text. */
export function kafkaTls(get: Settings): TlsConfig | undefined {
  return get('kafka.tls') ? tlsOf(get, 'kafka') : undefined;
}

/** Undefined: nothing but what Node does for https by itself. */
export function registryTls(get: Settings): TlsConfig | undefined {
  const tls = tlsOf(get, 'registry');
  return Object.values(tls).every((value) => value === undefined) ? undefined : tls;
}

function tlsOf(get: Settings, of: 'kafka' | 'registry'): TlsConfig {
  return {
    caFile: get(`${of}.tls_ca`) ?? undefined,
    certificateFile: get(`${of}.tls_certificate`) ?? undefined,
    keyFile: get(`${of}.tls_key`) ?? undefined,
    keyPassword: get(`${of}.tls_key_password`) ?? undefined,
  };
}

/** Of settings that `checkSecure` has found to be whole. */
export function kafkaSasl(get: Settings): SaslConfig | undefined {
  const mechanism = get('kafka.sasl_mechanism');
  if (mechanism === null) return undefined;
  if (mechanism !== 'oauthbearer') {
    return { mechanism, username: get('kafka.sasl_username') ?? '', password: get('kafka.sasl_password') ?? '' };
  }
  return {
    mechanism,
    tokenUrl: get('kafka.oauth_token_url') ?? '',
    clientId: get('kafka.oauth_client_id') ?? '',
    clientSecret: get('kafka.oauth_client_secret') ?? '',
    scope: get('kafka.oauth_scope') ?? undefined,
  };
}
