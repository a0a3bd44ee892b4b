/**
 * Dates as nearly all software writes them, `Fri, 21 Nov 1997 09:55:06 -0600` (RFC 5322 §3.3), read by
 * the places of their characters: many times faster than taking any date to pieces.
 */
import { daysIn, daysSince1970, weekdayOf } from './calendar.ts';
import type { DateDefect, MailDate } from './mail-date.ts';

const CLOSE = 41;
const PLUS = 43;
const COMMA = 44;
const MINUS = 45;
const COLON = 58;
const SPACE = 32;

const dayNames = namesOf('SunMonTueWedThuFriSat');
const monthNames = namesOf('JanFebMarAprMayJunJulAugSepOctNovDec');
const sound: readonly DateDefect[] = [];

/**
 * Reads an ordinary date without fault.
 *
 * @returns `null` for any other text: it may be a date all the same
 */
export function ordinaryDate(text: string): MailDate | null {
  let at = 0;
  let weekday = -1;
  if (text.charCodeAt(3) === COMMA) {
    weekday = dayNames.indexOf(nameAt(text, 0));
    if (weekday === -1 || text.charCodeAt(4) !== SPACE) return null;
    at = 5;
  }
  const short = text.charCodeAt(at + 1) === SPACE; // the day has one digit
  const day = short ? digitAt(text, at) : twoDigits(text, at);
  at += short ? 1 : 2;
  const month = monthNames.indexOf(nameAt(text, at + 1));
  const year = twoDigits(text, at + 5) * 100 + twoDigits(text, at + 7);
  const hour = twoDigits(text, at + 10);
  const minute = twoDigits(text, at + 13);
  const second = twoDigits(text, at + 16);
  const sign = text.charCodeAt(at + 19);
  const zoneHours = twoDigits(text, at + 20);
  const zoneMinutes = twoDigits(text, at + 22);
  const shaped =
    (text.length === at + 24 || isZoneComment(text, at + 24)) &&
    text.charCodeAt(at) === SPACE &&
    text.charCodeAt(at + 4) === SPACE &&
    text.charCodeAt(at + 9) === SPACE &&
    text.charCodeAt(at + 12) === COLON &&
    text.charCodeAt(at + 15) === COLON &&
    text.charCodeAt(at + 18) === SPACE &&
    (sign === PLUS || sign === MINUS);
  if (!shaped || month === -1) return null;
  // What is no number is NaN, and no comparison with it is true.
  const inRange = day >= 1 && day <= daysIn(year, month) && hour <= 23 && minute <= 59 && second <= 60;
  if (!inRange || !(year >= 1000 && zoneHours <= 99 && zoneMinutes <= 59)) return null;
  const days = daysSince1970(year, month, day);
  if (weekday !== -1 && weekday !== weekdayOf(days)) return null;
  const east = zoneHours * 60 + zoneMinutes;
  const offset = sign === MINUS ? 0 - east : east;
  return {
    time: (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000,
    year,
    month: month + 1,
    day,
    hour,
    minute,
    second,
    offset,
    zoneKnown: sign === PLUS || east > 0,
    defects: sound,
  };
}

/** Whether the rest is the name of the zone, which many add: ` (CST)`. */
function isZoneComment(text: string, at: number): boolean {
  const last = text.length - 1;
  if (last - at > 7 || !text.startsWith(' (', at) || text.charCodeAt(last) !== CLOSE) return false;
  for (let i = at + 2; i < last; i++) {
    const letter = text.charCodeAt(i) | 32;
    if (letter < 97 || letter > 122) return false;
  }
  return true;
}

/** Three characters of US-ASCII as one number; -1 for others. */
function nameAt(text: string, at: number): number {
  const [a, b, c] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)];
  return (a | b | c) < 128 ? (a << 16) | (b << 8) | c : -1;
}

function namesOf(text: string): number[] {
  return Array.from({ length: text.length / 3 }, (_, index) => nameAt(text, 3 * index));
}

function twoDigits(text: string, at: number): number {
  return digitAt(text, at) * 10 + digitAt(text, at + 1);
}

/** NaN for what is no digit. */
function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48;
  return digit >= 0 && digit <= 9 ? digit : Number.NaN;
}
