/**
 * Base64 as message bodies have it (RFC 2045 §6.8): in lines, tolerant of what mail does to it, and
 * streaming. For the strict base64 of protocol lines see `decodeBase64`.
 *
 * Characters outside the alphabet are passed over, and padding ends the octets, as RFC 2045 §6.8 has it:
 * the footer that a mailing list appended to a body in base64 is not read as octets.
 */
import { Buffer } from 'node:buffer';
import { type DecodeFault, noOctets, type OctetDecoder } from './octet-decoder.ts';
import { latin1Text } from './octet-text.ts';

const BLANK = 1;
const PAD = 2;
const JUNK = 3;

const LF = 10;
const CR = 13;
const HYPHEN = 45;
const EQUALS = 61;
const LOW_LINE = 95;

/** 0 for the alphabet. */
const kinds = new Uint8Array(256).fill(JUNK);
for (const letter of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') {
  kinds[letter.charCodeAt(0)] = 0;
}
for (const blank of ' \t\r\n') kinds[blank.charCodeAt(0)] = BLANK;
kinds['='.charCodeAt(0)] = PAD;

/**
 * A streaming decoder of base64 bodies.
 *
 * @example
 * ```ts
 * import { Base64BodyDecoder } from 'mailwright/bytes';
 *
 * const decoder = new Base64BodyDecoder();
 * decoder.push(new TextEncoder().encode('SGVs\r\nbG')); // the octets of "Hel"
 * decoder.push(new TextEncoder().encode('8=')); // the octets of "lo"
 * decoder.end(); // nothing
 * ```
 */
export class Base64BodyDecoder implements OctetDecoder {
  readonly #faults = new Set<DecodeFault>();
  /** Up to three letters that do not make a unit yet. */
  #carry = '';
  #padded = false;

  get faults(): ReadonlySet<DecodeFault> {
    return this.#faults;
  }

  push(chunk: Uint8Array): Uint8Array {
    let letters = this.#carry.length;
    let junk = false;
    let end = 0;
    for (; end < chunk.length && !this.#padded; end++) {
      const kind = kinds[chunk[end]!]!;
      if (kind === 0) letters++;
      else if (kind === JUNK) junk = true;
      else if (kind === PAD) this.#padded = true;
    }
    if (junk) this.#faults.add('bad-character');
    if (this.#padded) this.#checkPadding(chunk, end);
    // Letters of an incomplete unit wait for the next chunk; padding completes one.
    let cut = end;
    let rest = '';
    for (let left = this.#padded ? 0 : letters % 4; left > 0 && cut > 0; ) {
      cut--;
      if (kinds[chunk[cut]!] === 0) {
        rest = String.fromCharCode(chunk[cut]!) + rest;
        left--;
      }
    }
    if (letters < 4 && !this.#padded) {
      this.#carry += rest;
      return noOctets;
    }
    const text = this.#carry + latin1Text(chunk, 0, cut);
    this.#carry = rest;
    return Buffer.from(junk ? text.replace(/[^A-Za-z0-9+/]+/g, '') : text, 'base64');
  }

  end(): Uint8Array {
    if (this.#carry === '') return noOctets;
    this.#faults.add('truncated');
    return Buffer.from(this.#carry, 'base64');
  }

  /** After padding nothing but padding and blanks is due. */
  #checkPadding(chunk: Uint8Array, from: number): void {
    for (let i = from; i < chunk.length; i++) {
      if (kinds[chunk[i]!] === 0) {
        this.#faults.add('data-after-padding');
        return;
      }
    }
  }
}

/**
 * Decodes a base64 body that is in memory. The native decoder does it; only where the
 * count of octets tells that something was odd is the body read again by {@link Base64BodyDecoder},
 * which names the faults. The octets are the same either way.
 *
 * @example
 * ```ts
 * import { decodeBase64Body } from 'mailwright/bytes';
 *
 * decodeBase64Body(new TextEncoder().encode('SGVs\r\nbG8=\r\n')).octets; // the octets of "Hello"
 * ```
 */
export function decodeBase64Body(body: Uint8Array): { octets: Uint8Array; faults: ReadonlySet<DecodeFault> } {
  const octets = decodeRegular(body);
  if (octets !== null) return { octets, faults: noFaults };
  const decoder = new Base64BodyDecoder();
  const decoded = decoder.push(body);
  const rest = decoder.end();
  return {
    octets: rest.length === 0 ? decoded : Buffer.concat([decoded, rest]),
    faults: decoder.faults,
  };
}

const noFaults: ReadonlySet<DecodeFault> = new Set();

/** Text is made of so many octets at a time: more would leave the caches, and the young generation. */
const stepSize = 65_536;

/**
 * Decodes what encoders write: lines of one length that hold whole units, the last one shorter, padding
 * and an end of line at most at the end. `null` where the count of octets tells that it is something else.
 */
function decodeRegular(body: Uint8Array): Uint8Array | null {
  const { indexOf } = Buffer.prototype;
  // The native decoder takes the alphabet of URLs (RFC 4648 §5) for letters, which it is not in mail.
  if (indexOf.call(body, HYPHEN) !== -1 || indexOf.call(body, LOW_LINE) !== -1) return null;
  let end = body.length;
  while (end > 0 && body[end - 1]! <= 32) end--;
  const pads = body[end - 1] !== EQUALS ? 0 : body[end - 2] !== EQUALS ? 1 : 2;
  const feed = indexOf.call(body, LF);
  const line = feed === -1 || feed >= end ? end : feed + 1;
  const lineEnd = line === end ? 0 : body[feed - 1] === CR ? 2 : 1;
  const letters = line === end ? end : end - Math.floor((end - 1) / line) * lineEnd;
  if (letters % 4 !== 0 || (line !== end && (line - lineEnd) % 4 !== 0)) return null;
  const size = (letters / 4) * 3 - pads;
  // One octet more has room, so that a surplus is noticed.
  const octets = Buffer.allocUnsafe(size + 1);
  const whole = line === end ? 4 : line;
  const step = Math.max(1, Math.floor(stepSize / whole)) * whole;
  let written = 0;
  for (let at = 0; at < end; at += step) {
    written += octets.write(latin1Text(body, at, Math.min(at + step, end)), written, 'base64');
  }
  return written === size ? octets.subarray(0, size) : null;
}
