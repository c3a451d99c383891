import type { Config } from './config.ts';
import type { SaslConfig, TlsConfig } from './secure.ts';

/** How the worker is let in at Kafka and at the registry. */
export interface Access {
  readonly kafka: Pick<Config['kafka'], 'sasl' | 'tls'>;
  readonly registry: Pick<Config['registry'], 'username' | 'password' | 'token' | 'tls'>;
}

/** The same ways with the secrets of another reading; a way that is another one in it waits for a restart. */
export function renewed(before: Access, fresh: Access): Access {
  return {
    kafka: {
      sasl: renewedSasl(before.kafka.sasl, fresh.kafka.sasl),
      tls: renewedTls(before.kafka.tls, fresh.kafka.tls),
    },
    registry: {
      ...(wayOf(before.registry) === wayOf(fresh.registry) ? fresh.registry : before.registry),
      tls: renewedTls(before.registry.tls, fresh.registry.tls),
    },
  };
}

/** The settings that are not the same in both, by their names in the file. */
export function settingsApart(before: Access, after: Access): readonly string[] {
  const now = valuesOf(after);
  return Object.entries(valuesOf(before)).flatMap(([setting, value]) => (value === now[setting] ? [] : [setting]));
}

function renewedSasl(before: SaslConfig | undefined, fresh: SaslConfig | undefined): SaslConfig | undefined {
  return before?.mechanism === fresh?.mechanism ? fresh : before;
}

/** The files are read at each connection anyway. */
function renewedTls(before: TlsConfig | undefined, fresh: TlsConfig | undefined): TlsConfig | undefined {
  return before === undefined || fresh === undefined ? before : { ...before, keyPassword: fresh.keyPassword };
}

function wayOf({ username, token }: Access['registry']): string {
  return token !== undefined ? 'token' : username !== undefined ? 'username' : 'none';
}

function valuesOf({ kafka: { sasl, tls }, registry }: Access): Readonly<Record<string, string | undefined>> {
  const byToken = sasl?.mechanism === 'oauthbearer' ? sasl : undefined;
  const byPassword = sasl?.mechanism === 'oauthbearer' ? undefined : sasl;
  return {
    'kafka.sasl_username': byPassword?.username,
    'kafka.sasl_password': byPassword?.password,
    'kafka.oauth_client_id': byToken?.clientId,
    'kafka.oauth_client_secret': byToken?.clientSecret,
    'kafka.tls_key_password': tls?.keyPassword,
    'registry.username': registry.username,
    'registry.password': registry.password,
    'registry.token': registry.token,
    'registry.tls_key_password': registry.tls?.keyPassword,
  };
}
