/** The servers of a destination as one kind of message may use them. */
import type { Deferred, Failed } from '../outcome.ts';
import type { AppliedTlsPolicy, SiteHost } from '../site.ts';
import type { Target, TlsDemand } from '../transport.ts';
import { shuffledByPreference } from './exchangers.ts';
import { addressIn } from './host-addresses.ts';
import type { MailHost, MailSite } from './mail-host.ts';
import type { Manner } from './manner.ts';
import { refusal } from './refusal.ts';
import type { Source } from './source.ts';
import { type TlsReportDetail, type TlsWish, tlsDemand } from './tls-demand.ts';

interface Usable {
  readonly preference: number;
  readonly host: MailHost;
  readonly tls: TlsDemand;
  readonly policy: AppliedTlsPolicy;
}

interface Ranked {
  readonly preference: number;
  readonly siteHost: SiteHost;
}

/** The servers as one source meets them: with their preference, and in one order of those that keep it. */
interface Seen {
  readonly ranked: readonly Ranked[];
  readonly ordered: readonly SiteHost[];
}

/** Sets of hosts that are kept for sources; a host that makes sources anew each time gains nothing. */
const mostSources = 64;

/** See the top of this file. */
export class RuledSite {
  readonly key: string;
  /** What is to be reported of each attempt, whatever becomes of it. */
  readonly reports: readonly { readonly policy: AppliedTlsPolicy; readonly detail: TlsReportDetail }[];
  /** What to say where no server may be used. */
  readonly refusal: Deferred | Failed | null;
  readonly #usable: readonly Usable[];
  readonly #manner: Manner;
  readonly #bySource = new Map<Source, Seen>();
  /** No two servers are equal, so that their order is always the same. */
  readonly #strict: boolean;

  constructor(site: MailSite, wish: TlsWish, manner: Manner) {
    this.key = site.key;
    this.#manner = manner;
    const reports: { policy: AppliedTlsPolicy; detail: TlsReportDetail }[] = policyFault(site);
    const usable: Usable[] = [];
    const refusals: (Deferred | Failed)[] = [];
    for (const host of site.hosts) {
      const address = addressIn(host.mxName);
      const names = manner.certificateNames ?? (address === null ? undefined : [address]);
      const ruling = tlsDemand({
        policy: manner.tls,
        wish,
        domain: site.domain,
        mxName: host.mxName,
        trustedName: host.trusted,
        ...(names !== undefined && { certificateNames: names }),
        sts: site.sts,
        dane: host.dane,
        tlsaBase: host.tlsaBase,
      });
      const { policy } = ruling;
      if (ruling.detail !== undefined) reports.push({ policy, detail: ruling.detail });
      if (!ruling.ok) refusals.push(refusal(ruling.status, ruling.text));
      else {
        const tls = lowered(ruling.tls, wish, manner);
        usable.push({ preference: host.preference, host, tls, policy });
      }
    }
    this.reports = reports;
    this.#usable = usable;
    this.#strict = new Set(usable.map(({ preference }) => preference)).size === usable.length;
    this.refusal =
      usable.length > 0
        ? null
        : (refusals.find(({ result }) => result === 'deferred') ??
          refusals[0] ??
          refusal('5.4.4', `${site.domain} has no servers`));
  }

  /** The servers in the order in which they are tried, equal ones in random order (RFC 5321 §5.1). */
  hosts(source: Source, random: () => number): readonly SiteHost[] {
    let seen = this.#bySource.get(source);
    if (seen === undefined) {
      const ranked = this.#usable.map((usable) => this.#rank(usable, source));
      seen = { ranked, ordered: ranked.map(({ siteHost }) => siteHost) };
      if (this.#bySource.size === mostSources) this.#bySource.clear();
      this.#bySource.set(source, seen);
    }
    if (this.#strict) return seen.ordered;
    return shuffledByPreference(seen.ranked, random).map(({ siteHost }) => siteHost);
  }

  #rank({ preference, host, tls, policy }: Usable, source: Source): Ranked {
    const { protocol, hostname, credentials, allowCleartext, patience, published } = this.#manner;
    const { ipv4, ipv6 } = source;
    const from = { ...(ipv4 !== undefined && { ipv4 }), ...(ipv6 !== undefined && { ipv6 }) };
    const target: Target = {
      host: host.tlsaBase,
      at: host.at,
      protocol,
      hostname: source.hostname ?? hostname,
      tls,
      ...(credentials !== undefined && { credentials }),
      ...(allowCleartext && { allowCleartext }),
      ...(Object.keys(from).length > 0 && { source: from }),
      ...(patience !== undefined && { patience }),
    };
    return { preference, siteHost: { target, mxName: host.mxName, ...(published && { policy }) } };
  }
}

/** The demand as the route's own settings change it. */
function lowered(tls: TlsDemand, wish: TlsWish, manner: Manner): TlsDemand {
  if (tls.mode !== 'required') return tls;
  const implicit = manner.implicitTls && { implicit: true };
  // RFC 8689 §4.2.1: whoever asks for REQUIRETLS gets it, or gets the message back.
  const anybody = manner.acceptInvalidCertificates && wish !== 'required';
  return { ...tls, ...implicit, ...(anybody && { certificate: { kind: 'any' } }) };
}

/** RFC 8460 §4.3.2.2: a policy that is announced and can't be had, or is none. */
function policyFault({ sts, domain }: MailSite): { policy: AppliedTlsPolicy; detail: TlsReportDetail }[] {
  if (sts.kind !== 'failure') return [];
  const resultType = sts.why === 'fetch' ? 'sts-policy-fetch-error' : 'sts-policy-invalid';
  const policy = { policyType: 'sts', policyStrings: [], policyDomain: domain, mxHosts: [] } as const;
  return [{ policy, detail: { resultType } }];
}
