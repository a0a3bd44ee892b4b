/**
 * Whether a report may go where a record sends it: destinations of other organizations must consent
 * (RFC 9990 §4, for failure reports RFC 9991 §5).
 */
import type { Resolver } from '../dns/index.ts';
import { Discovery, type DiscoveryOptions } from './discovery.ts';
import { parseDmarcRecord } from './record.ts';
import { mailboxOfUri } from './report-uri.ts';

/** Where reports go, and what became of the other URIs. */
export interface ReportDestinations {
  /** Addresses in the record's order, each once. */
  readonly addresses: readonly string[];
  readonly refused: readonly RefusedDestination[];
}

/** A URI that gets no report. */
export interface RefusedDestination {
  readonly uri: string;
  readonly why:
    | 'unsupported' // no mailto URI of one mailbox
    | 'not-authorized' // another's, and it did not consent
    | 'bad-override' // it consented, with a destination of yet another host (RFC 9990 §4)
    | 'dns-failure'; // nobody knows: try later
}

/** URIs looked into; each may cost a tree walk. */
const mostUris = 10;

/**
 * Finds the addresses that reports on a policy domain go to.
 *
 * @param policyDomain - the domain whose record asks for reports
 * @param uris - that record's `rua` or `ruf`
 * @param tag - which of both; a consenting record may name another address of the same host in it
 *
 * @example
 * ```ts
 * import { reportDestinations } from 'mailwright/dmarc';
 * import { ZoneResolver } from 'mailwright/dns';
 *
 * const zone = new ZoneResolver({ 'example.com._report._dmarc.example.net': { TXT: ['v=DMARC1'] } });
 * await reportDestinations('example.com', ['mailto:dmarc@example.net'], 'rua', zone);
 * // { addresses: ['dmarc@example.net'], refused: [] }
 * ```
 */
export async function reportDestinations(
  policyDomain: string,
  uris: readonly string[],
  tag: 'rua' | 'ruf',
  resolver: Resolver,
  options: DiscoveryOptions = {},
): Promise<ReportDestinations> {
  const discovery = new Discovery(resolver, options);
  const addresses = new Set<string>();
  const refused: RefusedDestination[] = [];
  for (const uri of uris.slice(0, mostUris)) {
    const mailbox = mailboxOfUri(uri);
    if (mailbox === null) {
      refused.push({ uri, why: 'unsupported' });
      continue;
    }
    const consent = await consentOf(policyDomain, mailbox.domain, tag, discovery, resolver, options);
    if (typeof consent === 'string') refused.push({ uri, why: consent });
    else for (const address of consent ?? [mailbox.address]) addresses.add(address);
  }
  return { addresses: [...addresses], refused };
}

/** The addresses that a consenting host names instead, `null` where it names none, or why there is no consent. */
async function consentOf(
  policyDomain: string,
  host: string,
  tag: 'rua' | 'ruf',
  discovery: Discovery,
  resolver: Resolver,
  options: DiscoveryOptions,
): Promise<readonly string[] | null | RefusedDestination['why']> {
  if (host === policyDomain) return null;
  const [ours, theirs] = [await discovery.organization(policyDomain), await discovery.organization(host)];
  if (ours.kind === 'failure' || theirs.kind === 'failure') return 'dns-failure';
  if (ours.domain === theirs.domain) return null;
  // Steps 2 to 5. A name that DNS cannot hold is answered by NXDOMAIN (step 4).
  const answer = await resolver.resolve(`${policyDomain}._report._dmarc.${host}`, 'TXT', options);
  if (answer.status === 'failure') return 'dns-failure';
  if (answer.status !== 'ok') return 'not-authorized';
  const records = answer.records.map(parseDmarcRecord).filter((record) => record !== null);
  if (records.length === 0) return 'not-authorized';
  const overrides = records.flatMap((record) => record[tag].map(mailboxOfUri));
  if (overrides.length === 0) return null;
  // Step 9: an override must be of the same host.
  if (overrides.some((mailbox) => mailbox?.domain !== host)) return 'bad-override';
  return overrides.flatMap((mailbox) => mailbox?.address ?? []);
}
