const DAY_MS = 86_400_000;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$/;

/** As the main host writes an instant: UTC, whole seconds (observed 2026-03). */
export function isoSecond(ms: number): string {
  return `${new Date(Math.floor(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
}

/** As `java.time.Duration` prints it: hours are the largest unit, zero parts are left out, nothing at all is `PT0S`. */
export function isoDuration(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  const parts = `${hours > 0 ? `${hours}H` : ''}${minutes > 0 ? `${minutes}M` : ''}${rest > 0 ? `${rest}S` : ''}`;
  return parts === '' ? 'PT0S' : `PT${parts}`;
}

/** @returns undefined for anything but a date, a time and `Z` or an offset */
export function parseInstant(text: string): number | undefined {
  if (!INSTANT.test(text)) return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * The instant at which clocks in `zone` show what UTC clocks show at `ms`: what Clockify does to the `start` and `end`
 * of a list (observed 2026-08). Where clocks go back the first of the two, where they go forward as much later, which
 * is how `java.time` reads a local time.
 */
export function wallClockToInstant(ms: number, zone: string): number {
  const earlier = ms - offsetMs(ms - DAY_MS, zone);
  if (ms - earlier === offsetMs(earlier, zone)) return earlier;
  const later = ms - offsetMs(ms + DAY_MS, zone);
  return ms - later === offsetMs(later, zone) ? later : earlier;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(zone, format);
  return format;
}

/** How far clocks in `zone` are ahead of UTC at an instant. */
export function offsetMs(atMs: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const parts = new Map(
    formatOf(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const shown = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return shown - Math.floor(atMs / 1000) * 1000;
}

const WEEKDAYS: readonly string[] = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'];

export function isWeekday(text: string): boolean {
  return WEEKDAYS.includes(text);
}

/** Midnight of the day that UTC clocks show at `ms`. */
export function startOfDay(ms: number): number {
  return Math.floor(ms / DAY_MS) * DAY_MS;
}

/** Midnight of the first day of the week that a midnight is in. */
export function startOfWeek(midnight: number, firstDay: string): number {
  const first = WEEKDAYS.indexOf(firstDay);
  return midnight - ((new Date(midnight).getUTCDay() - first + 7) % 7) * DAY_MS;
}

/** As the reports host writes an instant: the clock of `zone` with its offset, `Z` for UTC alone (observed 2026-08). */
export function zonedSecond(ms: number, zone: string): string {
  if (zone === 'UTC') return isoSecond(ms);
  const offset = offsetMs(ms, zone);
  const minutes = Math.abs(offset) / 60_000;
  const hh = String(Math.floor(minutes / 60)).padStart(2, '0');
  const mm = String(Math.floor(minutes % 60)).padStart(2, '0');
  return `${isoSecond(ms + offset).slice(0, 19)}${offset < 0 ? '-' : '+'}${hh}:${mm}`;
}
