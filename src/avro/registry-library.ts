import { Agent } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { type COMPATIBILITY, SchemaRegistry as LibraryRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import type { WorkerError } from '../core/errors.ts';
import { authHeaders, type RegistryHttpOptions, statusError, unavailable } from './registry-http.ts';

/**
 * @kafkajs/confluent-schema-registry, and what it needs around it. It answers a lost connection and a time-out with the
 * same status 400 as a refusal (mappersmith's `dispatchClientError`), and never says which.
 */

/** It has no timeout, hence the middleware; and it keeps its retry settings for all instances, hence always the same. */
export function createLibrary({ url, auth, timeoutMs, tls }: RegistryHttpOptions): LibraryRegistry {
  const bounded: Middleware = () => ({
    prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs, headers: authHeaders(auth?.()) }),
  });
  return new LibraryRegistry({
    host: url.replace(/\/+$/, ''),
    retry: { retries: 0 },
    middlewares: [bounded],
    ...(tls === undefined ? {} : { agent: new TlsAgent(tls) }),
  });
}

/** Node takes such options once for all connections; here they are asked for each. */
class TlsAgent extends Agent {
  readonly #tls: () => SecureContextOptions;

  constructor(tls: () => SecureContextOptions) {
    super();
    this.#tls = tls;
  }

  override createConnection(...[options, callback]: Parameters<Agent['createConnection']>) {
    return super.createConnection({ ...options, ...this.#tls() }, callback);
  }
}

type Middleware = NonNullable<ConstructorParameters<typeof LibraryRegistry>[0]['middlewares']>[number];

/**
 * `register` throws where the subject's level is another than the one it is given, so it is given that one; it must not
 * set a level itself, since it would do so after the first version.
 *
 * @returns the id, or what went wrong: the library says 400 for a lost connection, so such a one is only away
 */
export async function registerByLibrary(
  library: LibraryRegistry,
  subject: string,
  schema: string,
  level: string,
): Promise<number | WorkerError> {
  const compatibility = level.toUpperCase() as COMPATIBILITY;
  try {
    const schemaText = { type: SchemaType.AVRO, schema } as const;
    return (await library.register(schemaText, { subject, compatibility, updateConfig: false })).id;
  } catch (thrown) {
    const status = statusOf(thrown);
    if (status === undefined || status === 400) return unavailable(messageOf(thrown), thrown);
    return statusError(status, messageOf(thrown), thrown);
  }
}

function statusOf(thrown: unknown): number | undefined {
  return typeof thrown === 'object' && thrown !== null && 'status' in thrown && typeof thrown.status === 'number'
    ? thrown.status
    : undefined;
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
