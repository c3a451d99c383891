/**
 * An item as JSON text. `JSON.parse` takes any depth, `JSON.stringify` only what the stack holds: of what is deeper, a
 * text says so.
 */
export function rawText(item: unknown): string {
  try {
    return JSON.stringify(item) ?? 'null';
  } catch (thrown) {
    if (thrown instanceof RangeError) return '"nested too deeply to be shown"';
    throw thrown;
  }
}
