/**
 * Whether `From ` stands at `at`: at a line's beginning, what mbox takes for a new message (RFC 4155).
 *
 * @example
 * ```ts
 * import { startsFromLine } from 'mailwright/bytes';
 *
 * startsFromLine(Buffer.from('From me to you'), 0); // true
 * ```
 */
export function startsFromLine(octets: Uint8Array, at: number): boolean {
  return (
    octets[at] === 70 &&
    octets[at + 1] === 114 &&
    octets[at + 2] === 111 &&
    octets[at + 3] === 109 &&
    octets[at + 4] === 32
  );
}
