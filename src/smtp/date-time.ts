/** date-time of RFC 3339 §5.6, which several parameters carry. */

const dateTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Milliseconds since 1970, or `null` where the text is no RFC 3339 date-time or no such day exists. */
export function parseDateTime(text: string): number | null {
  const upper = text.toUpperCase();
  if (!dateTime.test(upper)) return null;
  // Date.parse takes the 31st of a shorter month for the 1st of the next: the day must come back.
  const day = new Date(`${upper.slice(0, 10)}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== upper.slice(0, 10)) return null;
  const time = Date.parse(upper);
  return Number.isNaN(time) ? null : time;
}
