/** One mail server: its addresses, and what DANE says of it. */
import { type DaneFinding, findTlsa } from '../../dane/index.ts';
import type { MtaStsFinding } from '../../mtasts/index.ts';
import type { Deferred, Failed } from '../outcome.ts';
import type { Target } from '../transport.ts';
import { type AddressOptions, findAddresses, type HostAddresses } from './host-addresses.ts';
import { refusal } from './refusal.ts';

/** A server with all that is known of it apart from any message. */
export interface MailHost {
  /** The name in the MX record or in the configuration; an address literal with its brackets. */
  readonly mxName: string;
  /** Lower is better. */
  readonly preference: number;
  readonly at: Target['at'];
  /** DNSSEC or the configuration vouches that the destination's mail goes to it. */
  readonly trusted: boolean;
  readonly dane: DaneFinding;
  /** The name that TLSA records were looked for at (RFC 7672 §2.2.3), which is also the one for SNI (§8.1). */
  readonly tlsaBase: string;
}

/** A server, or why it can't be used; `ttl` in seconds. */
export type HostFinding = { readonly name: string; readonly preference: number; readonly ttl: number } & (
  | { readonly ok: true; readonly host: MailHost }
  | Omit<Extract<HostAddresses, { ok: false }>, 'ttl'>
);

/** The servers of a destination apart from any message. */
export interface MailSite {
  readonly ok: true;
  /** The one that policies are published for. */
  readonly domain: string;
  /** The names of all of its servers, sorted, with a space between. */
  readonly key: string;
  /** At least one. */
  readonly hosts: readonly MailHost[];
  readonly sts: MtaStsFinding;
  /** Milliseconds for which it holds. */
  readonly holds: number;
}

/** The servers of a destination, or what there is to say instead. */
export type MailSiteFinding = MailSite | { readonly ok: false; readonly outcome: Deferred | Failed };

/** What looking for a host needs. */
export interface HostOptions extends AddressOptions {
  readonly port: number;
  /** Whether to look for TLSA records. */
  readonly dane: boolean;
}

/**
 * Looks a server up. Never rejects, unless the resolver does.
 *
 * @param trusted - what led to its name is authentic
 */
export async function findHost(
  name: string,
  preference: number,
  trusted: boolean,
  options: HostOptions,
): Promise<HostFinding> {
  const found = await findAddresses(name, options);
  if (!found.ok) return { ...found, name, preference };
  const tlsa = trusted && options.dane ? await findDane(name, found, options) : noDane(name);
  const at = { addresses: found.addresses, port: options.port };
  return {
    ok: true,
    name,
    preference,
    ttl: found.ttl,
    host: { mxName: name, preference, at, trusted, ...tlsa },
  };
}

/**
 * A server for which there is nothing to look up.
 *
 * @param name - for SNI: that of a Unix socket's server, or the IP address
 */
export function hostAt(at: Target['at'], mxName: string, name: string, preference: number): MailHost {
  return { mxName, preference, at, trusted: true, ...noDane(name) };
}

function noDane(name: string): Pick<MailHost, 'dane' | 'tlsaBase'> {
  return { dane: { kind: 'none' }, tlsaBase: name };
}

/**
 * RFC 7672 §2.2.1: only a server whose addresses are authentic too has TLSA records. RFC 7672 §2.2.2: they
 * are looked for at the end of its CNAMEs, then at its own name; there alone where the first CNAME is authentic
 * and what it leads to is not.
 */
async function findDane(
  name: string,
  found: Extract<HostAddresses, { ok: true }>,
  { port, resolver }: HostOptions,
): Promise<Pick<MailHost, 'dane' | 'tlsaBase'>> {
  if (!found.authentic) {
    if (found.name === name) return noDane(name);
    const alias = await resolver.resolve(name, 'CNAME');
    if (alias.status === 'failure') return { dane: { kind: 'failure', text: alias.text }, tlsaBase: name };
    if (alias.status !== 'ok' || !alias.authentic) return noDane(name);
  }
  for (const tlsaBase of new Set(found.authentic ? [found.name, name] : [name])) {
    const dane = await findTlsa(tlsaBase, port, resolver);
    if (dane.kind !== 'none') return { dane, tlsaBase };
  }
  return noDane(name);
}

/** What to say of a destination none of whose servers can be used. */
export function unreachable(destination: string, hosts: readonly HostFinding[]): Deferred | Failed {
  const troubles = hosts.flatMap((host) => (host.ok ? [] : [host]));
  const unknown = troubles.find(({ why }) => why === 'unknown');
  if (unknown !== undefined) return refusal('4.4.3', unknown.text);
  const [first] = troubles;
  // RFC 5321 §5.1: MX records that lead nowhere are an error, and no implicit MX takes their place.
  return refusal('5.4.4', `no server of ${destination} can be reached: ${first?.text ?? 'there is none'}`);
}

/** {@link MailSite.key} of these names. */
export function siteKey(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' ');
}
