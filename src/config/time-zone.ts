import { accept, type Format, quote, refuse, scalar } from './format.ts';
import { nearest } from './suggest.ts';

/** A name of the tz database. Offsets are none: they know no summer. */
export const timeZone: Format<string> = scalar('a time zone', { type: 'string', pattern: '^[A-Za-z]' }, (text) => {
  if (isZone(text)) return accept(text);
  const near = nearest(text, ['UTC', ...Intl.supportedValuesOf('timeZone')]);
  const guess = near === undefined ? '' : `Did you mean "${near}"? `;
  return refuse(`${quote(text)} is not a time zone`, `${guess}A name such as UTC or Europe/Berlin.`);
});

function isZone(text: string): boolean {
  if (!/^[A-Za-z][\w+/-]{0,63}$/.test(text)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
