/** Domain names as DNS holds and compares them. */

/** RFC 1035 §2.3.4: 255 octets on the wire are 253 characters between dots. */
const longestName = 253;
const longestLabel = 63;

/**
 * The form in which names are compared and asked for: letters in lower case, no dot at the end.
 *
 * Any octet may stand in a label (RFC 2181 §11); only ASCII letters have two cases (RFC 4343 §3). The
 * root is the empty text.
 *
 * @returns `null` where DNS cannot hold the name: an empty label, one of more than 63 octets, more than
 *   253 in all, a character above U+00FF
 */
export function canonicalName(text: string): string | null {
  const length = text.endsWith('.') ? text.length - 1 : text.length;
  if (length > longestName) return null;
  let label = 0;
  let upper = false;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      if (label === 0 || label > longestLabel) return null;
      label = 0;
      continue;
    }
    if (code > 0xff) return null;
    if (code >= 0x41 && code <= 0x5a) upper = true;
    label++;
  }
  if (label > longestLabel || (label === 0 && length > 0)) return null;
  const name = length === text.length ? text : text.slice(0, length);
  return upper ? name.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) : name;
}

/**
 * The name whose PTR records tell an address's host names (RFC 1035 §3.5, RFC 3596 §2.5).
 *
 * @param address in canonical form, as `parseIpAddress` of `mailwright/address` gives it
 * @example
 * ```ts
 * import { reverseName } from 'mailwright/dns';
 *
 * reverseName('192.0.2.1'); // '1.2.0.192.in-addr.arpa'
 * reverseName('2001:db8::1').endsWith('.8.b.d.0.1.0.0.2.ip6.arpa'); // true
 * ```
 */
export function reverseName(address: string): string {
  if (!address.includes(':')) return `${address.split('.').reverse().join('.')}.in-addr.arpa`;
  const [head = [], tail = []] = address
    .split('::')
    .map((side) => side.split(':').filter((group) => group !== ''));
  const elided = new Array<string>(8 - head.length - tail.length).fill('0');
  const nibbles = [...head, ...elided, ...tail].map((group) => group.padStart(4, '0')).join('');
  return `${[...nibbles].reverse().join('.')}.ip6.arpa`;
}
