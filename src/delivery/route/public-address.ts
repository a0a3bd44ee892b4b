import { parseIpAddress } from '../../address/index.ts';

/** Networks of IPv4 that are nobody's on the Internet (RFC 6890 §2.2.2), as first address and prefix length. */
const closed = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  // Multicast, and all that is reserved above it.
  ['224.0.0.0', 3],
] as const;

const closedNetworks = closed.map(([address, length]) => ({ network: network(address, length), length }));

/**
 * Whether an IP address can be a mail server's on the Internet: not loopback, private, link-local, multicast
 * or unspecified. A domain that names such an address as its server would have mail sent to whoever is there
 * in the sender's own network. Addresses set aside for documentation count as public.
 *
 * @param address - IPv4 or IPv6 in any form; an IPv4-mapped one counts as the address it stands for
 * @example
 * ```ts
 * import { isPublicAddress } from 'mailwright/delivery';
 *
 * isPublicAddress('203.0.113.7'); // true
 * isPublicAddress('127.0.0.1'); // false
 * isPublicAddress('::ffff:10.0.0.1'); // false
 * ```
 */
export function isPublicAddress(address: string): boolean {
  const ip = parseIpAddress(address);
  if (ip === null) return false;
  if (ip.family === 'ipv4') {
    return !closedNetworks.some((each) => network(ip.address, each.length) === each.network);
  }
  // RFC 4291 §2.4: all that is global unicast today is in 2000::/3; beside it stands NAT64 (RFC 6052 §2.1).
  const first = Number.parseInt(ip.address, 16);
  return (first >= 0x2000 && first <= 0x3fff) || ip.address.startsWith('64:ff9b::');
}

/** The first `length` bits of an IPv4 address as a number. */
function network(address: string, length: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  return Math.floor((((a * 256 + b) * 256 + c) * 256 + d) / 2 ** (32 - length));
}
