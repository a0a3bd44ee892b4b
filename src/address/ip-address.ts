import { parseIpv4, parseIpv6 } from './ip.ts';

/** An IP address in its one canonical form: equal addresses are equal text. */
export interface IpAddress {
  readonly family: 'ipv4' | 'ipv6';
  /** Dotted decimal, or the form of RFC 5952. */
  readonly address: string;
}

/**
 * Reads an IP address as sockets, proxies and configuration write it: without brackets, an IPv6 zone
 * (`%eth0`) cut off, an IPv4-mapped address as the IPv4 address it stands for (RFC 4291 §2.5.5.2).
 *
 * @returns `null` for anything else
 * @example
 * ```ts
 * import { parseIpAddress } from 'mailwright/address';
 *
 * parseIpAddress('::ffff:192.0.2.1'); // { family: 'ipv4', address: '192.0.2.1' }
 * parseIpAddress('2001:DB8:0::1'); // { family: 'ipv6', address: '2001:db8::1' }
 * ```
 */
export function parseIpAddress(text: string): IpAddress | null {
  if (text.length > 64) return null;
  const zone = text.indexOf('%');
  const bare = zone < 0 ? text : text.slice(0, zone);
  const ipv4 = parseIpv4(bare);
  if (ipv4 !== null) return { family: 'ipv4', address: ipv4.join('.') };
  const ipv6 = parseIpv6(bare);
  if (!ipv6.ok) return null;
  const { address } = ipv6;
  // A dot stands in mapped addresses only (RFC 5952 §5).
  if (address.includes('.')) return { family: 'ipv4', address: address.slice('::ffff:'.length) };
  return { family: 'ipv6', address };
}
