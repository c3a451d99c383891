/** A second listener of the broker, with TLS and every SASL mechanism that the worker speaks. */

export interface SecureListener {
  /** PEM: private key and certificate, for `localhost`. */
  readonly keyStoreFile: string;
  /** PEM: whose clients may come. */
  readonly trustStoreFile: string;
  /** Passwords by user, for PLAIN and SCRAM. */
  readonly users: Readonly<Record<string, string>>;
}

export const SECURE_LISTENER = 'SECURE';

export function secureProperties(secure: SecureListener): Record<string, string> {
  const of = `listener.name.${SECURE_LISTENER.toLowerCase()}`;
  const plain = Object.entries(secure.users).map(([user, password]) => `user_${user}="${password}"`);
  return {
    [`${of}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER',
    [`${of}.plain.sasl.jaas.config`]: `${LOGIN}.plain.PlainLoginModule required ${plain.join(' ')};`,
    [`${of}.scram-sha-256.sasl.jaas.config`]: `${LOGIN}.scram.ScramLoginModule required;`,
    [`${of}.scram-sha-512.sasl.jaas.config`]: `${LOGIN}.scram.ScramLoginModule required;`,
    [`${of}.oauthbearer.sasl.jaas.config`]: `${LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
    [`${of}.ssl.keystore.type`]: 'PEM',
    [`${of}.ssl.keystore.location`]: secure.keyStoreFile,
    [`${of}.ssl.truststore.type`]: 'PEM',
    [`${of}.ssl.truststore.location`]: secure.trustStoreFile,
    [`${of}.ssl.client.auth`]: 'requested',
  };
}

const LOGIN = 'org.apache.kafka.common.security';

/** For the formatting of the storage: SCRAM keeps its users in the cluster itself. */
export function scramUsers({ users }: SecureListener): readonly string[] {
  return Object.entries(users).flatMap(([user, password]) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${user},password=${password}]`,
    ]),
  );
}
