/**
 * Writing encoded words (RFC 2047): always UTF-8, each of at most 75 characters (RFC 2047 §2), each a text
 * of whole characters (RFC 2047 §5), in Q while most of it is US-ASCII, else in B.
 */
import { Buffer } from 'node:buffer';
import { encodeBase64 } from '../../bytes/index.ts';

const prefixLength = '=?utf-8?Q??='.length;
const longestWord = 75;
const room = longestWord - prefixLength;

/** What no header text may hold: a host's text is made one line, so that no field can be smuggled in. */
const lineBreaks = /[\0\r\n]+/g;

/** A text as one line. */
export function oneLine(text: string): string {
  return text.replace(lineBreaks, ' ');
}

/** Beyond printable US-ASCII and tab, or alike an encoded word. */
const needsWords = /[^\t\x20-\x7e]|=\?/;
/** The same where UTF-8 may stand in header fields (RFC 6532): only controls and halves of characters. */
const needsWordsInUtf8 = /(?!\t)\p{Cc}|\p{Cs}|=\?/u;
/** A word that cannot be folded must leave room on its line of 998 (RFC 5322 §2.1.1). */
const longestPlain = 900;

/** Whether a text can stand as it is, given that its receiver takes UTF-8 or not. */
export function isPlain(text: string, utf8: boolean): boolean {
  if ((utf8 ? needsWordsInUtf8 : needsWords).test(text)) return false;
  return text.length < longestPlain || text.split(/[\t ]/).every((word) => word.length < longestPlain);
}

/**
 * Encodes an unstructured text such as a subject where it needs it (RFC 2047 §5 (1)); words are
 * separated by one space. Line breaks and NUL become spaces.
 *
 * @example
 * ```ts
 * import { encodeWords } from 'mailwright/mime';
 *
 * encodeWords('Café'); // '=?utf-8?Q?Caf=C3=A9?='
 * encodeWords('Cafe'); // 'Cafe'
 * ```
 */
export function encodeWords(text: string): string {
  return textChunks(text, false).join('');
}

/** A text as chunks between which a line may be folded; all but the first begin with white space. */
export function textChunks(text: string, utf8: boolean): string[] {
  const line = oneLine(text);
  if (isPlain(line, utf8) && line.trim() === line) return line.match(/[\t ]*[^\t ]+/g) ?? [''];
  return wordChunks(line, false);
}

/** A text as encoded words; `phrase`: with only the characters that a phrase may have (RFC 2047 §5 (3)). */
export function wordChunks(text: string, phrase: boolean): string[] {
  const octets = Buffer.from(text, 'utf8');
  const costs = octets.reduce((sum, octet) => sum + (isSafe(octet, phrase) || octet === 32 ? 1 : 3), 0);
  const q = costs <= octets.length * 2; // RFC 2047 §4: Q where most characters are US-ASCII
  const chunks: string[] = [];
  let encoded = '';
  let used = 0;
  const flush = () => {
    const space = chunks.length === 0 ? '' : ' ';
    chunks.push(`${space}=?utf-8?${q ? 'Q' : 'B'}?${q ? encoded : encodeBase64(encoded)}?=`);
    encoded = '';
    used = 0;
  };
  for (const character of text.isWellFormed() ? text : text.toWellFormed()) {
    const piece = q ? fromCharacter(character, phrase) : character;
    const length = q ? piece.length : Buffer.byteLength(character);
    if (used > 0 && (q ? used + length : Math.ceil((used + length) / 3) * 4) > room) flush();
    encoded += piece;
    used += length;
  }
  if (used > 0) flush();
  return chunks;
}

/** RFC 2047 §4.2. */
function fromCharacter(character: string, phrase: boolean): string {
  if (character === ' ') return '_';
  let text = '';
  for (const octet of Buffer.from(character, 'utf8')) {
    text += isSafe(octet, phrase)
      ? String.fromCharCode(octet)
      : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return text;
}

function isSafe(octet: number, phrase: boolean): boolean {
  const letter = octet | 32;
  if ((letter >= 97 && letter <= 122) || (octet >= 48 && octet <= 57)) return true;
  if (octet <= 32 || octet > 126) return false;
  return (phrase ? '!*+-/' : '!*+-/\'(),.:;@#$%&<>[]{}|~^`\\"').includes(String.fromCharCode(octet));
}
