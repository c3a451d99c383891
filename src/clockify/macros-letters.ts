import type { DateTime } from 'luxon';

/** Writes one run of equal letters. */
export type Written = (at: DateTime) => string;

/** What Java's letters are in luxon. Where both mean the same by the same letters, that is said here too. */
const TOKENS: Readonly<Record<string, string>> = {
  G: 'G',
  y: 'y',
  yy: 'yy',
  yyyy: 'yyyy',
  uuuu: 'yyyy',
  u: 'E',
  Y: 'kkkk',
  YY: 'kk',
  YYYY: 'kkkk',
  Q: 'q',
  M: 'M',
  MM: 'MM',
  MMM: 'MMM',
  MMMM: 'MMMM',
  MMMMM: 'MMMMM',
  L: 'L',
  LL: 'LL',
  LLL: 'LLL',
  LLLL: 'LLLL',
  LLLLL: 'LLLLL',
  w: 'W',
  ww: 'WW',
  D: 'o',
  DDD: 'ooo',
  d: 'd',
  dd: 'dd',
  E: 'EEE',
  EE: 'EEE',
  EEE: 'EEE',
  EEEE: 'EEEE',
  EEEEE: 'EEEEE',
  a: 'a',
  h: 'h',
  hh: 'hh',
  H: 'H',
  HH: 'HH',
  m: 'm',
  mm: 'mm',
  s: 's',
  ss: 'ss',
  SSS: 'SSS',
  VV: 'z',
  z: 'ZZZZ',
  zz: 'ZZZZ',
  zzz: 'ZZZZ',
  zzzz: 'ZZZZZ',
  Z: 'ZZZ',
  ZZ: 'ZZZ',
  ZZZ: 'ZZZ',
  xx: 'ZZZ',
  xxx: 'ZZ',
};

/** What luxon has no token for, or none that writes `Z` where the offset is zero. */
const OWN: Readonly<Record<string, Written>> = {
  DD: (at) => String(at.ordinal).padStart(2, '0'),
  QQ: (at) => `0${at.quarter}`,
  S: (at) => String(Math.floor(at.millisecond / 100)),
  SS: (at) => String(Math.floor(at.millisecond / 10)).padStart(2, '0'),
  x: shortOffset,
  X: (at) => (at.offset === 0 ? 'Z' : shortOffset(at)),
  XX: (at) => (at.offset === 0 ? 'Z' : at.toFormat('ZZZ')),
  XXX: (at) => (at.offset === 0 ? 'Z' : at.toFormat('ZZ')),
  ZZZZZ: (at) => (at.offset === 0 ? 'Z' : at.toFormat('ZZ')),
};

const INSTEAD: Readonly<Record<string, string>> = {
  y: 'Use yyyy or yy.',
  u: 'Use yyyy for the year, u for the number of the day of the week.',
  Y: 'Use YYYY, the year of the week, or yyyy, the year.',
  D: 'Use D, DD or DDD.',
  S: 'Use SSS: times have milliseconds and nothing finer.',
  k: 'Use HH, hours from 00 to 23.',
  K: 'Use hh with a, or HH.',
  n: 'Use SSS: times have milliseconds and nothing finer.',
  N: 'Use SSS, or epoch_millis.',
  A: 'Use epoch_millis.',
  W: 'Use ww, the week of the year.',
  F: 'Use EEE or u, the day of the week.',
  e: 'Use u, the number of the day of the week, Monday is 1.',
  c: 'Use u, the number of the day of the week, Monday is 1.',
  Q: 'Use Q or QQ.',
  q: 'Use Q or QQ.',
  V: 'Use VV, the name of the zone.',
  v: 'Use VV, the name of the zone.',
  O: 'Use XXX, the offset of the zone.',
  Z: 'Use XXX or Z, the offset of the zone.',
  X: 'Use XXX, the offset of the zone.',
  x: 'Use xxx, the offset of the zone.',
  B: 'Use a.',
  p: 'Use two letters for two digits: dd, HH.',
};

/** How Java's letters are written, or a hint at what could be used in their place. */
export function letterOf(letters: string): Written | string {
  const own = Object.hasOwn(OWN, letters) ? OWN[letters] : undefined;
  if (own !== undefined) return own;
  const token = Object.hasOwn(TOKENS, letters) ? TOKENS[letters] : undefined;
  if (token !== undefined) return (at) => at.toFormat(token);
  const letter = letters.charAt(0);
  const once = Object.keys(TOKENS).filter((known) => known.startsWith(letter));
  if (once.length > 0) return INSTEAD[letter] ?? `Use ${once.join(' or ')}.`;
  return INSTEAD[letter] ?? `Letters that mean nothing stand in quotes: '${letters}'.`;
}

function shortOffset(at: DateTime): string {
  const compact = at.toFormat('ZZZ');
  return compact.endsWith('00') ? compact.slice(0, 3) : compact;
}
