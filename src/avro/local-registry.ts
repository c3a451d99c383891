import { digest } from './digest.ts';
import type { SchemaRegistry } from './registry.ts';
import { readSubjects, writeSubjects } from './registry-file.ts';
import { unknownSchema } from './registry-http.ts';
import { parseSchema } from './schema.ts';

export interface LocalRegistry extends SchemaRegistry {
  /** Text of a schema that was registered here. */
  schemaOf(id: number): string | undefined;
}

interface LocalRegistryOptions {
  /** Where the schemas are kept between runs; without it they end with the process. One process at a time. */
  readonly file?: string;
}

/**
 * A registry without a server, for the local sinks. An id is made of the schema itself, so that it is the same in every
 * run and the keys in a file stay the keys they were.
 *
 * @throws {WorkerError} config `registry.file_unreadable`; `register` throws transient `registry.file_not_written`
 */
export function createLocalRegistry({ file }: LocalRegistryOptions = {}): LocalRegistry {
  const subjects = file === undefined ? new Map<string, string[]>() : readSubjects(file);
  const texts = new Map([...subjects.values()].flat().map((text): [number, string] => [idOf(text), text]));
  let isSaved = true;
  let saving: Promise<void> = Promise.resolve();
  const save = async () => {
    if (file === undefined || isSaved) return;
    isSaved = true;
    await writeSubjects(file, subjects).catch((error: unknown) => {
      isSaved = false;
      throw error;
    });
  };

  return {
    async register(subject, schema) {
      const text = JSON.stringify(parseSchema(schema));
      const id = idOf(text);
      texts.set(id, text);
      const versions = subjects.get(subject) ?? [];
      if (!versions.includes(text)) {
        subjects.set(subject, [...versions, text]);
        isSaved = false;
      }
      // One after the other; a write that failed is made good by the next call, whatever it registers.
      saving = saving.catch(() => undefined).then(save);
      await saving;
      return id;
    },
    async fetchSchema(id) {
      const text = texts.get(id);
      if (text === undefined) throw unknownSchema(id);
      return text;
    },
    async check() {
      return { compatible: true, reason: undefined };
    },
    async latest(subject) {
      const versions = subjects.get(subject) ?? [];
      const schema = versions.at(-1);
      return schema === undefined ? undefined : { id: idOf(schema), schema, version: versions.length };
    },
    schemaOf: (id) => texts.get(id),
  };
}

function idOf(text: string): number {
  return Number.parseInt(digest(text).slice(0, 8), 16) & 0x7fffffff || 1;
}
