import type { OctetRange } from './contract.ts';
import { SpoolError } from './error.ts';

/**
 * A range cut to a message of `size` octets, so that `0 <= start <= end <= size`.
 *
 * @throws SpoolError `SPOOL_MISUSE` when a bound is no non-negative integer, or `end` is before `start`
 */
export function cutRange(size: number, range: OctetRange = {}): { start: number; end: number } {
  const { start = 0, end = size } = range;
  const sound =
    Number.isSafeInteger(start) &&
    start >= 0 &&
    (end === Number.POSITIVE_INFINITY || Number.isSafeInteger(end));
  if (!sound || (range.end !== undefined && end < start)) {
    throw new SpoolError('SPOOL_MISUSE', `from ${start} to ${end} is no range of octets`);
  }
  return { start: Math.min(start, size), end: Math.max(Math.min(start, size), Math.min(end, size)) };
}
