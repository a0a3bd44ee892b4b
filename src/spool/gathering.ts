import { Buffer } from 'node:buffer';
import type { Bytes } from '../machine/index.ts';

/**
 * Octets gathered into one buffer that doubles as it fills, so that a peer who sends single octets
 * costs no more memory than one who sends large chunks.
 */
export class Gathering {
  #buffer: Buffer;
  #length = 0;

  /** @param expected how many octets to make room for at first */
  constructor(expected: number) {
    this.#buffer = Buffer.allocUnsafe(expected);
  }

  get length(): number {
    return this.#length;
  }

  /** Copies a chunk behind what is there. */
  append(chunk: Bytes): void {
    const length = this.#length + chunk.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#buffer.length));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
  }

  /** A view of what was gathered, good until the next `append` or `clear`. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  /** Forgets the octets and keeps the buffer for the next ones. */
  clear(): void {
    this.#length = 0;
  }
}
