/**
 * The lenient reading of content: each CR or LF that stands alone becomes CRLF.
 *
 * What comes out holds CRLF as its only line end, so that no later server can find another end of
 * data in it. As in strict reading, only CRLF.CRLF ends the content; a dot behind a lone CR or LF
 * starts a line as well and is dropped.
 */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';
import type { ContentReader } from './dot-stuffing.ts';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** Octets read at once: few at first, so that little is allocated for content that ends soon. */
const smallestWindow = 512;
const largestWindow = 16_384;

/** Rewrites lone CR and LF as CRLF, and where `dotted` is set takes out dots and finds the end. */
export class NewlineNormaliser implements ContentReader {
  readonly bare = false;
  ended = false;
  piece: Bytes | null = null;
  readonly #dotted: boolean;
  #window = smallestWindow;
  /** At a line's start: after CRLF, or after a lone CR or LF that was rewritten. */
  #lineStart = true;
  /** After CRLF or at the very start: only here a dot may be the end's. */
  #trueStart = true;
  /** A dot was dropped at a true line start, and nothing followed yet. */
  #dot = false;
  /** A CR is held back until the octet behind it is known. */
  #cr = false;

  constructor(dotted: boolean) {
    this.#dotted = dotted;
  }

  take(chunk: Buffer, at: number): number {
    // An octet yields at most two: a held CR becomes CRLF before it.
    const end = Math.min(chunk.length, at + this.#window);
    this.#window = Math.min(2 * this.#window, largestWindow);
    const out = Buffer.allocUnsafe(2 * (end - at) + 2);
    let length = 0;
    let position = at;
    while (position < end && !this.ended) {
      length = this.#step(chunk[position] as number, out, length);
      position += 1;
    }
    this.piece = length === 0 ? null : out.subarray(0, length);
    return position;
  }

  /** The content is complete without an end of its own: what is still held back, or `null`. */
  end(): Bytes | null {
    return this.#cr ? Buffer.from('\r\n') : null;
  }

  /** Writes what is certain once `octet` is known, and returns the new length of `out`. */
  #step(octet: number, out: Buffer, length: number): number {
    let to = length;
    if (this.#cr) {
      this.#cr = false;
      if (octet === LF && this.#dot) {
        this.ended = true;
        return to;
      }
      to = this.#breakLine(out, to, octet === LF);
      if (octet === LF) return to;
    }
    if (octet === CR) {
      this.#cr = true;
      return to;
    }
    if (octet === LF) return this.#breakLine(out, to, false);
    if (octet === DOT && this.#dotted && this.#lineStart) {
      this.#lineStart = false;
      this.#dot = this.#trueStart;
      return to;
    }
    this.#lineStart = false;
    this.#dot = false;
    out[to] = octet;
    return to + 1;
  }

  #breakLine(out: Buffer, length: number, isCrlf: boolean): number {
    out[length] = CR;
    out[length + 1] = LF;
    this.#lineStart = true;
    this.#trueStart = isCrlf;
    this.#dot = false;
    return length + 2;
  }
}
