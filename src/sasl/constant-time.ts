import { timingSafeEqual } from 'node:crypto';
import type { Bytes } from '../machine/index.ts';

/** Whether two runs of octets are the same, in time that tells nothing but their lengths. */
export function equalOctets(left: Bytes, right: Bytes): boolean {
  return left.length === right.length && timingSafeEqual(left, right);
}
