/**
 * IPv4 and IPv6 addresses as RFC 5321 §4.1.3 writes them, and IPv6 as RFC 5952 prints it.
 */

/** What is wrong with an IPv6 address; each is a diagnosis of its own. */
type Ipv6Fault =
  | 'ipv6-group-count'
  | 'ipv6-two-elisions'
  | 'ipv6-bad-group'
  | 'ipv6-too-many-groups'
  | 'ipv6-leading-colon'
  | 'ipv6-trailing-colon';

/** An IPv6 address as text in the form of RFC 5952, or why it is none. */
export type Ipv6Parse =
  | { readonly ok: true; readonly address: string; readonly elidesOneGroup: boolean }
  | { readonly ok: false; readonly why: Ipv6Fault };

/**
 * `IPv4-address-literal = Snum 3("." Snum)`, `Snum = 1*3DIGIT`, 0 to 255 (RFC 5321 §4.1.3)
 *
 * @returns the four numbers, or `null`
 */
export function parseIpv4(text: string): readonly number[] | null {
  if (text.length > 15) return null;
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  const numbers = parts.map((part) => (/^[0-9]{1,3}$/.test(part) ? Number(part) : 256));
  return numbers.every((number) => number < 256) ? numbers : null;
}

/**
 * `IPv6-addr = IPv6-full / IPv6-comp / IPv6v4-full / IPv6v4-comp` (RFC 5321 §4.1.3)
 *
 * A `::` for a single group is read too, since RFC 5952 §4 wants every form of RFC 4291 understood;
 * it is never written.
 */
export function parseIpv6(text: string): Ipv6Parse {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const ipv4 = parseIpv4(tail);
  const groups = text.split(':');
  if (ipv4 !== null) groups.splice(-1, 1, hex(ipv4[0]! * 256 + ipv4[1]!), hex(ipv4[2]! * 256 + ipv4[3]!));

  const given = groups.filter((group) => group !== '').length;
  const elision = text.indexOf('::');
  if (text.startsWith(':') && elision !== 0) return { ok: false, why: 'ipv6-leading-colon' };
  if (text.endsWith(':') && !text.endsWith('::')) return { ok: false, why: 'ipv6-trailing-colon' };
  const twoElisions = elision !== text.lastIndexOf('::');
  if (elision >= 0 && !twoElisions && given > 7) return { ok: false, why: 'ipv6-too-many-groups' };
  if (!groups.every((group) => /^[0-9A-Fa-f]{0,4}$/.test(group))) return { ok: false, why: 'ipv6-bad-group' };
  if (twoElisions) return { ok: false, why: 'ipv6-two-elisions' };
  if (elision < 0 && groups.length !== 8) return { ok: false, why: 'ipv6-group-count' };

  const numbers = groups.filter((group) => group !== '').map((group) => Number.parseInt(group, 16));
  if (elision >= 0) numbers.splice(groups.indexOf(''), 0, ...new Array<number>(8 - given).fill(0));
  return { ok: true, address: formatIpv6(numbers), elidesOneGroup: given === 7 };
}

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two zeros or more as `::`. */
function formatIpv6(groups: readonly number[]): string {
  // RFC 5952 §5: IPv4-mapped addresses keep their dotted end.
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${groups[6]! >> 8}.${groups[6]! & 255}.${groups[7]! >> 8}.${groups[7]! & 255}`;
  }
  let start = 0;
  let length = 1;
  for (let first = 0; first < 8; first += 1) {
    let run = 0;
    while (groups[first + run] === 0) run += 1;
    if (run > length) [start, length] = [first, run];
  }
  const text = groups.map(hex);
  if (length < 2) return text.join(':');
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`;
}

function hex(group: number): string {
  return group.toString(16);
}
