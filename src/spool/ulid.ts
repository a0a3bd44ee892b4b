/**
 * ULIDs: 48 bits of time in ms and 80 random bits, written in Crockford's base 32
 * (<https://github.com/ulid/spec>). Within one source they only rise, also when the clock stands still or
 * goes back: then the random part counts on by one.
 */
import { randomBytes } from 'node:crypto';
import type { Bytes } from '../machine/index.ts';
import type { SpoolId } from './context.ts';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const half = 2 ** 40;

/** Where ids take their time (ms since 1970) and their randomness from. */
export interface UlidOptions {
  /** Default `Date.now`. */
  readonly now?: () => number;
  /** Gives so many unpredictable octets. Default `randomBytes` of `node:crypto`. */
  readonly random?: (octets: number) => Bytes;
}

/**
 * A source of rising ids.
 *
 * @example
 * ```ts
 * import { ulids } from 'mailwright/spool';
 *
 * const nextId = ulids({ now: () => 1469918176385 });
 * nextId().startsWith('01ARYZ6S41'); // true: the first ten characters are the time
 * ```
 */
export function ulids({ now = Date.now, random = randomBytes }: UlidOptions = {}): () => SpoolId {
  let time = -1;
  let high = 0;
  let low = 0;
  let timeText = '';
  return () => {
    const present = Math.floor(now());
    if (present > time) {
      time = present;
      timeText = base32(time, 10);
      const octets = random(10);
      // The top bit stays clear, so that counting on can not overflow.
      high = number40(octets, 0) % (half / 2);
      low = number40(octets, 5);
    } else if (++low === half) {
      low = 0;
      high++;
    }
    return timeText + base32(high, 8) + base32(low, 8);
  };
}

function number40(octets: Bytes, at: number): number {
  let value = 0;
  for (let i = at; i < at + 5; i++) value = value * 256 + (octets[i] ?? 0);
  return value;
}

function base32(value: number, length: number): string {
  let text = '';
  for (let rest = value; length > 0; length--) {
    text = alphabet.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
