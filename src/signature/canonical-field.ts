/** Header fields in the form that is signed (RFC 6376 §3.4.1, §3.4.2), one character for each octet. */

/** How much change on the way a signature forgives (RFC 6376 §3.4): none, or of white space only. */
export type Canonicalization = 'simple' | 'relaxed';

/** Where a header field stands in its section: the `HeaderField` of `mailwright/mime` is one. */
export interface SignedField {
  /** The name in lower case. */
  readonly key: string;
  /** The offset of its first octet. */
  readonly start: number;
  /** The offset after its line end. */
  readonly end: number;
}

/** A field as it is signed, with its CRLF: from its lower-case name, and its text as it stands. */
export function canonicalField(key: string, raw: string, form: Canonicalization): string {
  return `${canonicalText(key, raw, form)}\r\n`;
}

/**
 * A signature's own field as it is signed: the value of `b=` taken out with the white space around it,
 * and no CRLF at the end (RFC 6376 §3.7).
 */
export function canonicalSignatureField(key: string, raw: string, form: Canonicalization): string {
  return canonicalText(key, withoutSignature(raw), form);
}

function canonicalText(key: string, raw: string, form: Canonicalization): string {
  const end = raw.endsWith('\n') ? raw.length - (raw.endsWith('\r\n') ? 2 : 1) : raw.length;
  if (form === 'simple') return raw.slice(0, end);
  return `${key}:${relaxedValue(raw.slice(raw.indexOf(':') + 1, end))}`;
}

/** White space, and line ends in it or before it: at every place one way to match, so linear. */
const foldedWhite = /[ \t]+(?:\r\n[ \t]+)*|(?:\r\n[ \t]+)+/g;

/** RFC 6376 §3.4.2: unfolded, runs of white space made one space, none at the ends. */
function relaxedValue(value: string): string {
  const plain = !(value.includes('\n') || value.includes('\t') || value.includes('  '));
  const text = plain ? value : value.replace(foldedWhite, ' ');
  const start = text.startsWith(' ') ? 1 : 0;
  return text.slice(start, text.endsWith(' ') ? Math.max(start, text.length - 1) : text.length);
}

function withoutSignature(raw: string): string {
  for (let start = raw.indexOf(':') + 1; start > 0; start = raw.indexOf(';', start) + 1) {
    const equals = raw.indexOf('=', start);
    if (equals === -1) break;
    if (raw.slice(start, equals).trim() !== 'b') continue;
    const stop = raw.indexOf(';', equals);
    return raw.slice(0, equals + 1) + (stop === -1 ? '' : raw.slice(stop));
  }
  return raw;
}
