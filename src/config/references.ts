import { dirname, resolve } from 'node:path';

/** What stands outside the file: variables, and files with one secret each. */
export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => string;
}

export type Lookup =
  | { readonly value: string; readonly complaint?: undefined }
  | { readonly value?: undefined; readonly complaint: string; readonly hint: string };

export interface Resolved {
  readonly text: string;
  readonly raw: string;
  readonly fromReference: boolean;
  readonly complaints: readonly { readonly complaint: string; readonly hint: string }[];
}

/*
 * `{` and `}` are syntax inside YAML's flow maps, where `{ api_key: ${KEY} }` would be an error. So the three marks of a
 * reference become private characters, one for one (columns stay true), before YAML sees the text.
 */
const OPEN = '\uE000\uE001';
const CLOSE = '\uE002';
const MARKED = /\uE000\uE001([^\uE002]*)\uE002/g;
export const RESERVED = /[\uE000-\uE002]/;

/** A file with a secret is a line, not a library. */
const MOST_CHARACTERS = 65_536;

export function markReferences(text: string): string {
  return text.replace(/(?<!\$)\$\{([^{}"',\r\n]*)\}/g, `${OPEN}$1${CLOSE}`);
}

export function unmark(text: string): string {
  return text.replace(MARKED, `\${$1}`).replaceAll(OPEN, '${').replaceAll(CLOSE, '}');
}

/**
 * Replaces `${NAME}` and `${file:path}`; `$${` is a literal `${`. A path is relative to the folder of the configuration.
 */
export function resolveReferences(marked: string, file: string, outside: Outside): Resolved {
  const complaints: { complaint: string; hint: string }[] = [];
  if (/(?<!\$)\$\{/.test(marked)) {
    complaints.push({
      complaint: `has a "\${" that begins no reference`,
      hint: `Write \${NAME}, or $\${ for the two characters.`,
    });
  }
  const text = marked.replaceAll('$${', '${').replace(MARKED, (_, reference: string) => {
    const found = lookUp(reference, file, outside);
    if (found.complaint === undefined) return found.value;
    complaints.push(found);
    return '';
  });
  return { text, raw: unmark(marked), fromReference: marked.includes(OPEN), complaints };
}

function lookUp(reference: string, file: string, outside: Outside): Lookup {
  if (reference.startsWith('file:')) {
    return readSecret(resolve(dirname(file), reference.slice('file:'.length)), outside);
  }
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(reference)) {
    return {
      complaint: `has a reference "\${${reference.slice(0, 40)}}" that is neither a variable nor a file`,
      hint: `Write \${NAME} or \${file:/path/to/secret}; there are no defaults or other forms.`,
    };
  }
  const found = readVariable(reference, outside);
  if (found !== undefined && found.value !== '') return found;
  return {
    complaint: `needs the environment variable ${reference}, which is ${found === undefined ? 'not set' : 'empty'}`,
    hint: `Set ${reference}, or ${reference}_FILE to the path of a file that holds the value.`,
  };
}

/**
 * A variable, or the content of the file that `NAME_FILE` names.
 *
 * @returns undefined where neither is set
 */
export function readVariable(name: string, outside: Outside): Lookup | undefined {
  const direct = outside.env[name];
  const path = outside.env[`${name}_FILE`];
  if (path === undefined || path === '') return direct === undefined ? undefined : { value: direct };
  if (direct === undefined || direct === '') return readSecret(path, outside);
  return { complaint: `finds both ${name} and ${name}_FILE set`, hint: 'Set one of the two.' };
}

/** One line break at the end is the editor's, not the secret's. */
function readSecret(path: string, outside: Outside): Lookup {
  try {
    const text = outside.readFile(path);
    if (text.length <= MOST_CHARACTERS) return { value: text.replace(/\r?\n$/, '') };
    return { complaint: `needs the file ${path}, which is larger than 64 KiB`, hint: 'Name a file with one secret.' };
  } catch (error) {
    return {
      complaint: `needs the file ${path}, which cannot be read (${reasonOf(error)})`,
      hint: 'Check path and rights.',
    };
  }
}

/** The system's code where there is one: messages of others may quote what they read. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unreadable';
}
