/** What the options of commands take: the strict formats of the configuration, for what comes from a hand. */

import { accept, choice, type Format, integer, matching, quote, refuse, scalar } from '../config/format.ts';
import { REGION_NAMES } from '../config/hosts.ts';
import { keyPath } from '../config/path-format.ts';
import { duration } from '../config/quantity.ts';
import { settingOf } from '../config/settings.ts';
import { instantMs } from '../core/instant.ts';

const MOST = 999_999_999;

export const wholeNumber = integer(0, MOST);
export const countFromOne = integer(1, MOST);

/** `5`, `0.5`. */
export const decimalNumber: Format<number> = scalar('a number from 0', { type: 'number' }, (text) =>
  /^\d{1,9}(\.\d{1,6})?$/.test(text)
    ? accept(Number(text))
    : refuse(`${quote(text)} is not a number`, 'Digits, and a point where there is a fraction: 5, 0.5.'),
);

/** How long ago. */
export const age = duration('1s', '3650d');

/** A moment. */
export const instant: Format<number> = scalar('an instant', { type: 'string' }, (text) => {
  const ms = instantMs(text);
  const hint = 'A date, as 2026-01-31, or an instant with its zone, as 2026-01-31T08:00:00Z.';
  return ms === undefined ? refuse(`${quote(text)} is not an instant`, hint) : accept(ms);
});

export const id = matching('an id', /^[A-Za-z0-9_-]{1,64}$/, 'The id as Clockify has it in its addresses, not a name.');

export const errorCode = matching(
  'an error code',
  /^[a-z][a-z0-9_]{0,40}(\.[a-z0-9_]{1,60})+$/,
  'As lists and logs show it, such as extract.wrong_type.',
);

/** A path to one field, or `hash`. */
export const keyOrHash: Format<string> = {
  ...keyPath,
  read: (value) => (value === 'hash' ? accept('hash') : keyPath.read(value)),
};

export const port = settingOf('console.port').format;
export const host = settingOf('console.host').format;
export const region = choice('a region', REGION_NAMES);
export const plan = choice('a plan', ['free', 'paid']);
export const sink = settingOf('sink').format;
export const shards = settingOf('kafka.static_shards').format;
export const logFormat = settingOf('log.format').format;
export const logLevel = settingOf('log.level').format;
