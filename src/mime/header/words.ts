/**
 * Encoded words (RFC 2047): `=?charset?Q?text?=`.
 *
 * One pass, and tolerant where mailers are sloppy: words longer than 75 characters, spaces inside,
 * a character cut between two words, a language after the charset (RFC 2231 §5). What is not a
 * word, whose charset is unknown or whose encoding is broken stays as it is written.
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { decodeCharset, isKnownCharset } from '../charset/decoder.ts';

/** Charset names are at most 40 characters (RFC 2978 §2.3); the rest is room for a language. */
const longestCharset = 64;

/** What an encoded word may hide but no header text holds. */
const lineBreaks = /[\0\r\n]+/g;

interface Word {
  readonly charset: string;
  readonly octets: Bytes;
  readonly end: number;
}

/**
 * Decodes all encoded words of an unfolded, unstructured text (RFC 2047 §5 (1)). White space between
 * two words is not part of the text (RFC 2047 §6.2).
 *
 * @example
 * ```ts
 * import { decodeEncodedWords } from 'mailwright/mime';
 *
 * decodeEncodedWords('=?utf-8?Q?Caf=C3=A9?= =?utf-8?B?IGF1IGxhaXQ=?= at 5'); // 'Café au lait at 5'
 * ```
 */
export function decodeEncodedWords(text: string): string {
  let at = text.indexOf('=?');
  if (at === -1) return text;
  let result = '';
  let from = 0;
  /** Words that follow one another in one charset are joined before they are decoded. */
  let run: Word[] = [];
  const close = closer(text);
  const flush = () => {
    if (run.length > 0) result += decodeRun(run);
    run = [];
  };
  while (at !== -1) {
    const word = readWord(text, at, close);
    if (word === null) {
      at = text.indexOf('=?', at + 2);
      continue;
    }
    const adjacent = run.length > 0 && isSpace(text, from, at);
    if (!adjacent) {
      flush();
      result += text.slice(from, at);
    } else if (run[0]?.charset !== word.charset) {
      flush();
    }
    run.push(word);
    from = word.end;
    at = text.indexOf('=?', from);
  }
  flush();
  return result + text.slice(from);
}

function decodeRun(run: readonly Word[]): string {
  const first = run[0] as Word;
  const octets = run.length === 1 ? first.octets : Buffer.concat(run.map((word) => word.octets));
  return (decodeCharset(octets, first.charset) ?? '').replace(lineBreaks, ' ');
}

/** Finds the first `?=` at or after a place; places asked for must not decrease, so all is one pass. */
function closer(text: string): (from: number) => number {
  let found = 0;
  return (from) => {
    if (found !== -1 && found < from) found = text.indexOf('?=', from);
    return found;
  };
}

function readWord(text: string, at: number, close: (from: number) => number): Word | null {
  const charsetEnd = text.indexOf('?', at + 2);
  if (charsetEnd === -1 || charsetEnd === at + 2 || charsetEnd - at > longestCharset) return null;
  if (text.charCodeAt(charsetEnd + 2) !== 63) return null;
  const start = charsetEnd + 3;
  const end = close(start);
  if (end === -1) return null;
  // Another word begins within: this one was cut off. Its text is not looked at, or many such would cost
  // the square of their number. The padding of base64 makes a `=?` of the word's own end.
  const nested = text.indexOf('=?', start);
  if (nested !== -1 && nested < end - 1) return null;
  const declared = text.slice(at + 2, charsetEnd);
  const star = declared.indexOf('*');
  const charset = (star === -1 ? declared : declared.slice(0, star)).toLowerCase();
  const encoding = text.charCodeAt(charsetEnd + 1) | 32;
  const encoded = text.slice(start, end);
  const octets = encoding === 113 ? fromQ(encoded, charset) : encoding === 98 ? fromB(encoded) : null;
  if (octets === null || !isKnownCharset(charset)) return null;
  return { charset, octets, end: end + 2 };
}

function isSpace(text: string, from: number, end: number): boolean {
  for (let i = from; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code !== 32 && code !== 9 && code !== 10 && code !== 13) return false;
  }
  return true;
}

/**
 * RFC 2047 §4.2: `_` is a space, `=XX` an octet; `null` when an `=` is followed by no octet.
 * Characters above 127 do not belong here: they are taken for the octets that they were.
 */
function fromQ(text: string, charset: string): Bytes | null {
  const octets = Buffer.from(text, charset === 'utf-8' || beyondLatin1.test(text) ? 'utf8' : 'latin1');
  let length = 0;
  for (let i = 0; i < octets.length; i++) {
    let octet = octets[i] as number;
    if (octet === 95) octet = 32;
    else if (octet === 61) {
      octet = (hexDigit(octets[i + 1]) << 4) | hexDigit(octets[i + 2]);
      if (octet < 0) return null;
      i += 2;
    }
    octets[length++] = octet;
  }
  return octets.subarray(0, length);
}

const beyondLatin1 = /[^\0-\xff]/;

/**
 * Where the encoded word that begins at `at` ends, for those who look for the end of an atom: a word
 * may hold commas and brackets that are no delimiters. -1: there is none.
 */
export function encodedWordEnd(text: string, at: number): number {
  const charsetEnd = text.indexOf('?', at + 2);
  if (charsetEnd === -1 || charsetEnd - at > longestCharset || text.charCodeAt(charsetEnd + 2) !== 63)
    return -1;
  for (let i = charsetEnd + 3; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 63) return text.charCodeAt(i + 1) === 61 ? i + 2 : -1;
    if (code <= 32) return -1;
  }
  return -1;
}

/** The value of a hexadecimal digit, or a negative number. */
export function hexDigit(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** RFC 2047 §4.1: base64; spaces and missing padding are forgiven, `null` for anything else. */
function fromB(text: string): Bytes | null {
  for (let i = 0; i < text.length; i++) if (!isBase64(text.charCodeAt(i))) return null;
  return Buffer.from(text, 'base64');
}

function isBase64(code: number): boolean {
  const letter = code | 32;
  return (
    (letter >= 97 && letter <= 122) || (code >= 47 && code <= 57) || code === 43 || code === 61 || code === 32
  );
}
