import { Buffer } from 'node:buffer';
import { latin1Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';

/**
 * Gives octets that come in chunks the line ends that are asked for: LF and CRLF count as one; a CR that
 * stands alone is no line end in mail and stays (RFC 5322 §2.2).
 *
 * @example
 * ```ts
 * import { LineEnds } from 'mailwright/mime';
 *
 * const converter = new LineEnds('\r\n');
 * converter.push(new TextEncoder().encode('a\nb\r')); // the octets of "a\r\nb"
 * converter.push(new TextEncoder().encode('\n')); // the octets of "\r\n"
 * converter.end(); // nothing
 * ```
 */
export class LineEnds {
  readonly #to: '\r\n' | '\n';
  /** A CR that a LF may follow. */
  #carry = '';

  constructor(to: '\r\n' | '\n') {
    this.#to = to;
  }

  push(chunk: Bytes): Bytes {
    const text = this.#carry + latin1Text(chunk);
    const cut = text.endsWith('\r') ? text.length - 1 : text.length;
    this.#carry = text.slice(cut);
    return Buffer.from(text.slice(0, cut).replace(/\r?\n/g, this.#to), 'latin1');
  }

  end(): Bytes {
    return Buffer.from(this.#carry, 'latin1');
  }
}
