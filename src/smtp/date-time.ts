/** date-time of RFC 3339 §5.6, which several parameters carry. */

const dateTime =
  /^(\d{4}-\d{2}-\d{2})(T(?:[01]\d|2[0-3]):[0-5]\d:)([0-5]\d|60)((?:\.\d{1,9})?)(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i;

/**
 * Milliseconds since 1970, or `null` where the text is no RFC 3339 date-time or no such day exists.
 *
 * A leap second is counted, as POSIX does, as the one that follows it.
 */
export function parseDateTime(text: string): number | null {
  const [, day = '', hourAndMinute, second, fraction, zone] = dateTime.exec(text.toUpperCase()) ?? [];
  const leap = second === '60';
  const time = Date.parse(`${day}${hourAndMinute}${leap ? '59' : second}${fraction}${zone}`);
  // Date.parse takes the 31st of a shorter month for the 1st of the next: the day must come back.
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(time) || midnight.toISOString().slice(0, 10) !== day) return null;
  return leap ? time + 1000 : time;
}
