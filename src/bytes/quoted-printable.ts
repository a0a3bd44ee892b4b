/**
 * Quoted-printable (RFC 2045 §6.7): a tolerant streaming decoder, and an encoder.
 *
 * Tolerated: lower-case hex digits, `=` before anything else (kept as it is), lines of any length, LF
 * alone, white space between `=` and the line end. White space at the end of a line is deleted
 * (RFC 2045 §6.7 rule 3).
 */
import { Buffer } from 'node:buffer';
import { type DecodeFault, noOctets, type OctetDecoder } from './octet-decoder.ts';

const LF = 10;
const CR = 13;
const TAB = 9;
const SPACE = 32;
const EQUALS = 61;

/** The value of a hex digit; 255 for other octets. */
const hexValues = new Uint8Array(256).fill(255);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  hexValues[digit.charCodeAt(0)] = value;
  hexValues[digit.toUpperCase().charCodeAt(0)] = value;
}

/** No more white space than this is deleted before a line end, so that no more has to be held back. */
const longestHold = 1024;

/**
 * A streaming decoder of quoted-printable.
 *
 * @example
 * ```ts
 * import { QuotedPrintableDecoder } from 'mailwright/bytes';
 *
 * const decoder = new QuotedPrintableDecoder();
 * decoder.push(new TextEncoder().encode('caf=C3=')); // the octets of "caf" and 0xC3
 * decoder.push(new TextEncoder().encode('A9  \r\n')); // 0xA9 and CRLF
 * ```
 */
export class QuotedPrintableDecoder implements OctetDecoder {
  readonly #faults = new Set<DecodeFault>();
  /** The end of the last chunk, which only more octets can decide. */
  #carry: Uint8Array = noOctets;

  get faults(): ReadonlySet<DecodeFault> {
    return this.#faults;
  }

  push(chunk: Uint8Array): Uint8Array {
    const octets = this.#carry.length === 0 ? chunk : Buffer.concat([this.#carry, chunk]);
    const out = Buffer.allocUnsafe(octets.length);
    const { read, written } = decode(octets, out, false, this.#faults);
    this.#carry = read === octets.length ? noOctets : Buffer.from(octets.subarray(read));
    return out.subarray(0, written);
  }

  end(): Uint8Array {
    const out = Buffer.allocUnsafe(this.#carry.length);
    const { written } = decode(this.#carry, out, true, this.#faults);
    this.#carry = noOctets;
    return out.subarray(0, written);
  }
}

/**
 * Decodes quoted-printable that is in memory.
 *
 * @example
 * ```ts
 * import { decodeQuotedPrintable } from 'mailwright/bytes';
 *
 * decodeQuotedPrintable(new TextEncoder().encode('a=3Db')).octets; // the octets of "a=b"
 * ```
 */
export function decodeQuotedPrintable(body: Uint8Array): {
  octets: Uint8Array;
  faults: ReadonlySet<DecodeFault>;
} {
  const faults = new Set<DecodeFault>();
  const out = Buffer.allocUnsafe(body.length);
  const { written } = decode(body, out, true, faults);
  return { octets: out.subarray(0, written), faults };
}

/** Decodes as much as is certain; with `final` all of it. `out` has room for as many octets as `octets`. */
function decode(
  octets: Uint8Array,
  out: Uint8Array,
  final: boolean,
  faults: Set<DecodeFault>,
): { read: number; written: number } {
  const end = octets.length;
  let at = 0;
  let to = 0;
  while (at < end) {
    const octet = octets[at]!;
    if (octet === EQUALS) {
      if (at + 2 < end) {
        const high = hexValues[octets[at + 1]!]!;
        const low = hexValues[octets[at + 2]!]!;
        if ((high | low) < 16) {
          out[to++] = (high << 4) | low;
          at += 3;
          continue;
        }
      }
      const next = afterSoftBreak(octets, at, end);
      if (next === undecided) {
        if (!final) break;
        // A lone `=` at the very end is a soft line break that lost its line end.
        at = blanksOnly(octets, at + 1, end) ? end : keep();
      } else {
        at = next === noSoftBreak ? keep() : next;
      }
    } else if ((octet === SPACE || octet === TAB) && !(octets[at + 1]! > SPACE)) {
      let next = at + 1;
      while (next < end && (octets[next] === SPACE || octets[next] === TAB)) next++;
      const cr = octets[next] === CR ? 1 : 0;
      const unsure = next + cr === end;
      const kept = unsure || octets[next + cr] === LF ? Math.max(at, next - longestHold) : next;
      while (at < kept) out[to++] = octets[at++]!;
      if (unsure && !final) break;
      at = next;
    } else {
      out[to++] = octet;
      at++;
    }
  }
  return { read: at, written: to };

  /** RFC 2045 §6.7 (note 1): what is no code is kept as it is. */
  function keep(): number {
    faults.add('bad-character');
    out[to++] = EQUALS;
    return at + 1;
  }
}

const undecided = -1;
const noSoftBreak = -2;

/** The place after the soft line break at `at` (RFC 2045 §6.7 rule 5), which may hold white space. */
function afterSoftBreak(octets: Uint8Array, at: number, end: number): number {
  let next = at + 1;
  const far = Math.min(end, next + longestHold);
  while (next < far && (octets[next] === SPACE || octets[next] === TAB)) next++;
  if (octets[next] === LF) return next + 1;
  if (next === end) return undecided;
  if (octets[next] === CR) {
    if (next + 1 === end) return undecided;
    return octets[next + 1] === LF ? next + 2 : noSoftBreak;
  }
  // One hex digit at the end: the second may follow.
  return next === at + 1 && next + 1 === end && hexValues[octets[next]!]! < 16 ? undecided : noSoftBreak;
}

function blanksOnly(octets: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (octets[i]! > SPACE) return false;
  return true;
}
