const DURATION = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?$/;

/**
 * Whole seconds of an ISO-8601 duration as `java.time.Duration` prints it: hours are the largest unit Clockify sends
 * (`PT79H12M`, observed 2023-08 and 2026-03), days are read too. A fraction of a second is dropped.
 *
 * @returns undefined where the text is no such duration
 */
export function durationSeconds(iso: string): number | undefined {
  const match = DURATION.exec(iso);
  if (match === null || iso.endsWith('T') || iso === 'P' || iso === '-P') return undefined;
  const [days, hours, minutes, seconds] = match.slice(2).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  const total = days * 86_400 + hours * 3_600 + minutes * 60 + seconds;
  return match[1] === undefined || total === 0 ? total : -total;
}
