const MAX_DEPTH = 100;

/**
 * JSON text that is the same for the same meaning: object keys sorted, no white space, lone surrogates escaped.
 *
 * @param unordered names of properties whose arrays are sets: their items are sorted by their text
 * @param name the name under which `value` itself is known to `unordered`
 * @returns undefined where JSON cannot say it: deeper than 100 levels, a number that is not finite, no JSON value
 */
export function canonicalJson(value: unknown, unordered: readonly string[] = [], name = ''): string | undefined {
  try {
    return write(value, { unordered, name, depth: 0 });
  } catch (thrown) {
    if (thrown instanceof NotJson) return undefined;
    throw thrown;
  }
}

class NotJson extends Error {}

interface Place {
  readonly unordered: readonly string[];
  readonly name: string;
  readonly depth: number;
}

function write(value: unknown, place: Place): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      return writeNumber(value);
    case 'object':
      return value === null ? 'null' : writeNested(value, place);
    default:
      throw new NotJson();
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new NotJson();
  return JSON.stringify(value);
}

function writeNested(value: object, place: Place): string {
  if (place.depth === MAX_DEPTH) throw new NotJson();
  return Array.isArray(value) ? writeArray(value, place) : writeObject(value as Record<string, unknown>, place);
}

function writeArray(items: readonly unknown[], { unordered, name, depth }: Place): string {
  const texts = items.map((item) => write(item, { unordered, name: '', depth: depth + 1 }));
  if (unordered.includes(name)) texts.sort();
  return `[${texts.join(',')}]`;
}

function writeObject(value: Record<string, unknown>, { unordered, depth }: Place): string {
  const parts: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const member = value[name];
    if (member !== undefined)
      parts.push(`${JSON.stringify(name)}:${write(member, { unordered, name, depth: depth + 1 })}`);
  }
  return `{${parts.join(',')}}`;
}
