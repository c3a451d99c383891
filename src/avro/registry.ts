import { WorkerError } from '../core/errors.ts';
import {
  createRegistryCall,
  incompatible,
  type RegistryCall,
  type RegistryHttpOptions,
  unexpected,
  unknownSchema,
} from './registry-http.ts';
import { createLibrary, registerByLibrary } from './registry-library.ts';
import { parseSchema } from './schema.ts';

/**
 * Schemas in and out of a registry with Confluent's API (Confluent's own, Apicurio, Karapace). Every schema stays
 * compatible with all before it (P5): a subject that we make gets the level FULL_TRANSITIVE before its first version.
 * Nobody waits here for a registry that is away: those errors are transient, and the caller retries.
 */
export interface SchemaRegistry {
  /**
   * The id of a schema under a subject. Idempotent. Without `autoRegister` nothing is ever written.
   *
   * @throws {WorkerError} transient `registry.unavailable`; config `registry.incompatible` with the registry's reason,
   *   `registry.not_registered`, `registry.refused`, `registry.invalid_schema`, `registry.unexpected_answer`
   */
  register(subject: string, schema: string, options: RegisterOptions): Promise<number>;
  /** @throws {WorkerError} as `register`; config `registry.unknown_schema` */
  fetchSchema(id: number): Promise<string>;
  /** Whether a schema could be registered, without doing so. A subject that is not there takes anything. */
  check(subject: string, schema: string, signal?: AbortSignal): Promise<Verdict>;
  /**
   * The last version of a subject, its text as it was registered; undefined for a subject without any.
   *
   * @throws {WorkerError} as `register`
   */
  latest(subject: string, signal?: AbortSignal): Promise<SchemaVersion | undefined>;
}

interface SchemaVersion {
  readonly id: number;
  readonly schema: string;
  readonly version: number;
}

interface RegisterOptions {
  readonly autoRegister: boolean;
  readonly signal?: AbortSignal;
}

interface Verdict {
  readonly compatible: boolean;
  readonly reason: string | undefined;
}

export interface RegistryOptions extends RegistryHttpOptions {
  readonly log: { warn(fields: object, message: string): void; info(fields: object, message: string): void };
}

const LEVEL = 'FULL_TRANSITIVE';
const SUBJECT_NOT_FOUND = 40401;

export function createRegistry(options: RegistryOptions): SchemaRegistry {
  const call = createRegistryCall(options);
  const library = createLibrary(options);
  const { log } = options;

  const registerNew = async (subject: string, text: string, subjectExists: boolean, signal: Signal) => {
    const prepare = subjectExists ? admit : prepareSubject;
    const level = await prepare(call, subject, text, signal);
    if (level !== LEVEL) log.warn({ subject, level }, `subject is not ${LEVEL}: later schemas may break readers`);
    const outcome = await registerByLibrary(library, subject, text, level ?? LEVEL);
    // Whatever the fault: it may be there, by an answer that was lost or by another worker that was first.
    const id = typeof outcome === 'number' ? outcome : (await lookUp(call, subject, text, signal)).id;
    if (id === undefined) throw outcome;
    log.info({ subject, schemaId: id }, 'schema registered');
    return id;
  };

  return {
    async register(subject, schema, { autoRegister, signal }) {
      const text = JSON.stringify(parseSchema(schema));
      const { id, subjectExists } = await lookUp(call, subject, text, signal);
      if (id !== undefined) return id;
      if (!autoRegister) throw notRegistered(subject);
      return await registerNew(subject, text, subjectExists, signal);
    },
    fetchSchema: (id) => fetchText(call, id),
    check: (subject, schema, signal) => checkCompatible(call, subject, JSON.stringify(parseSchema(schema)), signal),
    latest: (subject, signal) => fetchLatest(call, subject, signal),
  };
}

type Signal = AbortSignal | undefined;

/** Is this very schema there already? Then nothing has to be written, and no rights to write are needed. */
async function lookUp(call: RegistryCall, subject: string, schema: string, signal: Signal) {
  const { status, body } = await call('POST', `/subjects/${encodeURIComponent(subject)}`, { schema }, signal);
  if (status === 404) return { id: undefined, subjectExists: body.error_code !== SUBJECT_NOT_FOUND };
  if (typeof body.id !== 'number') throw unexpected('a schema without an id');
  return { id: body.id, subjectExists: true };
}

/** A subject with versions keeps its level, whatever it is; the registry's reason is told apart from its refusal. */
async function admit(call: RegistryCall, subject: string, schema: string, signal: Signal): Promise<string | undefined> {
  const { compatible, reason } = await checkCompatible(call, subject, schema, signal);
  if (!compatible) throw incompatible(reason ?? 'no reason given');
  return await levelOf(call, subject, signal);
}

/**
 * The level is set before the first version: a second worker can then not slip an unchecked one in between. Apicurio
 * answers 409 to the second of two that set it at once (observed).
 */
async function prepareSubject(call: RegistryCall, subject: string, _schema: string, signal: Signal): Promise<string> {
  const level = await levelOf(call, subject, signal);
  if (level !== undefined) return level;
  await call('PUT', `/config/${encodeURIComponent(subject)}`, { compatibility: LEVEL }, signal);
  return LEVEL;
}

/**
 * The level that holds for a subject. Where it has none of its own Confluent gives 404, hence undefined (and BACKWARD is
 * what holds); Apicurio gives its own level, NONE, once the subject exists (observed).
 */
async function levelOf(call: RegistryCall, subject: string, signal: Signal): Promise<string | undefined> {
  const { status, body } = await call('GET', `/config/${encodeURIComponent(subject)}`, undefined, signal);
  return status === 200 && typeof body.compatibilityLevel === 'string' ? body.compatibilityLevel : undefined;
}

/** Confluent gives its reasons as `messages`, Apicurio as `reason` (observed). */
async function checkCompatible(call: RegistryCall, subject: string, schema: string, signal: Signal): Promise<Verdict> {
  const path = `/compatibility/subjects/${encodeURIComponent(subject)}/versions/latest?verbose=true`;
  const { status, body } = await call('POST', path, { schema }, signal);
  if (status === 404 || body.is_compatible === true) return { compatible: true, reason: undefined };
  const messages = Array.isArray(body.messages) ? body.messages.join('; ') : '';
  return { compatible: false, reason: typeof body.reason === 'string' ? body.reason : messages || undefined };
}

/** The library gives a compiled type, which has lost the logical types. */
async function fetchText(call: RegistryCall, id: number): Promise<string> {
  const { status, body } = await call('GET', `/schemas/ids/${id}`, undefined, undefined);
  if (status === 404) throw unknownSchema(id);
  if (typeof body.schema !== 'string') throw unexpected('a schema without text');
  return body.schema;
}

async function fetchLatest(call: RegistryCall, subject: string, signal: Signal): Promise<SchemaVersion | undefined> {
  const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
  const { status, body } = await call('GET', path, undefined, signal);
  if (status === 404) return undefined;
  const { id, schema, version } = body;
  if (typeof id !== 'number' || typeof schema !== 'string' || typeof version !== 'number') {
    throw unexpected('a version without id, number or text');
  }
  return { id, schema, version };
}

function notRegistered(subject: string): WorkerError {
  return new WorkerError('config', 'registry.not_registered', `${subject} does not have this schema`, {
    hint: 'Register it with "clockify-kafka schema register", or set registry.auto_register.',
  });
}
