/** The IP addresses of a mail server, in the order in which they are tried. */
import { parseHeloName, parseIpAddress } from '../../address/index.ts';
import type { Resolver } from '../../dns/index.ts';

/** Which family of addresses goes first, or alone. */
export type FamilyOrder = 'ipv6-first' | 'ipv4-first' | 'ipv6-only' | 'ipv4-only';

/** What looking for addresses needs beside a host. */
export interface AddressOptions {
  readonly resolver: Resolver;
  /** Default `ipv6-first`. */
  readonly families?: FamilyOrder;
  /** Whether mail may go to an IP address. Default: to all of them. */
  readonly allowAddress?: (address: string) => boolean;
  /** Our own addresses, in canonical form. Default: none. */
  readonly ownAddresses?: ReadonlySet<string>;
}

/** The addresses of a host, or why there is none to be used. */
export type HostAddresses =
  | {
      readonly ok: true;
      /** In the one canonical form; at least one. */
      readonly addresses: readonly string[];
      /** DNSSEC vouches for them. */
      readonly authentic: boolean;
      /** Whose addresses they are: the host's own name, or the end of its chain of CNAMEs. */
      readonly name: string;
      /** Seconds. */
      readonly ttl: number;
    }
  /** `own`: the host is this one; `barred`: none to which mail is sent; `unknown`: nobody could say. */
  | {
      readonly ok: false;
      readonly why: 'own' | 'none' | 'barred' | 'unknown';
      readonly text: string;
      readonly ttl: number;
    };

const anywhere = () => true;

/** Addresses of one family that are used; more of them only make waits longer. */
const mostOfFamily = 5;

/**
 * The IP addresses of a server, both families looked up at once, five of each at most. Rejects only where the
 * resolver breaks its promises.
 *
 * @example
 * ```ts
 * import { findAddresses } from 'mailwright/delivery';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const resolver = new ZoneResolver({
 *   'mx.example.org': { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
 * });
 * const found = await findAddresses('mx.example.org', { resolver });
 * if (found.ok) found.addresses; // ['2001:db8::1', '192.0.2.1']
 * ```
 */
export async function findAddresses(host: string, options: AddressOptions): Promise<HostAddresses> {
  const { resolver, families = 'ipv6-first', allowAddress = anywhere, ownAddresses } = options;
  const order = families.startsWith('ipv6') ? (['AAAA', 'A'] as const) : (['A', 'AAAA'] as const);
  const asked = families.endsWith('only') ? order.slice(0, 1) : order;
  const answers = await Promise.all(asked.map((type) => resolver.resolve(host, type)));
  const known = answers.filter((answer) => answer.status !== 'failure');
  const found = known.filter((answer) => answer.status === 'ok');
  const ttl = Math.min(...known.map((answer) => answer.ttl));
  const listed = found.map(({ records }) => canonical(records));
  if (listed.some((addresses) => addresses.some((address) => ownAddresses?.has(address)))) {
    return { ok: false, why: 'own', text: `${host} is this host`, ttl };
  }
  const usable = listed.flatMap((addresses) => addresses.filter(allowAddress).slice(0, mostOfFamily));
  if (usable.length > 0) {
    const authentic = known.every((answer) => answer.authentic);
    return { ok: true, addresses: [...new Set(usable)], authentic, name: found[0]?.name ?? host, ttl };
  }
  const failed = answers.find((answer) => answer.status === 'failure');
  if (failed !== undefined) {
    const text = `the address of ${host} can't be looked up: ${failed.text}`;
    return { ok: false, why: 'unknown', text, ttl: 0 };
  }
  const [barred] = listed.flat();
  if (barred === undefined) return { ok: false, why: 'none', text: `${host} has no address`, ttl };
  return { ok: false, why: 'barred', text: `no mail is sent to ${barred}, the address of ${host}`, ttl };
}

function canonical(records: readonly string[]): string[] {
  return records.flatMap((record) => parseIpAddress(record)?.address ?? []);
}

/**
 * The IP address, in canonical form, that stands in the place of a host's name: bare, or as an address
 * literal (RFC 5321 §4.1.3). `null` for a name.
 */
export function addressIn(host: string): string | null {
  const helo = parseHeloName(host);
  if (!helo.ok || typeof helo.name === 'string') return parseIpAddress(host)?.address ?? null;
  return helo.name.kind === 'general' ? null : (parseIpAddress(helo.name.address)?.address ?? null);
}
