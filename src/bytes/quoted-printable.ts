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
 * @param out - memory for the octets, as long as `body` or longer; new memory by default
 *
 * @example
 * ```ts
 * import { decodeQuotedPrintable } from 'mailwright/bytes';
 *
 * decodeQuotedPrintable(new TextEncoder().encode('a=3Db')).octets; // the octets of "a=b"
 * ```
 */
export function decodeQuotedPrintable(
  body: Uint8Array,
  out: Uint8Array = Buffer.allocUnsafe(body.length),
): { octets: Uint8Array; faults: ReadonlySet<DecodeFault> } {
  const faults = new Set<DecodeFault>();
  const { written } = decode(body, out, true, faults);
  return { octets: out.subarray(0, written), faults };
}

/**
 * Decodes as much as is certain; with `final` all of it. `memory` has room for as many octets as `body`.
 *
 * Most octets are copied, four at a time. White space is written like any other octet and taken back at
 * the end of its line. `coded` is where the last octet that came as a code ends: it stays, even if it is
 * a space.
 */
function decode(
  body: Uint8Array,
  memory: Uint8Array,
  final: boolean,
  faults: Set<DecodeFault>,
): { read: number; written: number } {
  const octets = plainView(body);
  const out = plainView(memory);
  const from = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const into = new DataView(out.buffer, out.byteOffset, out.length);
  const end = octets.length;
  let at = 0;
  let to = 0;
  let coded = 0;
  while (at < end) {
    for (; at + 4 <= end; at += 4, to += 4) {
      const four = from.getInt32(at, true);
      if (holdsEqualsOrFeed(four)) break;
      into.setInt32(to, four, true);
    }
    let octet = octets[at]!;
    while (octet !== EQUALS && octet !== LF && at < end) {
      out[to++] = octet;
      octet = octets[++at]!;
    }
    if (at === end) break;
    if (octet === LF) {
      const cr = to > coded && out[to - 1] === CR ? 1 : 0;
      const kept = withoutBlanks(out, coded, to - cr);
      if (kept < to - cr) {
        to = kept;
        if (cr === 1) out[to++] = CR;
      }
      out[to++] = LF;
      at++;
      continue;
    }
    if (at + 2 < end) {
      const high = hexValues[octets[at + 1]!]!;
      const low = hexValues[octets[at + 2]!]!;
      if ((high | low) < 16) {
        out[to++] = (high << 4) | low;
        coded = to;
        at += 3;
        continue;
      }
    }
    const next = afterSoftBreak(octets, at, end);
    if (next >= 0) {
      // What precedes a soft line break does not end a line (RFC 2045 §6.7 rule 5).
      coded = to;
      at = next;
    } else if (next === undecided && !final) {
      break;
    } else if (next === undecided && blanksOnly(octets, at + 1, end)) {
      // A lone `=` at the very end is a soft line break that lost its line end.
      coded = to;
      at = end;
    } else {
      // RFC 2045 §6.7 (note 1): what is no code is kept as it is.
      faults.add('bad-character');
      out[to++] = EQUALS;
      at++;
    }
  }
  if (final) return { read: at, written: withoutBlanks(out, coded, to) };
  if (at < end) return { read: at, written: to };
  const cr = to > coded && out[to - 1] === CR ? 1 : 0;
  const kept = withoutBlanks(out, coded, to - cr);
  return { read: at - (to - kept), written: kept };
}

/**
 * Whether one of four octets is `=` or LF: made zero by exclusive or, it alone lends its high bit when one
 * is taken from it.
 */
function holdsEqualsOrFeed(four: number): boolean {
  const equals = four ^ 0x3d3d3d3d;
  const feed = four ^ 0x0a0a0a0a;
  const lent = ((equals - 0x01010101) & ~equals) | ((feed - 0x01010101) & ~feed);
  return (lent & 0x80808080) !== 0;
}

/** Views of one class: a loop that meets both Buffer and Uint8Array takes half as long again. */
function plainView(octets: Uint8Array): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** Where `out[from..end)` ends without the white space at its end. */
function withoutBlanks(out: Uint8Array, from: number, end: number): number {
  const least = Math.max(from, end - longestHold);
  let last = end;
  while (last > least && (out[last - 1] === SPACE || out[last - 1] === TAB)) last--;
  return last;
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
