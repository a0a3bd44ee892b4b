/** The Gregorian calendar, reckoned back and on without end, as RFC 5322 §3.3 counts days and years. */

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The length of a month; January is 0. */
export function daysIn(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 1 && isLeap ? 29 : monthLengths[month]!;
}

/** Days from 1970-01-01 to a day. Years are counted from March, so that a leap day is the last of its year. */
export function daysSince1970(year: number, month: number, day: number): number {
  const y = month < 2 ? year - 1 : year;
  const leapDays = Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400);
  const beforeMonth = Math.floor((((month + 10) % 12) * 153 + 2) / 5);
  return y * 365 + leapDays + beforeMonth + day - 719_469;
}

/** The day of the week; Sunday is 0. */
export function weekdayOf(daysSince: number): number {
  return (((daysSince + 4) % 7) + 7) % 7;
}
