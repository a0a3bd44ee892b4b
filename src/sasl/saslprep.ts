/**
 * SASLprep (RFC 4013): one form for names and passwords that look alike.
 *
 * Where it departs from the letter, and why:
 *
 * - Code points that Unicode 3.2 had not assigned pass, in stored strings too. The rule for queries
 *   (RFC 3454 §7) is thus used for both sides, so that a password with an emoji of today works, as
 *   it does under RFC 8265.
 * - NFKC is the JavaScript engine's, of a later Unicode than 3.2.
 * - The left-to-right characters of RFC 3454 §D.2 are told by their general category, so some signs
 *   and symbols pass among right-to-left letters that the table refuses.
 *
 * Of the code points of Unicode 3.2, five come out otherwise than by the letter when they stand alone
 * (their normalization was corrected later), and 645 of 232,755 between two Hebrew letters.
 */

/** RFC 3454 §C.1.2: spaces other than U+0020. */
const otherSpace = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;

/** RFC 3454 §B.1: commonly mapped to nothing. */
const nothing = /\u034f|[\ufe00-\ufe0f]|[\u180b-\u180d]|\u200d|[\u00ad\u1806\u200c\u2060\ufeff]/gu;

/** RFC 4013 §2.3: the tables C.2.1 to C.9 of RFC 3454, in the order of their code points. */
const prohibited = new RegExp(
  [
    '[\\p{Cc}\\p{Co}\\p{Cs}\\p{Noncharacter_Code_Point}',
    '\\u0340\\u0341\\u06dd\\u070f\\u180e\\u200c-\\u200f\\u2028-\\u202e\\u2060-\\u2063\\u206a-\\u206f',
    '\\u2ff0-\\u2ffb\\ufeff\\ufff9-\\ufffd',
    '\\u{1d173}-\\u{1d17a}\\u{e0001}\\u{e0020}-\\u{e007f}]',
  ].join(''),
  'u',
);

/** RFC 3454 §D.1: characters of right-to-left writing (bidirectional category R or AL). */
const rightToLeft = new RegExp(
  [
    '[\\u05be\\u05c0\\u05c3\\u05d0-\\u05ea\\u05f0-\\u05f4\\u061b\\u061f\\u0621-\\u063a\\u0640-\\u064a',
    '\\u066d-\\u066f\\u0671-\\u06d5\\u06dd\\u06e5\\u06e6\\u06fa-\\u06fe\\u0700-\\u070d\\u0710',
    '\\u0712-\\u072c\\u0780-\\u07a5\\u07b1\\u200f\\ufb1d\\ufb1f-\\ufb28\\ufb2a-\\ufb36\\ufb38-\\ufb3c',
    '\\ufb3e\\ufb40\\ufb41\\ufb43\\ufb44\\ufb46-\\ufbb1\\ufbd3-\\ufd3d\\ufd50-\\ufd8f\\ufd92-\\ufdc7',
    '\\ufdf0-\\ufdfc\\ufe70-\\ufe74\\ufe76-\\ufefc]',
  ].join(''),
  'u',
);

/** RFC 3454 §D.2, near enough: letters, and marks and digits that run with them, as Arabic and ASCII digits do not. */
const leftToRight = /[\p{L}\p{Mc}\p{Nl}]|(?![0-9\u0660-\u0669\u06f0-\u06f9])\p{Nd}/u;

/** Printable ASCII is its own preparation; nearly every name and password is nothing else. */
const plain = /^[ -~]*$/;

/**
 * Prepares a user name or password for comparison (RFC 4013), or gives `null` where it holds
 * something prohibited: controls, private or unpaired code points, or text that runs both ways.
 *
 * Linear in the text, whose length the caller has bounded. The outcome may be empty, which RFC 4616
 * §2 and RFC 5802 §5.1 refuse for a user name and a password.
 *
 * @example
 * ```ts
 * import { saslprep } from 'mailwright/sasl';
 *
 * saslprep('I\u00adX'); // 'IX'
 * saslprep('\u2168'); // 'IX'
 * saslprep('\u0007'); // null
 * ```
 */
export function saslprep(text: string): string | null {
  if (plain.test(text)) return text;
  // RFC 4013 §2.1 and §2.2.
  const mapped = text.replace(otherSpace, ' ').replace(nothing, '').normalize('NFKC');
  return prohibited.test(mapped) || !runsOneWay(mapped) ? null : mapped;
}

/** A user name or password prepared, or `null` where it cannot be or nothing is left of it. */
export function prepared(text: string): string | null {
  return saslprep(text) || null;
}

/** An authorization identity prepared: `null` where none was given, `undefined` where it cannot be. */
export function preparedAuthzid(text: string | null): string | null | undefined {
  return text ? (prepared(text) ?? undefined) : null;
}

/** RFC 3454 §6: right-to-left text has no left-to-right letter, and begins and ends in kind. */
function runsOneWay(text: string): boolean {
  if (!rightToLeft.test(text)) return true;
  const characters = Array.from(text);
  const isRight = (character: string): boolean => rightToLeft.test(character);
  return (
    isRight(characters.at(0) ?? '') &&
    isRight(characters.at(-1) ?? '') &&
    !characters.some((character) => leftToRight.test(character) && !isRight(character))
  );
}
