/** Which transfer encoding a text takes (RFC 2045 §6), and the text in it. */
import { Buffer, isAscii } from 'node:buffer';
import { Base64BodyEncoder, encodeQuotedPrintable } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';

/** A body as it will stand in the message. */
export interface EncodedBody {
  readonly encoding: '7bit' | '8bit' | 'quoted-printable' | 'base64';
  readonly octets: Bytes;
}

/** RFC 5322 §2.1.1, RFC 2045 §2.7. */
const longestLine = 998;

/**
 * Lines that mbox would alter (RFC 4155), and what a boundary might be confused with: `=_` is in each of
 * ours, and quoted-printable writes no such pair (RFC 2045 §6.7).
 */
const fragile = /(^|[\r\n])(From |--=_)/;

/** Encodes a text for people: as it is where that is safe, else in the fitter of the two encodings. */
export function encodeText(text: string, eightBit: boolean): EncodedBody {
  const octets = canonical(text);
  const ascii = isAscii(octets);
  if ((ascii || eightBit) && hasShortLines(octets) && !fragile.test(text)) {
    return { encoding: ascii ? '7bit' : '8bit', octets };
  }
  return encodeBody(octets);
}

/** Encodes text of whatever charset, with CRLF line ends, in the fitter of the two encodings. */
export function encodeBody(octets: Bytes): EncodedBody {
  // Quoted-printable costs two octets more for each that is escaped, base64 a third of all; the former
  // stays readable, so it is let cost a little more.
  let escaped = 0;
  for (const octet of octets) if (octet > 126 || octet === 61) escaped++;
  if (escaped * 3 <= octets.length)
    return { encoding: 'quoted-printable', octets: encodeQuotedPrintable(octets) };
  return base64(octets);
}

/** Encodes octets that must arrive as they are. */
export function base64(octets: Bytes): EncodedBody {
  const encoder = new Base64BodyEncoder();
  return { encoding: 'base64', octets: Buffer.concat([encoder.push(octets), encoder.end()]) };
}

/** RFC 2046 §5.2: the fields of a report and messages themselves have no encoding but these. */
export function unencoded(octets: Bytes): EncodedBody {
  return { encoding: isAscii(octets) ? '7bit' : '8bit', octets };
}

/** The octets of a text with CRLF line ends (RFC 2045 §6.5). */
export function canonical(text: string): Bytes {
  return Buffer.from(text.replace(/\r\n|\r|\n/g, '\r\n'), 'utf8');
}

/** Whether octets pass where only seven bits do: US-ASCII without NUL, in short lines (RFC 2045 §2.7). */
export function isSevenBit(octets: Bytes): boolean {
  return isAscii(octets) && hasShortLines(octets);
}

/**
 * Whether nothing but CRLF ends lines, which have `most` octets: a CR or LF alone would not survive as text
 * (RFC 2045 §6.7 (4)).
 */
export function isTextOfLines(octets: Bytes, most = Number.POSITIVE_INFINITY): boolean {
  let start = 0;
  for (let feed = octets.indexOf(10); feed !== -1; feed = octets.indexOf(10, start)) {
    if (feed === start || feed - start > most + 1 || octets.indexOf(13, start) !== feed - 1) return false;
    start = feed + 1;
  }
  return octets.length - start <= most && octets.indexOf(13, start) === -1;
}

/** Whether lines are short enough, and nothing but CRLF ends them; no NUL (RFC 2045 §2.7, §2.8). */
function hasShortLines(octets: Bytes): boolean {
  return isTextOfLines(octets, longestLine) && !octets.includes(0);
}
