/** The TLSA records of a mail server, and whether they can be relied on (RFC 7672 §2.1, §2.2, §3.1). */
import type { ResolveOptions, Resolver, TlsaData } from '../dns/index.ts';

/** What DNS says about TLS with a server. */
export type DaneFinding =
  /**
   * The server must be met with TLS, and its certificate must match one of `records`; where that list is
   * empty, all records are of no use, and TLS without authentication must do (RFC 7672 §2.2).
   */
  | { readonly kind: 'records'; readonly records: readonly TlsaData[]; readonly name: string }
  /** There are none, or DNSSEC does not vouch for them: DANE does not apply. */
  | { readonly kind: 'none' }
  /** DNSSEC may be under attack: the server must not be used now (RFC 7672 §2.1.2). */
  | { readonly kind: 'failure'; readonly text: string };

/**
 * Looks up the TLSA records of a server.
 *
 * The MX records that led to it, and its addresses, must be authentic as well (RFC 7672 §2.2.1), or at least
 * the alias that it is (RFC 7672 §2.2.2); whoever looked them up knows. `authentic` is true only of resolvers that the host trusts to validate.
 *
 * @param host - the name in the MX record, or that of its addresses where that is another (RFC 7672 §2.2.2)
 *
 * @example
 * ```ts
 * import { findTlsa } from 'mailwright/dane';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const key = { usage: 3, selector: 1, matching: 1, data: new Uint8Array(32) };
 * const zone = new ZoneResolver({ '_25._tcp.mx.example.com': { TLSA: [key] } }, { authentic: true });
 * await findTlsa('mx.example.com', 25, zone); // { kind: 'records', ... }
 * ```
 */
export async function findTlsa(
  host: string,
  port: number,
  resolver: Resolver,
  options: ResolveOptions = {},
): Promise<DaneFinding> {
  const answer = await resolver.resolve(`_${port}._tcp.${host}`, 'TLSA', options);
  if (answer.status === 'failure') return { kind: 'failure', text: answer.text };
  if (answer.status !== 'ok' || !answer.authentic) return { kind: 'none' };
  return {
    kind: 'records',
    records: answer.records.slice(0, mostRecords).filter(isUsable),
    name: answer.name,
  };
}

/** Records looked at; servers have a handful, also while keys roll over. */
const mostRecords = 100;

const digestLengths: Readonly<Record<number, number>> = { 1: 32, 2: 64 };

/**
 * PKIX-TA(0) and PKIX-EE(1) are of no use to SMTP (RFC 7672 §3.1.3); nor are selectors and matching types
 * that nobody knows, or digests of another length (RFC 6698 §4).
 */
function isUsable({ usage, selector, matching, data }: TlsaData): boolean {
  if ((usage !== 2 && usage !== 3) || (selector !== 0 && selector !== 1)) return false;
  return matching === 0 ? data.length > 0 : digestLengths[matching] === data.length;
}
