/** Writing quoted-printable (RFC 2045 §6.7). */

import { Buffer } from 'node:buffer';
import { startsFromLine } from './from-line.ts';

/** RFC 2045 §6.7 (5): 76 characters, of which the last may be the soft line break's `=`. */
const longestLine = 76;
const hex = '0123456789ABCDEF';

/**
 * Encodes octets as a quoted-printable body. CRLF stays a line end; any other CR or LF is encoded, so
 * decoding gives exactly these octets. Lines that begin with a dot or with `From ` are encoded too, since
 * careless software on the way alters such lines, and so are those that begin with two hyphens: a soft line
 * break would else make a delimiter of what is none.
 *
 * @example
 * ```ts
 * import { encodeQuotedPrintable } from 'mailwright/bytes';
 *
 * encodeQuotedPrintable(new TextEncoder().encode('café\r\n')); // the octets of "caf=C3=A9\r\n"
 * ```
 */
export function encodeQuotedPrintable(octets: Uint8Array): Uint8Array {
  // The worst is three characters for each octet, and a soft break for each 73 characters.
  const out = Buffer.allocUnsafe(octets.length * 3 + Math.ceil((octets.length * 3) / 73) * 3 + 3);
  let at = 0;
  let column = 0;
  for (let i = 0; i < octets.length; i++) {
    const octet = octets[i] as number;
    if (octet === 13 && octets[i + 1] === 10) {
      out[at++] = 13;
      out[at++] = 10;
      i++;
      column = 0;
      continue;
    }
    const ends = i + 1 === octets.length || (octets[i + 1] === 13 && octets[i + 2] === 10);
    const plain = isPlain(octet, ends) && !(column === 0 && startsBadly(octets, i));
    const width = plain ? 1 : 3;
    if (column + width > (ends ? longestLine : longestLine - 1)) {
      out[at++] = 61;
      out[at++] = 13;
      out[at++] = 10;
      column = 0;
      i--; // what may not begin a line is looked at again
      continue;
    }
    if (plain) {
      out[at++] = octet;
    } else {
      out[at++] = 61;
      out[at++] = hex.charCodeAt(octet >> 4);
      out[at++] = hex.charCodeAt(octet & 15);
    }
    column += width;
  }
  return out.subarray(0, at);
}

/** RFC 2045 §6.7 (2), (3): printable, and white space unless it ends a line. */
function isPlain(octet: number, ends: boolean): boolean {
  if (octet === 32 || octet === 9) return !ends;
  return octet > 32 && octet < 127 && octet !== 61;
}

/**
 * A line of SMTP that begins with a dot (RFC 5321 §4.5.2), what mbox takes for a new message (RFC 4155), or
 * what may be a multipart's delimiter (RFC 2046 §5.1.1).
 */
function startsBadly(octets: Uint8Array, at: number): boolean {
  return octets[at] === 46 || (octets[at] === 45 && octets[at + 1] === 45) || startsFromLine(octets, at);
}
