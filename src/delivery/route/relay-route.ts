/** Delivery to servers that are configured: smart hosts, and LMTP servers beside us. */
import { normalizeDomain } from '../../address/index.ts';
import type { Resolver } from '../../dns/index.ts';
import type { Clock } from '../../machine/index.ts';
import { systemClock } from '../clock.ts';
import type { Route } from '../route.ts';
import type { SiteSender } from '../site.ts';
import { chosenServers, findChosenSite, type ServerName } from './chosen-site.ts';
import { ownNamesOf } from './exchangers.ts';
import type { FamilyOrder } from './host-addresses.ts';
import { MailRoute } from './mail-route.ts';
import { mannerOf, type ServerSettings } from './manner.ts';
import { RouteMisuse } from './misuse.ts';
import { findMxSite } from './mx-site.ts';
import { ownKey } from './own-key.ts';
import { SourceChoice, type Sources } from './source.ts';
import type { TlsPolicy } from './tls-demand.ts';
import type { DeliveryWarning } from './warning.ts';

/** How mail goes to configured servers. */
export interface RelayRouteOptions extends ServerSettings {
  /** Makes the connections. */
  readonly sender: SiteSender;
  /** For names of servers. DANE needs one that validates. */
  readonly resolver: Resolver;
  /** The name to greet with: a domain of this host (RFC 5321 §4.1.4). */
  readonly hostname: string;
  /** In the order in which they are tried; or the domain whose MX records name them. */
  readonly servers: readonly ServerName[] | { readonly mxOf: string };
  /** Of servers that have none of their own. Default 25; 24 for LMTP. */
  readonly port?: number;
  /** Default `ipv6-first`. */
  readonly families?: FamilyOrder;
  /** Addresses to connect from. Default: the system's choice. */
  readonly sources?: Sources;
  /** What statistics and flushing name the route by, in lower case. Default: the first server. */
  readonly destination?: string;
  /** Default: the platform's. */
  readonly clock?: Clock;
  /** At least 0, less than 1. Default `Math.random`. */
  readonly random?: () => number;
  /** Told of what people should know. Default: a process warning. */
  readonly warn?: (warning: DeliveryWarning) => void;
}

/**
 * A route to a smart host, for whatever recipients it is used for; all those of a message go there at once.
 *
 * With credentials TLS is `required` by default, otherwise `opportunistic`. Servers that are named may be at
 * any address.
 *
 * @throws RouteMisuse for servers, host names or TLS that can't be
 * @example
 * ```ts
 * import type { Resolver } from 'mailwright/dns';
 * import { relayRoute, senderRoutes, type SiteSender } from 'mailwright/delivery';
 * import { Secret } from 'mailwright/machine';
 *
 * declare const sender: SiteSender;
 * declare const resolver: Resolver;
 * const provider = relayRoute({
 *   sender,
 *   resolver,
 *   hostname: 'mail.example.com',
 *   servers: [{ host: 'smtp.provider.example', port: 465 }],
 *   implicitTls: true,
 *   credentials: { type: 'password', user: 'us', password: new Secret('...') },
 * });
 * const router = senderRoutes({ 'example.com': provider });
 * ```
 */
export function relayRoute(options: RelayRouteOptions): Route {
  const secret = options.credentials !== undefined && options.allowCleartext !== true;
  return configuredRoute(
    options,
    { kind: 'relay', protocol: 'smtp', port: 25 },
    secret ? 'required' : 'opportunistic',
  );
}

/**
 * A route to a server that delivers into mailboxes and answers for each recipient (RFC 2033): by a Unix
 * socket, without TLS by default, or by TCP.
 *
 * @throws RouteMisuse for servers, host names or TLS that can't be
 * @example
 * ```ts
 * import type { Resolver } from 'mailwright/dns';
 * import { domainRoutes, lmtpRoute, type SiteSender } from 'mailwright/delivery';
 *
 * declare const sender: SiteSender;
 * declare const resolver: Resolver;
 * const mailboxes = lmtpRoute({
 *   sender,
 *   resolver,
 *   hostname: 'mail.example.com',
 *   servers: [{ path: '/run/dovecot/lmtp' }],
 * });
 * const router = domainRoutes({ 'example.com': mailboxes });
 * ```
 */
export function lmtpRoute(options: RelayRouteOptions): Route {
  const { servers } = options;
  const nearby =
    Array.isArray(servers) && servers.every((each) => typeof each !== 'string' && 'path' in each);
  // RFC 2033 §5: LMTP is not to be spoken on port 25.
  return configuredRoute(
    options,
    { kind: 'lmtp', protocol: 'lmtp', port: 24 },
    nearby ? 'none' : 'opportunistic',
  );
}

function configuredRoute(
  options: RelayRouteOptions,
  by: { readonly kind: string; readonly protocol: 'smtp' | 'lmtp'; readonly port: number },
  tlsByDefault: TlsPolicy,
): Route {
  const { sender, resolver, hostname, servers, port = by.port, families = 'ipv6-first', warn } = options;
  const { clock = systemClock, random = Math.random } = options;
  const search = { resolver, families, dane: true };
  let first: string;
  let look: () => ReturnType<typeof findMxSite>;
  if ('mxOf' in servers) {
    const domain = normalizeDomain(servers.mxOf);
    if (!domain.ok) throw new RouteMisuse('BAD_SERVER', `no domain: ${servers.mxOf}`);
    first = domain.domain;
    const ownNames = ownNamesOf([hostname]);
    look = () => findMxSite(first, { ...search, port, clock, random, ownNames, mostHosts: 20, mtaSts: null });
  } else {
    const chosen = chosenServers(servers, port);
    const [best] = chosen;
    first = best === undefined ? '' : 'path' in best ? best.path : best.host;
    look = () => findChosenSite(chosen, search);
  }
  const manner = mannerOf(options, { protocol: by.protocol, hostname, published: false }, tlsByDefault);
  const destination = options.destination ?? first;
  const sources = new SourceChoice(options.sources);
  const around = { sender, resolver, clock, random, tlsOptional: () => false, onTlsSession: undefined, warn };
  const { kind } = by;
  const key = ownKey(kind, destination);
  return new MailRoute({ kind, key, destination, look, manner, sources }, around);
}
