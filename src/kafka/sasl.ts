import { authenticatorOf, type KafkaConfig, newConnectionError } from './kafkajs-patches.ts';
import { createOauthProvider, type OauthOptions } from './oauth.ts';

/** How this client says who it is. */
export type SaslOptions =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | ({ readonly mechanism: 'oauthbearer' } & OauthOptions);

type Authentication = Extract<NonNullable<KafkaConfig['sasl']>, { readonly authenticationProvider: unknown }>;

/**
 * Asks for the secret anew at each connection, for it may be replaced while the worker runs; the mechanism stays.
 *
 * Who has never been let in has a wrong secret, and trying again cannot mend that. Who has been let in before has an old
 * one, of which the new one has not come here yet: then it is as if the broker were away.
 */
export function saslOf(sasl: () => SaslOptions, timeoutMs: number): Authentication {
  const { mechanism } = sasl();
  const authenticator = authenticatorOf(mechanism);
  const secret = secretsOf(sasl, timeoutMs);
  let wasLetIn = false;
  return {
    mechanism,
    authenticationProvider: (connection) => ({
      async authenticate() {
        try {
          await authenticator(secret())(connection).authenticate();
          wasLetIn = true;
        } catch (error) {
          if (!wasLetIn || !(error instanceof Error)) throw error;
          throw newConnectionError(error.message, `${connection.host}:${connection.port}`);
        }
      },
    }),
  };
}

/** What kafkajs's own authenticators take. */
function secretsOf(sasl: () => SaslOptions, timeoutMs: number): () => object {
  const oauth = (): OauthOptions => {
    const now = sasl();
    if (now.mechanism !== 'oauthbearer') throw new Error('the mechanism has changed');
    return now;
  };
  if (sasl().mechanism !== 'oauthbearer') return sasl;
  const given = { oauthBearerProvider: createOauthProvider(oauth, timeoutMs) };
  return () => given;
}
