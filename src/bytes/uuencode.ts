/**
 * Uuencode, the form of attachments before MIME: lines of a length character and letters, between
 * `begin MODE NAME` and `end` (IEEE Std 1003.1 `uuencode`). It is found within plain text bodies.
 */
import { Buffer } from 'node:buffer';
import { type DecodeFault, noOctets, type OctetDecoder } from './octet-decoder.ts';
import { latin1Text } from './octet-text.ts';

/** Longest line that is read: its length character counts at most 45 octets in practice, 63 at most. */
const longestLine = 100;

/**
 * A streaming decoder of uuencode. What stands before the `begin` line and after `end` is passed over.
 *
 * @example
 * ```ts
 * import { UuDecoder } from 'mailwright/bytes';
 *
 * const decoder = new UuDecoder();
 * decoder.push(new TextEncoder().encode('begin 644 cat.txt\n#0V%T\n`\nend\n')); // the octets of "Cat"
 * ```
 */
export class UuDecoder implements OctetDecoder {
  readonly #faults = new Set<DecodeFault>();
  #line = '';
  #state: 'before' | 'within' | 'after' = 'before';

  get faults(): ReadonlySet<DecodeFault> {
    return this.#faults;
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#state === 'after') return noOctets;
    const text = this.#line + latin1Text(chunk);
    const out = Buffer.allocUnsafe(text.length + 1);
    let written = 0;
    let start = 0;
    for (let feed = text.indexOf('\n'); feed !== -1; feed = text.indexOf('\n', start)) {
      written = this.#read(text.slice(start, Math.min(feed, start + longestLine)), out, written);
      start = feed + 1;
    }
    // Of an overlong line no more than its beginning is kept: it carries nothing.
    this.#line = text.slice(start, start + longestLine);
    return out.subarray(0, written);
  }

  end(): Uint8Array {
    const out = Buffer.allocUnsafe(longestLine);
    const written = this.#line === '' ? 0 : this.#read(this.#line, out, 0);
    this.#line = '';
    if (this.#state !== 'after') this.#faults.add('truncated');
    return out.subarray(0, written);
  }

  #read(line: string, out: Uint8Array, at: number): number {
    const text = line.trimEnd();
    if (this.#state === 'before') {
      if (isUuBegin(text)) this.#state = 'within';
      return at;
    }
    if (this.#state === 'after' || text === '') return at;
    if (text === 'end') {
      this.#state = 'after';
      return at;
    }
    const size = (text.charCodeAt(0) - 32) & 63;
    let to = at;
    let left = size;
    for (let unit = 1; left > 0 && unit < text.length; unit += 4, left -= 3) {
      const bits =
        (six(text, unit) << 18) |
        (six(text, unit + 1) << 12) |
        (six(text, unit + 2) << 6) |
        six(text, unit + 3);
      out[to++] = bits >> 16;
      if (left > 1) out[to++] = bits >> 8;
      if (left > 2) out[to++] = bits;
    }
    if (left > 0) this.#faults.add('truncated');
    return to;
  }
}

/** Six bits of the letter at `at`; a letter lost at a line's end was a space, which stands for 0. */
function six(text: string, at: number): number {
  return at < text.length ? (text.charCodeAt(at) - 32) & 63 : 0;
}

/** Whether a line is `begin`, an octal mode of three or four digits and a name. */
export function isUuBegin(line: string): boolean {
  return /^begin [0-7]{3,4} \S/.test(line);
}
