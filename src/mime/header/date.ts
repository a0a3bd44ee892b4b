/**
 * Dates (RFC 5322 §3.3) with the obsolete forms (RFC 5322 §4.3):
 *
 *     date-time := [day-name ","] day month year hour ":" minute [":" second] zone
 */
import { parseAnyDate } from './any-date.ts';
import type { MailDate } from './mail-date.ts';
import { ordinaryDate } from './ordinary-date.ts';

/**
 * Parses the value of Date, or the date of Received, Resent-Date and their like.
 *
 * @returns `null` when day, month, year or time cannot be found, or name no real moment
 *
 * @example
 * ```ts
 * import { parseDate } from 'mailwright/mime';
 *
 * const date = parseDate('Fri, 21 Nov 1997 09:55:06 -0600 (CST)');
 * date?.offset; // -360
 * new Date(date?.time ?? 0).toISOString(); // '1997-11-21T15:55:06.000Z'
 * ```
 */
export function parseDate(value: string): MailDate | null {
  return ordinaryDate(value) ?? parseAnyDate(value);
}

/**
 * Writes a moment as a Date field shows it (RFC 5322 §3.3).
 *
 * @param time - milliseconds since 1970-01-01T00:00:00Z
 * @param offset - the zone, in minutes east of UTC
 * @throws RangeError when `time` is no moment of the years 1900 to 9999, or the zone is a day or more
 *
 * @example
 * ```ts
 * import { formatDate } from 'mailwright/mime';
 *
 * formatDate(880127706000, -360); // 'Fri, 21 Nov 1997 09:55:06 -0600'
 * ```
 */
export function formatDate(time: number, offset = 0): string {
  const local = new Date(time + offset * 60_000);
  const year = local.getUTCFullYear();
  if (!(year >= 1900 && year <= 9999) || !(Math.abs(offset) < 1440)) throw new RangeError('no date of mail');
  const [weekday, day, month, , clock] = local.toUTCString().split(' ');
  const minutes = Math.abs(Math.trunc(offset));
  const zone = `${two(Math.floor(minutes / 60))}${two(minutes % 60)}`;
  return `${weekday} ${Number(day)} ${month} ${year} ${clock} ${offset < 0 ? '-' : '+'}${zone}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
