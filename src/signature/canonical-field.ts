/** Header fields in the form that is signed (RFC 6376 §3.4.1, §3.4.2), one character for each octet. */
import { latin1Text } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';

/** How much change on the way a signature forgives (RFC 6376 §3.4): none, or of white space only. */
export type Canonicalization = 'simple' | 'relaxed';

/** A header field as it stands in a message: the `HeaderField` of `mailwright/mime` is one. */
export interface SignedField {
  /** The name in lower case. */
  readonly key: string;
  /** Name, colon, value and line end. */
  readonly raw: Bytes;
}

/** A field as it is signed, with its CRLF. */
export function canonicalField(field: SignedField, canonicalization: Canonicalization): string {
  return `${canonicalText(field.key, latin1Text(field.raw), canonicalization)}\r\n`;
}

/**
 * A signature's own field as it is signed: the value of `b=` taken out with the white space around it,
 * and no CRLF at the end (RFC 6376 §3.7).
 */
export function canonicalSignatureField(field: SignedField, canonicalization: Canonicalization): string {
  return canonicalText(field.key, withoutSignature(latin1Text(field.raw)), canonicalization);
}

function canonicalText(key: string, raw: string, canonicalization: Canonicalization): string {
  const end = raw.endsWith('\n') ? raw.length - (raw.endsWith('\r\n') ? 2 : 1) : raw.length;
  if (canonicalization === 'simple') return raw.slice(0, end);
  return `${key}:${relaxedValue(raw.slice(raw.indexOf(':') + 1, end))}`;
}

/** RFC 6376 §3.4.2: unfolded, runs of white space made one space, none at the ends. */
function relaxedValue(value: string): string {
  let text = value.includes('\n') ? value.replaceAll('\r\n', '') : value;
  if (text.includes('\t') || text.includes('  ')) text = text.replace(/[ \t]+/g, ' ');
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
