import { toWorkerError } from '../core/errors.ts';
import type { SchemaRegistry } from './registry.ts';
import { createRegistryCall, type RegistryHttpOptions } from './registry-http.ts';

/** What one look at the registry has shown. */
export interface RegistryFinding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'fail';
  readonly says: string;
  /** How to mend it. */
  readonly mend?: string | undefined;
}

/** A schema that a source needs. */
export interface NeededSchema {
  readonly subject: string;
  readonly schema: string;
}

export interface RegistryProbe extends RegistryHttpOptions {
  readonly registry: SchemaRegistry;
  readonly needed: readonly NeededSchema[];
  readonly autoRegister: boolean;
  readonly signal: AbortSignal;
}

/** Looks at the registry and at the subjects that are needed; registers nothing, so the right to is not tried. */
export async function* probeRegistry(probe: RegistryProbe): AsyncGenerator<RegistryFinding> {
  const { url, needed, signal } = probe;
  try {
    await createRegistryCall(probe)('GET', '/schemas/ids/1', undefined, signal);
    yield { name: 'registry', status: 'ok', says: `answers at ${url}` };
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, hint } = toWorkerError(thrown);
    const mend = hint ?? 'Check registry.url, and that the registry runs.';
    yield { name: 'registry', status: 'fail', says: `${message} (${url})`, mend };
    return;
  }
  for (const each of needed) yield await subjectFinding(probe, each);
}

async function subjectFinding(
  { registry, autoRegister, signal }: RegistryProbe,
  { subject, schema }: NeededSchema,
): Promise<RegistryFinding> {
  const name = `subject ${subject}`;
  try {
    const id = await idOf(registry, subject, schema, signal);
    if (id !== undefined) return { name, status: 'ok', says: `has this schema, id ${id}` };
    const { compatible, reason } = await registry.check(subject, schema, signal);
    if (!compatible) {
      const mend = 'Give the source another topic, or take the other schema away.';
      return { name, status: 'fail', says: `has an incompatible schema: ${reason ?? 'no reason given'}`, mend };
    }
    if (autoRegister) return { name, status: 'ok', says: 'does not have this schema yet; the worker registers it' };
    const mend = 'Register it, or set registry.auto_register: true.';
    return { name, status: 'fail', says: 'does not have this schema, and registry.auto_register is false', mend };
  } catch (thrown) {
    signal.throwIfAborted();
    const { message, hint } = toWorkerError(thrown);
    return { name, status: 'fail', says: message, mend: hint };
  }
}

async function idOf(registry: SchemaRegistry, subject: string, schema: string, signal: AbortSignal) {
  try {
    return await registry.register(subject, schema, { autoRegister: false, signal });
  } catch (thrown) {
    if (toWorkerError(thrown).code === 'registry.not_registered') return undefined;
    throw thrown;
  }
}
