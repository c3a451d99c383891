const HIDDEN = '[redacted]';
/** Shorter secrets, and shorter parts of encoded ones, are words that occur by chance. */
const LEAST = 4;
const LEAST_PART = 8;

/**
 * A function that takes every known secret out of a text (P7): as it is, and as base64, base64url, hex, percent-encoded
 * or inside a JSON string. Base64 is found in the middle of other encoded text too, as in `Authorization: Basic`.
 */
export function createScrubber(secrets: readonly string[]): Scrubber {
  const known = new Set(secrets);
  let pattern = patternOf(known);
  const scrub = (text: string): string => (pattern === undefined ? text : text.replace(pattern, HIDDEN));
  const learn = (more: readonly string[]): void => {
    for (const secret of more) known.add(secret);
    pattern = patternOf(known);
  };
  return Object.assign(scrub, { learn });
}

export interface Scrubber {
  (text: string): string;
  /** From now on these, too: a secret that was replaced is still one. */
  learn(secrets: readonly string[]): void;
}

function patternOf(secrets: ReadonlySet<string>): RegExp | undefined {
  const forms = [...new Set([...secrets].filter(({ length }) => length >= LEAST).flatMap(formsOf))];
  if (forms.length === 0) return undefined;
  const longestFirst = forms.sort((one, other) => other.length - one.length);
  return new RegExp(longestFirst.map(escapePattern).join('|'), 'gi');
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const parts = [0, 1, 2].flatMap((shift) => [
    alignedPart(bytes, shift, 'base64'),
    alignedPart(bytes, shift, 'base64url'),
  ]);
  const encoded = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
  const escaped = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    escaped,
    encodeURIComponent(secret.toWellFormed()),
    ...encoded,
    ...parts.filter(({ length }) => length >= LEAST_PART),
  ];
}

/** The digits that are the same whatever stands before (`shift` bytes beyond a group of three) and after the secret. */
function alignedPart(bytes: Buffer, shift: number, encoding: 'base64' | 'base64url'): string {
  const digits = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding);
  const first = Math.ceil((shift * 8) / 6);
  const last = Math.floor(((shift + bytes.length) * 8) / 6);
  return digits.slice(first, last);
}

function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
