/**
 * Content on its way out, by the rules that keep it from being read otherwise than it was meant.
 *
 * Whatever is written, in what comes out CR and LF stand only together (RFC 5321 §2.3.8), the last line
 * is ended, and for DATA no line is a lone dot (RFC 5321 §4.5.2). So there is one end of data, ours,
 * even for a server that takes `LF.LF` or `CR.CR` for one. How the content was cut makes no difference.
 */
import { Buffer } from 'node:buffer';
import { findLineAnomaly } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';

const CR = 0x0d;
const LF = 0x0a;
const DOT = 0x2e;
const lineEnd = Buffer.from('\r\n');

/** Where the writing stands: after CRLF or at the start, after a CR whose LF is owed, or within a line. */
type State = 'lineStart' | 'cr' | 'text';

/** Writes text content; `dotted` for DATA, not so for BDAT, where a dot means nothing (RFC 3030 §2). */
export class ContentWriter {
  /** A CR or LF stood alone and was made a line end. */
  mended = false;
  readonly #dotted: boolean;
  #state: State = 'lineStart';

  constructor(dotted: boolean) {
    this.#dotted = dotted;
  }

  /** The octets to send for `chunk`: views of it wherever nothing had to be changed. */
  write(chunk: Bytes): readonly Bytes[] {
    if (chunk.length === 0) return [];
    const found = this.#firstAnomaly(chunk);
    if (found === chunk.length) {
      this.#state = stateAfter(chunk[found - 1] as number);
      return [chunk];
    }
    if (found === 0) return [this.#rewrite(chunk, 0)];
    this.#state = stateAfter(chunk[found - 1] as number);
    return [chunk.subarray(0, found), this.#rewrite(chunk, found)];
  }

  /** The content is complete: what is still to be sent of it, or `null`. */
  end(): Bytes | null {
    if (this.#state === 'lineStart') return null;
    if (this.#state === 'text') return lineEnd;
    this.mended = true;
    return lineEnd.subarray(1);
  }

  #firstAnomaly(chunk: Bytes): number {
    const first = chunk[0];
    if (this.#state === 'cr') {
      if (first !== LF) return 0;
      return chunk[1] === DOT ? 1 : findLineAnomaly(chunk, 1);
    }
    return this.#state === 'lineStart' && first === DOT ? 0 : findLineAnomaly(chunk, 0);
  }

  /** From the first anomaly on, octet by octet; each becomes two at most, and one LF may be owed. */
  #rewrite(chunk: Bytes, from: number): Bytes {
    const out = Buffer.allocUnsafe(2 * (chunk.length - from) + 1);
    let state = this.#state;
    let length = 0;
    for (let at = from; at < chunk.length; at += 1) {
      const octet = chunk[at] as number;
      if (state === 'cr') {
        out[length++] = LF;
        state = 'lineStart';
        if (octet === LF) continue;
        this.mended = true;
      }
      if (octet === CR) {
        out[length++] = CR;
        state = 'cr';
      } else if (octet === LF) {
        out[length++] = CR;
        out[length++] = LF;
        this.mended = true;
        state = 'lineStart';
      } else {
        if (octet === DOT && state === 'lineStart' && this.#dotted) out[length++] = DOT;
        out[length++] = octet;
        state = 'text';
      }
    }
    this.#state = state;
    return out.subarray(0, length);
  }
}

function stateAfter(octet: number): State {
  if (octet === CR) return 'cr';
  return octet === LF ? 'lineStart' : 'text';
}
