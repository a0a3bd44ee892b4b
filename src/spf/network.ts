/** IP addresses as numbers, for comparing their first so many bits. */
import { parseIpAddress } from '../address/index.ts';

/** An address as words of 32 bits: one for IPv4, four for IPv6. */
export type Words = readonly number[];

/**
 *     qnum = DIGIT / %x31-39 DIGIT / "1" 2DIGIT / "2" %x30-34 DIGIT / "25" %x30-35
 *
 * Four of them, with no leading zeros (RFC 7208 §5.6, §12).
 */
export function ipv4Words(text: string): Words | null {
  if (text.length > 15) return null;
  let word = 0;
  let dots = 0;
  let number = -1;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      if (number < 0 || ++dots > 3) return null;
      word = word * 256 + number;
      number = -1;
    } else if (code >= 0x30 && code <= 0x39 && number !== 0) {
      number = Math.max(number, 0) * 10 + code - 0x30;
      if (number > 255) return null;
    } else return null;
  }
  return dots === 3 && number >= 0 ? [word * 256 + number] : null;
}

/** Any form of RFC 4291 §2.2; an address that maps an IPv4 one is an IPv6 address here. */
export function ipv6Words(text: string): Words | null {
  if (!text.includes(':') || text.includes('%')) return null;
  const ip = parseIpAddress(text);
  if (ip === null) return null;
  if (ip.family === 'ipv4') return [0, 0, 0xffff, ...(ipv4Words(ip.address) ?? [])];
  const [head = [], tail = []] = ip.address
    .split('::')
    .map((side) => (side === '' ? [] : side.split(':').map((group) => Number.parseInt(group, 16))));
  const elided = new Array<number>(8 - head.length - tail.length).fill(0);
  const groups = [...head, ...elided, ...tail];
  return [0, 2, 4, 6].map((at) => (groups[at] ?? 0) * 0x10000 + (groups[at + 1] ?? 0));
}

/** Whether the first `bits` bits are the same. */
export function sharePrefix(a: Words, b: Words, bits: number): boolean {
  for (let at = 0; at < a.length; at++) {
    const left = bits - 32 * at;
    if (left <= 0) return true;
    const unlike = ((a[at] ?? 0) ^ (b[at] ?? 0)) >>> 0;
    if (unlike !== 0 && (left >= 32 || unlike >>> (32 - left) !== 0)) return false;
  }
  return true;
}

/** The sixteen octets as 32 hexadecimal digits between dots, as `%{i}` has them (RFC 7208 §7.3). */
export function dottedNibbles(words: Words): string {
  return [...words.map((word) => word.toString(16).padStart(8, '0')).join('')].join('.');
}
