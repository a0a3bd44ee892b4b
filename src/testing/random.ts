/**
 * A seeded source of numbers for tests: the same seed gives the same sequence on every machine.
 *
 * It is not for keys, nonces or identifiers (sfc32 by Chris Doty-Humphrey; public domain algorithm).
 *
 * @example
 * ```ts
 * import { SeededRandom } from 'mailwright/testing';
 *
 * const random = new SeededRandom(7);
 * random.below(6) + 1; // a die that always falls the same way
 * ```
 */
export class SeededRandom {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c: number;
  #count = 1;

  /** @param seed - any number; its low 32 bits count */
  constructor(seed: number) {
    this.#c = seed | 0;
    for (let round = 0; round < 12; round++) this.next();
  }

  /** The next whole number from 0 to 2^32 - 1. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A number from 0 up to, and without, 1: for whatever takes a function in place of `Math.random`. */
  readonly fraction = (): number => this.next() / 0x1_0000_0000;

  /** A whole number from 0 up to, and without, `limit` (1 to 2^32). */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** One of `choices`, which must not be empty. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new RangeError('nothing to pick from');
    return choices[this.below(choices.length)] as T;
  }

  /** `size` octets. */
  bytes(size: number): Uint8Array {
    const octets = new Uint8Array(size);
    for (let at = 0; at < size; at++) octets[at] = this.next() >>> 24;
    return octets;
  }
}
