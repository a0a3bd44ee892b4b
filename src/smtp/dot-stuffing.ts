/**
 * Dot-stuffing (RFC 5321 §4.5.2), the reading side, a chunk at a time.
 *
 * Only CRLF.CRLF ends the content; a dot at the start of any other line is dropped. CR and LF that
 * stand alone are no line ends (RFC 5321 §2.3.8): servers that took them for such let one message
 * smuggle in another. The first one sets `bare`, and from there on only the end is looked for.
 *
 * Chunks are searched natively for the few places that matter; all between is handed out as views.
 */
import type { Buffer } from 'node:buffer';
import { findLineAnomaly } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';

/** Reads content that ends by itself, whichever way lone CR and LF are treated. */
export interface ContentReader {
  /** The end was read. */
  readonly ended: boolean;
  /** A CR or LF stood alone, and what was handed out is not to be used. */
  readonly bare: boolean;
  /** What the last `take` found, or `null`. */
  readonly piece: Bytes | null;
  /**
   * Reads on in `chunk` from `at`, and returns how far it came.
   *
   * Call it until it returns `chunk.length` or `ended` is true; each call yields at most one piece.
   */
  take(chunk: Buffer, at: number): number;
}

/** Where the reading stands between two octets. */
type State =
  /** After CRLF, or at the very start. */
  | 'lineStart'
  /** After a dot at a line's start. */
  | 'dot'
  /** After CR behind such a dot. */
  | 'dotCr'
  /** Within a line. */
  | 'text'
  /** After CR within a line or at its start. */
  | 'cr';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;

/** Takes the dots out of dot-stuffed content and finds its end. */
export class DotUnstuffer implements ContentReader {
  #state: State = 'lineStart';
  ended = false;
  bare = false;
  piece: Bytes | null = null;

  take(chunk: Buffer, at: number): number {
    this.piece = null;
    let position = at;
    while (position < chunk.length) {
      if (this.#state === 'text') {
        position = this.#search(chunk, position);
        continue;
      }
      const octet = chunk[position] as number;
      if (this.#state === 'lineStart' && octet === DOT) {
        this.#state = 'dot';
        if (position > at) this.piece = chunk.subarray(at, position);
        return position + 1;
      }
      if (this.#state === 'dotCr' && octet === LF) {
        this.ended = true;
        return position + 1;
      }
      // Behind a dropped dot the CR is held back: it belongs to the end, or stands alone.
      if (this.#state === 'dot' && octet === CR) {
        this.#state = 'dotCr';
        return position + 1;
      }
      this.#state = this.#after(octet);
      position += 1;
    }
    if (chunk.length > at) this.piece = chunk.subarray(at);
    return chunk.length;
  }

  /** The state behind an octet that is part of a line; notes a CR or LF that stands alone. */
  #after(octet: number): State {
    const afterCr = this.#state === 'cr' || this.#state === 'dotCr';
    if (afterCr && octet === LF) return 'lineStart';
    if (afterCr || octet === LF) this.bare = true;
    return octet === CR ? 'cr' : 'text';
  }

  /** Within a line: skips to the next dot at a line's start, or to the end of the chunk. */
  #search(chunk: Buffer, position: number): number {
    const index = findLineAnomaly(chunk, position);
    if (index === chunk.length) {
      const last = chunk[index - 1];
      if (last === CR) this.#state = 'cr';
      if (last === LF) this.#state = 'lineStart';
      return index;
    }
    if (chunk[index] === DOT && chunk[index - 1] === LF) {
      this.#state = 'lineStart';
      return index;
    }
    // LF without CR here, or CR before an octet that is not LF.
    this.bare = true;
    return chunk[index] === LF ? index + 1 : index;
  }
}
