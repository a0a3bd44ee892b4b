/**
 * Dates in whatever form (RFC 5322 §3.3, §4.3): senders write the pieces in other orders too; they are
 * taken as they come, by what they look like.
 */
import { daysIn, daysSince1970, weekdayOf } from './calendar.ts';
import { commentEnd, skipSpace } from './comment.ts';
import type { DateDefect, MailDate } from './mail-date.ts';

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** RFC 5322 §4.3: obs-zone, in hours. UTC is not in it, and everywhere. */
const zones: ReadonlyMap<string, number> = new Map([
  ['ut', 0],
  ['utc', 0],
  ['gmt', 0],
  ['z', 0],
  ['est', -5],
  ['edt', -4],
  ['cst', -6],
  ['cdt', -5],
  ['mst', -7],
  ['mdt', -6],
  ['pst', -8],
  ['pdt', -7],
]);

/** More pieces than any date has. */
const mostPieces = 20;
const longestPiece = 32;
/** ECMA-262 §21.4.1.1: no `Date` is further from 1970. */
const lastMoment = 8.64e15;

/** Reads a date piece by piece; see `parseDate`. */
export function parseAnyDate(value: string): MailDate | null {
  const draft = new Draft();
  let at = skipSpace(value, 0);
  for (let pieces = 0; at < value.length && pieces < mostPieces; pieces++) {
    const end = pieceEnd(value, at);
    if (end - at <= longestPiece) draft.piece(value.slice(at, end).toLowerCase());
    else draft.defects.add('form');
    at = skipSpace(value, end);
  }
  if (!commentsClose(value)) draft.defects.add('form');
  if (bareReturn(value)) draft.defects.add('character');
  return draft.finish();
}

/** Letters, digits with colons, signs and dots in one; a comma is a piece of its own. */
function pieceEnd(text: string, at: number): number {
  let end = at + 1;
  if (text.charCodeAt(at) === 44) return end;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code <= 32 || code === 44 || code === 40) break;
  }
  return end;
}

function commentsClose(text: string): boolean {
  let open = text.indexOf('(');
  while (open !== -1) {
    const end = commentEnd(text, open);
    if (end === -1) return false;
    open = text.indexOf('(', end);
  }
  return true;
}

/** RFC 5322 §2.2: a carriage return stands only before a line feed; unfolding leaves none. */
function bareReturn(text: string): boolean {
  for (let at = text.indexOf('\r'); at !== -1; at = text.indexOf('\r', at + 1)) {
    if (text.charCodeAt(at + 1) !== 10) return true;
  }
  return false;
}

/** What the pieces have told so far. */
class Draft {
  readonly defects = new Set<DateDefect>();
  /** One letter for each piece: w, c (comma), d, m, y, t, z. */
  #form = '';
  #weekday = -1;
  #day = -1;
  #month = -1;
  #year = -1;
  #hour = -1;
  #minute = 0;
  #second = 0;
  #offset: number | undefined;
  #zoneKnown = false;

  piece(text: string): void {
    const code = text.charCodeAt(0);
    if (text === ',') this.#form += 'c';
    else if (code === 43 || (code === 45 && this.#hour !== -1)) this.#zoneOffset(text);
    else if (text.includes(':')) this.#clock(text);
    else if (code >= 48 && code <= 57) this.#number(text);
    else if (code >= 97 && code <= 122) this.#name(text);
    else this.defects.add(code > 126 || code < 32 ? 'character' : 'form');
  }

  #clock(text: string): void {
    // 09:55:06, 9:55, 09:55:06Z, 09:55:06+0200, 2021-12-14t11:48:25z
    const match =
      /^(?:(\d{4})-(\d\d)-(\d\d)t)?(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(z|[+-].{4,5})?$/.exec(text);
    if (match === null || this.#hour !== -1) {
      this.defects.add('form');
      return;
    }
    const [, year, month, day, hour, minute, second, zone] = match;
    if (year !== undefined) {
      this.#year = Number(year);
      this.#month = Number(month) - 1;
      this.#day = Number(day);
    }
    this.#form += 't';
    if (year !== undefined || zone !== undefined || (hour as string).length === 1) this.defects.add('form');
    this.#hour = Number(hour);
    this.#minute = Number(minute);
    this.#second = Number(second ?? 0);
    if (zone === 'z') this.#zoneName('z');
    else if (zone !== undefined) this.#zoneOffset(zone);
  }

  #number(text: string): void {
    const match = /^(\d{1,2})-([a-z]{3,9})-(\d{2}|\d{4})$/.exec(text); // 17-May-2000
    if (match !== null) {
      for (const part of match.slice(1)) this.piece(part);
      this.defects.add('form');
      return;
    }
    if (!/^\d{1,9}$/.test(text)) {
      this.defects.add('form');
    } else if (this.#day === -1 && text.length <= 2) {
      this.#day = Number(text);
      this.#form += 'd';
    } else if (this.#year === -1 && text.length >= 2) {
      this.#year = fullYear(text);
      this.#form += 'y';
    } else {
      this.defects.add('form');
    }
  }

  #name(text: string): void {
    const start = text.slice(0, 3);
    const month = months.indexOf(start);
    const weekday = days.indexOf(start);
    if (weekday !== -1 && this.#weekday === -1) {
      this.#weekday = weekday;
      this.#form += 'w';
    } else if (month !== -1 && this.#month === -1) {
      this.#month = month;
      this.#form += 'm';
    } else if (this.#hour !== -1 && this.#offset === undefined) {
      this.#zoneName(text);
      return;
    } else {
      this.defects.add('form');
    }
    if (text.length !== 3) this.defects.add('form');
  }

  /** RFC 5322 §3.3: `("+" / "-") 4DIGIT`, of which the last two are minutes. */
  #zoneOffset(text: string): void {
    const match = /^([+-])(\d\d):?(\d\d)$/.exec(text);
    const minutes = match === null ? 60 : Number(match[3]);
    if (match === null || minutes > 59) {
      this.defects.add('zone');
      return;
    }
    if (text.length === 6 || this.#offset !== undefined) this.defects.add('form');
    else this.#form += 'z';
    const east = Number(match[2]) * 60 + minutes;
    this.#offset = match[1] === '-' ? 0 - east : east;
    this.#zoneKnown = text !== '-0000';
  }

  /**
   * RFC 5322 §4.3: the names of North America count; the military letters were defined wrongly and other
   * names, of three letters and more, are not unique: both mean that the local zone is not known.
   */
  #zoneName(text: string): void {
    const signed = /^(?:gmt|utc)([+-].{4,5})$/.exec(text);
    if (signed !== null) {
      this.#zoneOffset(signed[1] as string);
      this.defects.add('form');
      return;
    }
    const hours = zones.get(text);
    this.#offset = (hours ?? 0) * 60;
    this.#zoneKnown = hours !== undefined;
    this.#form += 'z';
    if (hours === undefined && !/^([a-ik-y]|[a-z]{3,5})$/.test(text)) this.defects.add('zone');
  }

  finish(): MailDate | null {
    const [year, month, day, hour, minute, second] = [
      this.#year,
      this.#month,
      this.#day,
      this.#hour,
      this.#minute,
      this.#second,
    ];
    if (year === -1 || month === -1 || hour === -1 || month > 11) return null;
    if (day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 60) return null;
    const offset = this.#offset ?? 0;
    const days = daysSince1970(year, month, day);
    if (this.#weekday !== -1 && weekdayOf(days) !== this.#weekday) this.defects.add('weekday');
    const time = (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000;
    if (Math.abs(time) > lastMoment) return null;
    if (this.#offset === undefined) this.defects.add('zone');
    else if (!/^(wc)?dmytz$/.test(this.#form)) this.defects.add('form');
    const { defects } = this;
    const zoneKnown = this.#zoneKnown;
    return {
      time,
      year,
      month: month + 1,
      day,
      hour,
      minute,
      second,
      offset,
      zoneKnown,
      defects: [...defects],
    };
  }
}

/** RFC 5322 §4.3: two digits up to 49 are of 2000, others of 1900, and so are three digits. */
function fullYear(text: string): number {
  const year = Number(text);
  if (text.length === 2) return year + (year < 50 ? 2000 : 1900);
  return text.length === 3 ? year + 1900 : year;
}
