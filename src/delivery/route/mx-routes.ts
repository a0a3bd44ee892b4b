/** Delivery to the servers that domains name for themselves. */
import { parseIpAddress } from '../../address/index.ts';
import type { Resolver } from '../../dns/index.ts';
import type { Clock } from '../../machine/index.ts';
import type { MtaSts } from '../../mtasts/index.ts';
import type { Context } from '../../spool/index.ts';
import { systemClock } from '../clock.ts';
import type { Router } from '../route.ts';
import type { SiteSender } from '../site.ts';
import { type ChosenServer, chosenServers, findChosenSite, type ServerName } from './chosen-site.ts';
import { type DomainTable, domainLookup } from './domain-table.ts';
import { ownNamesOf } from './exchangers.ts';
import type { AddressOptions, FamilyOrder } from './host-addresses.ts';
import type { MailSiteFinding } from './mail-host.ts';
import { MailRoute, type Surroundings } from './mail-route.ts';
import { type Manner, mannerOf, type ServerPatience, type ServerSettings } from './manner.ts';
import { findMxSite, type MxSiteOptions } from './mx-site.ts';
import { isPublicAddress } from './public-address.ts';
import { SourceChoice, type Sources } from './source.ts';
import type { TlsPolicy } from './tls-demand.ts';
import type { TlsSessionObserver } from './tls-sessions.ts';
import type { DeliveryWarning } from './warning.ts';

/** What is different for the mail of some domains. */
export interface MxOverride extends ServerSettings {
  /** Servers to use in the place of the MX records, in their order. */
  readonly servers?: readonly ServerName[];
  /** Default: that of all domains. */
  readonly port?: number;
  /** Default: those of all domains. */
  readonly sources?: Sources;
}

/** How mail goes out to other domains. */
export interface MxRouteOptions {
  /** Makes the connections. */
  readonly sender: SiteSender;
  /** Best a `CachingResolver`. DANE needs one that validates. */
  readonly resolver: Resolver;
  /** The name to greet with: a domain of this host (RFC 5321 §4.1.4). */
  readonly hostname: string;
  /** Default: the platform's. */
  readonly clock?: Clock;
  /** At least 0, less than 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Default 25. */
  readonly port?: number;
  /** Default `ipv6-first`: as RFC 6724 §10.3 prefers; both families are tried a moment apart (RFC 8305). */
  readonly families?: FamilyOrder;
  /**
   * Whether mail may go to an IP address that DNS or an address literal names. Default `isPublicAddress`:
   * whoever owns a domain could otherwise reach this host itself, and its neighbours.
   */
  readonly allowAddress?: (address: string) => boolean;
  /** Names and IP addresses of this host beside `hostname`: mail for them would come back (RFC 5321 §5.1). */
  readonly own?: { readonly names?: readonly string[]; readonly addresses?: readonly string[] };
  /** Default `opportunistic`. */
  readonly tls?: TlsPolicy;
  /** Whether to look for TLSA records of servers that DNSSEC vouches for (RFC 7672). Default `true`. */
  readonly dane?: boolean;
  /** Policies of domains that want TLS (RFC 8461). Default: none are looked for. */
  readonly mtaSts?: Pick<MtaSts, 'find'>;
  /** Whom to tell of sessions with domains that ask for TLS reports. Default: nobody, and nobody is asked. */
  readonly onTlsSession?: TlsSessionObserver;
  /**
   * Whether a message would rather go in clear than not at all, since its header section says
   * `TLS-Required: No` (RFC 8689 §4.2.2): `tlsRequiredNo` of `mailwright/reception` knows from what `spoolTo`
   * noted. Such a message passes by DANE and MTA-STS, not by `tls`. Default: none would.
   */
  readonly tlsOptional?: (context: Context) => boolean;
  /** Addresses to connect from. Default: the system's choice. */
  readonly sources?: Sources;
  /** How long to wait at each stage. */
  readonly patience?: ServerPatience;
  /** MX hosts of one domain that are looked at. Default 20. */
  readonly mostHosts?: number;
  readonly overrides?: DomainTable<MxOverride>;
  /** Told of what people should know. Default: a process warning. */
  readonly warn?: (warning: DeliveryWarning) => void;
}

/** Routes that are kept with what is known of their servers; the one used longest ago goes first. */
const mostRoutes = 10_000;

/**
 * Routes to the mail servers of the recipients' domains: by MX records, by their absence, by address literals
 * (RFC 5321 §5.1), with the TLS that the domains ask for (RFC 7672, RFC 8461).
 *
 * It has a route for every recipient but `Postmaster` without a domain: ask it last.
 *
 * @throws RouteMisuse for overrides and host names that can't be
 * @example
 * ```ts
 * import { CachingResolver, WireResolver } from 'mailwright/dns';
 * import { mxRoutes, type SiteSender } from 'mailwright/delivery';
 *
 * declare const sender: SiteSender;
 * const router = mxRoutes({
 *   sender,
 *   resolver: new CachingResolver(new WireResolver()),
 *   hostname: 'mail.example.com',
 *   overrides: {
 *     'partner.example': { tls: 'required' },
 *     '.internal.example': { servers: ['10.0.0.5'], tls: 'none' },
 *   },
 * });
 * ```
 */
export function mxRoutes(options: MxRouteOptions): Router {
  const { sender, resolver, hostname, onTlsSession, warn, patience, tls = 'opportunistic' } = options;
  const { clock = systemClock, random = Math.random, tlsOptional = () => false } = options;
  const around: Surroundings = { sender, resolver, clock, random, tlsOptional, onTlsSession, warn };
  const search = searchOf(options, clock, random);
  const everywhere = new SourceChoice(options.sources);
  const planOf = (override: MxOverride): Plan => {
    const { servers, port = search.port, sources, ...settings } = override;
    const published = servers === undefined;
    const fixed = { protocol: 'smtp', hostname, published } as const;
    return {
      manner: mannerOf({ ...(patience && { patience }), ...settings }, fixed, tls),
      sources: sources === undefined ? everywhere : new SourceChoice(sources),
      look: published
        ? (domain) => findMxSite(domain, { ...search, port })
        : chosen(chosenServers(servers, port), search),
    };
  };
  const usual = planOf({});
  const unusual = domainLookup(mapTable(options.overrides ?? {}, planOf));
  const routes = new Map<string, MailRoute>();
  return ({ domain }) => {
    if (domain === '') return undefined;
    let route = routes.get(domain);
    if (route === undefined) {
      const { look, ...plan } = unusual(domain) ?? usual;
      const way = { kind: 'mx', key: `mx ${domain}`, destination: domain, look: () => look(domain) };
      route = new MailRoute({ ...way, ...plan }, around);
      if (routes.size === mostRoutes) routes.delete(routes.keys().next().value as string);
    } else routes.delete(domain);
    // The last of the Map is the one used last.
    routes.set(domain, route);
    return route;
  };
}

interface Plan {
  readonly manner: Manner;
  readonly sources: SourceChoice;
  readonly look: (domain: string) => Promise<MailSiteFinding>;
}

type Search = MxSiteOptions & Required<AddressOptions>;

function searchOf(options: MxRouteOptions, clock: Clock, random: () => number): Search {
  const { resolver, hostname, own = {}, port = 25, mostHosts = 20, dane = true, mtaSts = null } = options;
  const { families = 'ipv6-first', allowAddress = isPublicAddress } = options;
  const ownNames = ownNamesOf([hostname, ...(own.names ?? [])]);
  const ownAddresses = new Set(own.addresses?.map((address) => parseIpAddress(address)?.address ?? address));
  return {
    resolver,
    clock,
    random,
    port,
    ownNames,
    ownAddresses,
    mostHosts,
    families,
    allowAddress,
    dane,
    mtaSts,
  };
}

/** Servers that the host chose may be anywhere, and even here. */
function chosen(servers: readonly ChosenServer[], { resolver, families, dane }: Search): Plan['look'] {
  return () => findChosenSite(servers, { resolver, families, dane });
}

function mapTable<From, To>(table: DomainTable<From>, change: (value: From) => To): DomainTable<To> {
  return Object.fromEntries(Object.entries(table).map(([domain, value]) => [domain, change(value)]));
}
