import { Buffer } from 'node:buffer';

/** 57 octets make a line of 76 characters, the most that RFC 2045 §6.8 allows. */
const lineOctets = 57;
const lineLength = 76;

/**
 * Encodes octets that come in chunks as a base64 body: lines of 76 characters, each with CRLF (RFC 2045
 * §6.8). Any split gives the same octets.
 *
 * @example
 * ```ts
 * import { Base64BodyEncoder } from 'mailwright/bytes';
 *
 * const encoder = new Base64BodyEncoder();
 * encoder.push(new TextEncoder().encode('Hello')); // nothing: a line is not full
 * encoder.end(); // the octets of "SGVsbG8=\r\n"
 * ```
 */
export class Base64BodyEncoder {
  /** What does not fill a line yet. */
  #rest: Uint8Array = new Uint8Array(0);

  /** Takes the next chunk, which may be changed afterwards, and gives the lines that are full. */
  push(chunk: Uint8Array): Uint8Array {
    const octets = this.#rest.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#rest, chunk]);
    const full = octets.length - (octets.length % lineOctets);
    this.#rest = Uint8Array.prototype.slice.call(octets, full);
    return lines(octets.subarray(0, full));
  }

  /** The last line; nothing where all were full. */
  end(): Uint8Array {
    return lines(asBuffer(this.#rest));
  }
}

function asBuffer(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

function lines(octets: Buffer): Uint8Array {
  const encoded = Buffer.from(octets.toString('base64'), 'latin1');
  const count = Math.ceil(encoded.length / lineLength);
  const result = Buffer.allocUnsafe(encoded.length + count * 2);
  let at = 0;
  for (let start = 0; start < encoded.length; start += lineLength) {
    at += encoded.copy(result, at, start, Math.min(start + lineLength, encoded.length));
    result[at++] = 13;
    result[at++] = 10;
  }
  return result;
}
