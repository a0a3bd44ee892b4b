/**
 * Address lists as nearly all software writes them, read in one walk, several times faster than by the
 * reader of all others. A part of RFC 5322 §3.4:
 *
 *     list    := mailbox *("," mailbox)
 *     mailbox := [name] "<" addr ">" / addr       name := word *(" " word) / a quoted string
 *     addr    := dot-atom "@" dot-atom
 *
 * All is US-ASCII. Encoded words may stand in it where they hold only what an atom may (RFC 2047 §5 (3)).
 */
import { type AddressDefect, type AddressList, type HeaderMailbox, isAtomCharacter } from './address.ts';
import { decodeEncodedWords, encodedWordEnd } from './words.ts';

const TAB = 9;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const DOT = 46;
const LESS = 60;
const GREATER = 62;
const AT = 64;
const BACKSLASH = 92;

/**
 * Reads an ordinary address list without fault.
 *
 * @param most - of mailboxes
 * @returns `null` for any other text: it may be an address list all the same
 */
export function ordinaryAddressList(text: string, most: number): AddressList | null {
  if (!plainWords(text)) return null;
  const addresses: HeaderMailbox[] = [];
  for (let at = 0; addresses.length < most; at++) {
    let start = blankEnd(text, at);
    let localEnd = wordEnd(text, start);
    let phrase = '';
    const angle = text.charCodeAt(localEnd) !== AT;
    if (angle) {
      const quote = text.charCodeAt(start) === QUOTE;
      const end = quote ? quotedEnd(text, start) : phraseEnd(text, localEnd);
      phrase = quote ? text.slice(start + 1, end - 1) : text.slice(start, end);
      start = blankEnd(text, end) + 1;
      if (text.charCodeAt(start - 1) !== LESS) return null;
      localEnd = wordEnd(text, start);
      if (text.charCodeAt(localEnd) !== AT) return null;
    }
    const end = wordEnd(text, localEnd + 1);
    if (!isDotAtom(text, start, localEnd) || !isDotAtom(text, localEnd + 1, end)) return null;
    if (angle && text.charCodeAt(end) !== GREATER) return null;
    addresses.push({
      kind: 'mailbox',
      name: decodeEncodedWords(phrase),
      phrase,
      localPart: text.slice(start, localEnd),
      domain: text.slice(localEnd + 1, end),
      address: text.slice(start, end),
    });
    at = blankEnd(text, angle ? end + 1 : end);
    if (at === text.length) return { addresses, defects: sound };
    if (text.charCodeAt(at) !== COMMA) return null;
  }
  return null;
}

const sound: readonly AddressDefect[] = [];

/** Whether no encoded word goes on beyond a run of atom characters: it would hide delimiters. */
function plainWords(text: string): boolean {
  for (let at = text.indexOf('=?'); at !== -1; ) {
    const end = encodedWordEnd(text, at);
    if (end !== -1 && wordEnd(text, at, end) < end) return false;
    at = text.indexOf('=?', end === -1 ? at + 2 : end);
  }
  return true;
}

function blankEnd(text: string, at: number): number {
  let end = at;
  while (end < text.length && (text.charCodeAt(end) === SPACE || text.charCodeAt(end) === TAB)) end++;
  return end;
}

/** After a run of atom characters and single dots, which may be empty; it is followed up to `most`. */
function wordEnd(text: string, at: number, most = text.length): number {
  let end = at;
  for (; end < most; end++) {
    const code = text.charCodeAt(end);
    if (code > 126 || ofWords[code] === 0) break;
    if (code === DOT && end > at && text.charCodeAt(end - 1) === DOT) break;
  }
  return end;
}

/** Of US-ASCII, what {@link wordEnd} passes over. */
const ofWords = Uint8Array.from({ length: 128 }, (_, code) => Number(code === DOT || isAtomCharacter(code)));

/** Whether such a run is one of RFC 5322 §3.2.3. */
function isDotAtom(text: string, start: number, end: number): boolean {
  return end > start && text.charCodeAt(start) !== DOT && text.charCodeAt(end - 1) !== DOT;
}

/** After the words that go on, each after one space, where the first of them has ended. */
function phraseEnd(text: string, firstEnd: number): number {
  let end = firstEnd;
  while (text.charCodeAt(end) === SPACE) {
    const next = wordEnd(text, end + 1);
    if (next === end + 1) break;
    end = next;
  }
  return end;
}

/** After the quoted string that opens at `at`; at it where that is none, or one with more than plain text. */
function quotedEnd(text: string, at: number): number {
  for (let end = at + 1; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code === QUOTE) return end + 1;
    if (code < SPACE || code > 126 || code === BACKSLASH) break;
  }
  return at;
}
