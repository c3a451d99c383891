const COLOURS: Readonly<Record<string, number>> = { trace: 90, debug: 90, info: 32, warn: 33, error: 31 };
const OWN_PLACE = ['level', 'time', 'event', 'msg', 'err'];

/**
 * A log line for people: time, level, event, sentence, then the other fields, and a stack on lines of its own.
 *
 * @param line one JSON object
 */
export function prettyLine(line: string, colour: boolean): string {
  const entry = JSON.parse(line) as Record<string, unknown>;
  const level = String(entry.level);
  const time = String(entry.time).slice(11, 23);
  const head = [time, paint(level.toUpperCase().padEnd(5), COLOURS[level] ?? 0, colour)];
  const fields = Object.entries(entry)
    .filter(([key]) => !OWN_PLACE.includes(key))
    .map(([key, value]) => `${printable(key)}=${fieldText(value)}`);
  const words = [
    ...head,
    ...[entry.event, entry.msg].filter((word) => typeof word === 'string').map(printable),
    ...fields,
  ];
  return `${words.join(' ')}${errorText(entry.err)}\n`;
}

function fieldText(value: unknown): string {
  const isWord = typeof value === 'string' && /^[\w./:@-]+$/.test(value);
  return isWord ? value : printable(JSON.stringify(value));
}

function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { stack, message, hint } = error as Readonly<Record<string, unknown>>;
  const lines = String(stack ?? message ?? '').split('\n');
  if (typeof hint === 'string') lines.push(`hint: ${hint}`);
  return lines.map((line) => `\n    ${printable(line)}`).join('');
}

/** What comes from outside must not move the cursor or forge a line. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ');
}

function paint(text: string, code: number, colour: boolean): string {
  return colour ? `\u001b[${code}m${text}\u001b[0m` : text;
}
