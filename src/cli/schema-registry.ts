import { type NeededSchema, probeRegistry, type RegistryFinding } from '../avro/probe.ts';
import { createRegistry, type SchemaRegistry } from '../avro/registry.ts';
import type { Config } from '../config/config.ts';
import type { SourceConfig } from '../config/source-config.ts';
import { toWorkerError } from '../core/errors.ts';
import { createLogger } from '../telemetry/logger.ts';
import { isSchemaKnown, schemasOfSource } from '../worker/needed-schemas.ts';
import { registryOptions } from '../worker/secure.ts';
import { sourceNamed } from '../worker/try-source.ts';
import { EXIT, type Invocation, type Terminal } from './command.ts';

/**
 * `schema check` and `schema register`: the subjects of one source, or of all whose schemas are known without a request
 * to Clockify. For registries in which the worker itself may not write.
 */
export async function runAgainstRegistry(
  verb: 'check' | 'register',
  config: Config,
  call: Invocation,
  terminal: Terminal,
): Promise<number> {
  const log = createLogger({ level: 'error', format: config.log.format, secrets: terminal.secrets });
  const registry = createRegistry({ ...registryOptions(config), log });
  const { signal } = terminal;
  const needed = await neededOf(config, call.positionals[1], registry, terminal);
  const findings =
    verb === 'check'
      ? probeRegistry({ ...registryOptions(config), registry, needed, autoRegister: false, signal })
      : registered(registry, needed, signal);
  let isFine = true;
  for await (const { name, status, says, mend } of findings) {
    isFine &&= status !== 'fail';
    const data = { name, status, says, mend: mend ?? null };
    const line = `${status.padEnd(6)}${name}: ${says}${mend === undefined ? '' : ` -> ${mend}`}`;
    await terminal.out(call.flags.json === true ? JSON.stringify(data) : line);
  }
  return isFine ? EXIT.ok : EXIT.environment;
}

async function neededOf(
  config: Config,
  name: string | undefined,
  registry: SchemaRegistry,
  { signal, err }: Terminal,
): Promise<readonly NeededSchema[]> {
  const sources = name === undefined ? config.sources.filter(isSchemaKnown) : [sourceNamed(config, name)];
  if (name === undefined) tellOfOthers(config.sources, err);
  const needed: NeededSchema[] = [];
  for (const source of sources) needed.push(...(await schemasOfSource(config, source, registry, signal)));
  const bySubject = new Map(needed.map((each) => [each.subject, each]));
  return [...bySubject.values()];
}

function tellOfOthers(sources: readonly SourceConfig[], err: Terminal['err']): void {
  const others = sources.filter((source) => !isSchemaKnown(source)).map(({ name }) => name);
  if (others.length === 0) return;
  err(`left out, for a whole sweep shows their schema: ${others.join(', ')}; name one to have it read`);
}

async function* registered(
  registry: SchemaRegistry,
  needed: readonly NeededSchema[],
  signal: AbortSignal,
): AsyncGenerator<RegistryFinding> {
  for (const { subject, schema } of needed) {
    const name = `subject ${subject}`;
    try {
      const id = await registry.register(subject, schema, { autoRegister: true, signal });
      yield { name, status: 'ok', says: `has this schema, id ${id}` };
    } catch (thrown) {
      signal.throwIfAborted();
      const { message, hint } = toWorkerError(thrown);
      yield { name, status: 'fail', says: message, mend: hint };
    }
  }
}
