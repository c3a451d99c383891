const HIDDEN = '[redacted]';
/** Shorter secrets, and shorter parts of encoded ones, are words that occur by chance. */
const LEAST = 4;
const LEAST_PART = 8;

/**
 * A function that takes every known secret out of a text (P7): as it is, and as base64, base64url, hex, percent-encoded
 * or inside a JSON string. Base64 is found in the middle of other encoded text too, as in `Authorization: Basic`.
 */
export function createScrubber(secrets: readonly string[] = []): Scrubber {
  const known = new Set(secrets);
  let pattern = patternOf(known);
  const scrub = (text: string): string => (pattern === undefined ? text : text.replace(pattern, HIDDEN));
  const json = (text: string): string =>
    pattern === undefined || !mayShow(text, scrub) ? text : cleanJson(text, scrub);
  const learn = (more: readonly string[]): void => {
    const before = known.size;
    for (const secret of more) known.add(secret);
    if (known.size > before) pattern = patternOf(known);
  };
  return Object.assign(scrub, { json, learn });
}

export interface Scrubber {
  (text: string): string;
  /**
   * The same for a text that may be JSON. JSON stays JSON, also where a secret is a number, a key or half an escape, and
   * a secret is found however its characters are escaped; what holds no secret stays character for character.
   */
  json(text: string): string;
  /** From now on these, too: a secret that was replaced is still one. */
  learn(secrets: readonly string[]): void;
}

type Scrub = (text: string) => string;

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

/** Plain characters that are escaped without need: `\/`, `\u003d`. */
const ESCAPED = /\\(?:u00[2-7]|\/)/;

function mayShow(text: string, scrub: Scrub): boolean {
  if (scrub(text) !== text) return true;
  return (text.includes('\\/') || text.includes('\\u00')) && ESCAPED.test(text);
}

function cleanJson(text: string, scrub: Scrub): string {
  const clean = cleanScalars(text, scrub);
  return isJson(clean) ? clean : cleanScalars(scrub(text), scrub);
}

/** Of any depth and size, for nothing is taken apart but the strings and numbers themselves. */
function cleanScalars(text: string, scrub: Scrub): string {
  const scalar = /"|-?\d[\w.+-]*/g;
  const parts: string[] = [];
  let done = 0;
  for (let found = scalar.exec(text); found !== null; found = scalar.exec(text)) {
    const isString = found[0] === '"';
    if (isString) scalar.lastIndex = endOfString(text, scalar.lastIndex);
    const token = text.slice(found.index, scalar.lastIndex);
    const clean = isString ? cleanString(token, scrub) : cleanNumber(token, scrub);
    if (clean === token) continue;
    parts.push(text.slice(done, found.index), clean);
    done = scalar.lastIndex;
  }
  return parts.join('') + text.slice(done);
}

/** Behind its closing quote; of one that is cut off, the end of the text. */
function endOfString(text: string, start: number): number {
  const sign = /["\\]/g;
  sign.lastIndex = start;
  for (let found = sign.exec(text); found !== null; found = sign.exec(text)) {
    if (found[0] === '"') return sign.lastIndex;
    sign.lastIndex += 1;
  }
  return text.length;
}

function cleanString(token: string, scrub: Scrub): string {
  try {
    const value = JSON.parse(token) as string;
    const clean = scrub(value);
    return clean === value ? token : JSON.stringify(clean);
  } catch {
    return scrub(token);
  }
}

function cleanNumber(token: string, scrub: Scrub): string {
  return scrub(token) === token ? token : JSON.stringify(HIDDEN);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
