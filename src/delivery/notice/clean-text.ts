/** Texts of strangers, made fit to stand in a line of ours. */

/** RFC 5322 §2.1.1: a line has at most 998 octets; a field's name and type find room beside this. */
const mostOctets = 900;

const encoder = new TextEncoder();
const notText = /[\s\p{Cc}\p{Cs}\p{Zl}\p{Zp}]+/gu;
const notAscii = /[^\x20-\x7e]/gu;

/**
 * The text as one line of at most 900 octets: white space and controls become single spaces, so that nothing can
 * begin a line or a field of its own, and all beyond US-ASCII becomes `?` unless `utf8` is set.
 */
export function cleanText(text: string, utf8: boolean): string {
  // Before anything looks at all of it: a host's text may be as long as it likes.
  const line = text
    .slice(0, 2 * mostOctets)
    .replace(notText, ' ')
    .trim();
  if (!utf8) return line.replace(notAscii, '?').slice(0, mostOctets);
  const { read } = encoder.encodeInto(line, new Uint8Array(mostOctets));
  return line.slice(0, read);
}
