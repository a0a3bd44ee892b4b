import { parseIpAddress } from '../address/index.ts';
import { type ResolveOptions, type Resolver, reverseName } from '../dns/index.ts';
import { addressType, confirms, hostNamesAmong } from './host-name.ts';
import { ipv4Words, ipv6Words } from './network.ts';

/**
 * Whether an address and its host name know each other (RFC 8601 §2.7.3):
 *
 * - `pass`: a PTR record of the address leads to a name that leads back to it.
 * - `fail`: it leads to names, and none of them leads back.
 * - `temperror`: DNS did not answer; later it may.
 * - `permerror`: the address has no name, or is none.
 */
export type IprevResult = 'pass' | 'fail' | 'temperror' | 'permerror';

/** The result, and the names it is about. */
export interface IprevVerdict {
  readonly result: IprevResult;
  /** The first name that leads back to the address; present with `pass` alone. */
  readonly name?: string;
  /** The names that PTR records gave, confirmed or not: at most ten, of letters, digits, `-`, `_` and dots. */
  readonly names: readonly string[];
  /** Why, for people. */
  readonly reason: string;
}

/**
 * Checks reverse and forward DNS of a client (RFC 8601 §3).
 *
 * @param options with a `signal` that ends the check as `temperror`
 * @example
 * ```ts
 * import { ZoneResolver } from 'mailwright/dns';
 * import { checkIprev } from 'mailwright/spf';
 *
 * const zone = new ZoneResolver({
 *   '1.2.0.192.in-addr.arpa': { PTR: ['mx.example.com'] },
 *   'mx.example.com': { A: ['192.0.2.1'] },
 * });
 * const { result, name } = await checkIprev('192.0.2.1', zone); // 'pass', 'mx.example.com'
 * ```
 */
export async function checkIprev(
  ip: string,
  resolver: Resolver,
  options: ResolveOptions = {},
): Promise<IprevVerdict> {
  const address = parseIpAddress(ip);
  if (address === null) return { result: 'permerror', names: [], reason: 'no IP address' };
  const words = (address.family === 'ipv4' ? ipv4Words : ipv6Words)(address.address) ?? [];
  const reverse = await resolver.resolve(reverseName(address.address), 'PTR', options);
  if (reverse.status === 'failure') return { result: 'temperror', names: [], reason: `PTR: ${reverse.why}` };
  if (reverse.status !== 'ok') return { result: 'permerror', names: [], reason: `PTR: ${reverse.status}` };
  const names = hostNamesAmong(reverse.records);
  let unknown: string | undefined;
  for (const name of names) {
    const ask = (host: string) => resolver.resolve(host, addressType(words), options);
    const confirmed = await confirms(ask, name, words);
    if (confirmed === true) return { result: 'pass', name, names, reason: `${name} has the address` };
    if (confirmed === 'failure') unknown ??= name;
  }
  return unknown === undefined
    ? { result: 'fail', names, reason: 'no name has the address' }
    : { result: 'temperror', names, reason: `${unknown}: no answer` };
}
