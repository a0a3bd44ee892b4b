import type { FencingToken } from './contract.ts';
import { SpoolError } from './error.ts';

/** Remembers the highest fencing token seen, and refuses lower ones. */
export class Fence {
  #highest: bigint;

  constructor(highest = 0n) {
    this.#highest = highest;
  }

  get highest(): bigint {
    return this.#highest;
  }

  /**
   * Admits a write with this token, or with none.
   *
   * @returns whether the token is a new highest one, which the spool has to persist
   * @throws SpoolError `SPOOL_FENCED` when a higher one was seen, `SPOOL_MISUSE` when it is no token
   */
  admit(token: FencingToken | undefined): boolean {
    if (token === undefined) return false;
    const value = checkedToken(token);
    if (value < this.#highest) {
      throw new SpoolError(
        'SPOOL_FENCED',
        `fencing token ${value} is below ${this.#highest}: another owner has taken over this spool`,
      );
    }
    const rises = value > this.#highest;
    this.#highest = value;
    return rises;
  }
}

/** The highest token: what fits into 64 bits, as counters elsewhere do. */
const highestToken = 2n ** 64n - 1n;

/** @throws SpoolError `SPOOL_MISUSE` for what is no integer from 0 to 2^64 - 1, or a number beyond the safe ones */
export function checkedToken(token: FencingToken): bigint {
  if ((typeof token === 'number' && !Number.isSafeInteger(token)) || token < 0 || token > highestToken) {
    throw new SpoolError('SPOOL_MISUSE', `a fencing token must be an integer of 64 bits, not ${token}`);
  }
  return BigInt(token);
}
