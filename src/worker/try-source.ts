import { of } from 'rxjs';
import { createLocalRegistry, type LocalRegistry } from '../avro/local-registry.ts';
import { type Client, createClient, type Sender } from '../clockify/client.ts';
import { listIds } from '../clockify/discovery.ts';
import { parentTemplates, templateNamed } from '../clockify/templates/catalogue.ts';
import { createTryClient, type Exchange } from '../clockify/try-client.ts';
import type { Config, Credential } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { suggestion } from '../config/suggest.ts';
import { WorkerError } from '../core/errors.ts';
import type { Params } from '../pipeline/ports.ts';
import type { SourcePlan } from './source-plan.ts';

/** What a command may narrow a source to: `workspace`, `user`, `project`. */
export type Choice = Readonly<Record<string, string | undefined>>;

/** A source with its client, apart from any worker: nothing it does is written anywhere. */
export interface Trial {
  readonly source: SourceConfig;
  readonly config: Config;
  readonly client: Client & Sender;
  readonly registry: LocalRegistry;
  /** Every request so far, with its answer. */
  readonly exchanges: Exchange[];
  close(): Promise<void>;
}

/** @throws {WorkerError} config `try.unknown_source` */
export function sourceNamed(config: Config, name: string): SourceConfig {
  const found = config.sources.find((source) => source.name === name);
  if (found !== undefined) return found;
  const names = config.sources.map((source) => source.name);
  throw new WorkerError('config', 'try.unknown_source', `the configuration has no source "${name}"`, {
    hint: suggestion(name, names) || `There are ${names.join(', ')}.`,
  });
}

/** @param shared a client whose budget others draw from too; it is left open */
export function openTrial(config: Config, source: SourceConfig, shared?: Client & Sender): Trial {
  const credential = config.credentials[source.credential] as Credential;
  const exchanges: Exchange[] = [];
  const own = shared ?? clientFor(config, credential);
  const client = createTryClient(own, credential.baseUrl, (each) => exchanges.push(each));
  const close = async () => {
    if (shared === undefined) await own.close();
  };
  return { source, config, client, registry: createLocalRegistry(), exchanges, close };
}

export function clientFor({ http }: Pick<Config, 'http'>, credential: Credential): Client & Sender {
  return createClient({ ...credential, ...http, now: Date.now });
}

/** Names of the parameters that each slice binds. */
export function parametersOf({ endpoint, template }: SourceConfig): readonly string[] {
  return endpoint?.parameters ?? templateNamed(template).parameters;
}

/** A source with only what was chosen. @throws {WorkerError} config `try.no_parameter` for what it does not bind */
export function narrowed(source: SourceConfig, choice: Choice): SourceConfig {
  const names = parametersOf(source);
  const chosen = Object.entries(choice).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const odd = chosen.find(([name]) => !names.includes(name));
  if (odd !== undefined) {
    throw new WorkerError('config', 'try.no_parameter', `the source ${source.name} has no parameter ${odd[0]}`, {
      hint: names.length === 0 ? 'It has none.' : `It has ${names.join(', ')}.`,
    });
  }
  const given = Object.fromEntries(chosen.map(([name, value]) => [name, [value]]));
  return { ...source, parameters: { ...source.parameters, ...given } };
}

/** Every parameter bound: to what the configuration or the caller names first, else to the first that Clockify lists. */
export async function firstBinding({ source, client }: Trial, signal: AbortSignal): Promise<Params> {
  let params: Params = {};
  for (const parameter of parametersOf(source)) {
    const given = source.parameters[parameter] ?? 'all';
    const values = given === 'all' ? [...(await listIds(client, parentTemplates, parameter, params, signal))] : given;
    const first = values[0];
    if (first === undefined) {
      throw new WorkerError('transient', 'discovery.empty', `there is no ${parameter} to try ${source.name} with`, {
        hint: `Name one with --${parameter} ID.`,
      });
    }
    params = { ...params, [parameter]: first };
  }
  return params;
}

/** A plan for one slice alone. */
export function planOf({ source, config, client, registry }: Trial, params: Params): SourcePlan {
  const bound = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, [value]]));
  const valuesOf = (parameter: string) => of(new Set([params[parameter] ?? '']));
  return { source: { ...source, parameters: { ...source.parameters, ...bound } }, config, registry, client, valuesOf };
}
