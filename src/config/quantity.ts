import { accept, type Format, quote, type Reading, refuse, scalar } from './format.ts';

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { KiB: 1_024, MiB: 1_048_576, GiB: 1_073_741_824 } as const;

/** `500ms`, `30s`, `5m`, `24h`, `7d`, within limits given in the same way. Reads to milliseconds. */
export function duration(least: string, most: string): Format<number> {
  return scalar(
    `a duration from ${least} to ${most}`,
    { type: 'string', pattern: '^[0-9]{1,9}(ms|s|m|h|d)$' },
    (text) => {
      const value = milliseconds(text);
      if (value === undefined) return notADuration(text);
      return value >= (milliseconds(least) ?? 0) && value <= (milliseconds(most) ?? 0)
        ? accept(value)
        : refuse(`${quote(text)} is out of range`, `From ${least} to ${most}.`);
    },
  );
}

/** @returns undefined where the text is no duration */
export function milliseconds(text: string): number | undefined {
  const match = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * MS[match[2] as keyof typeof MS];
}

function notADuration(text: string): Reading<number> {
  return /^\d+(\.\d+)?$/.test(text)
    ? refuse(`${quote(text)} has no unit`, 'Say ms, s, m, h or d: 500ms, 30s, 5m, 24h, 7d.')
    : refuse(`${quote(text)} is not a duration`, 'A whole number and one of ms, s, m, h, d: 500ms, 30s, 5m, 24h, 7d.');
}

/** `64KiB`, `32MiB`. Reads to bytes. */
export const size: Format<number> = scalar(
  'a size from 1KiB to 1GiB',
  { type: 'string', pattern: '^[0-9]{1,7}(KiB|MiB|GiB)$' },
  (text) => {
    const match = /^(\d{1,7})(KiB|MiB|GiB)$/.exec(text);
    const bytes = match === null ? 0 : Number(match[1]) * BYTES[match[2] as keyof typeof BYTES];
    return bytes >= BYTES.KiB && bytes <= BYTES.GiB
      ? accept(bytes)
      : refuse(`${quote(text)} is not a size from 1KiB to 1GiB`, 'A whole number and KiB, MiB or GiB: 32MiB.');
  },
);

/** `10/s`, `600/m`, `25/h`: so many, and the window in which no more may go. */
export const rate: Format<{ readonly requests: number; readonly windowMs: number }> = scalar(
  'a rate of requests',
  { type: 'string', pattern: '^[0-9]{1,6}/(s|m|h)$' },
  (text) => {
    const match = /^(\d{1,6})\/(s|m|h)$/.exec(text);
    const count = Number(match?.[1] ?? 0);
    if (match === null || count === 0) {
      return refuse(
        `${quote(text)} is not a rate of requests`,
        'A whole number and a unit of time: 10/s, 600/m, 25/h.',
      );
    }
    return accept({ requests: count, windowMs: MS[match[2] as 's' | 'm' | 'h'] });
  },
);
