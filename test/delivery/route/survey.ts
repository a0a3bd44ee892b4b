/** Asks a router where a message would go, and delivers nothing. */
import {
  type Deferred,
  type Failed,
  type MxRouteOptions,
  mxRoutes,
  type Route,
  type RoutedRecipient,
  type Router,
  type Site,
  type SiteRoute,
  type SiteSender,
  type TlsDemand,
} from 'mailwright/delivery';
import { type Zone, ZoneResolver } from 'mailwright/dns';
import type { Body } from 'mailwright/machine';
import { MtaSts } from 'mailwright/mtasts';
import type { Context } from 'mailwright/spool';
import { VirtualClock } from 'mailwright/testing';

/** A sender that finds the site of each attempt, and says in its outcomes that it did nothing else. */
export class Survey implements SiteSender {
  site: Site | null = null;
  route: SiteRoute | null = null;
  signal = new AbortController().signal;

  async deliver(route: SiteRoute, attempt: Parameters<Route['deliver']>[0]) {
    this.route = route;
    this.site = await route.find(route.destination, attempt.context, this.signal);
    return attempt.recipients.map(() => ({ result: 'limited', until: 0, why: 'a survey' }) as const);
  }
}

const empty: Body = { size: 0, open: async function* () {} };

export function contextOf(
  change: Partial<Context['envelope']> = {},
  metadata: Context['metadata'] = {},
): Context {
  const envelope = { from: 'us@sender.example', recipients: [{ path: 'you@example.org' }], ...change };
  return {
    v: 1,
    id: '01J0000000000000000000000A',
    receivedAt: 0,
    size: 0,
    protocol: 'ESMTP',
    envelope,
    delivery: {},
    queue: {},
    verdicts: {},
    metadata,
  };
}

export function recipientAt(domain: string): RoutedRecipient {
  return { path: domain === '' ? 'Postmaster' : `you@${domain}`, place: 0, domain };
}

/** The site that a route finds for a message. */
export async function siteOf(route: Route, survey: Survey, context: Context = contextOf()): Promise<Site> {
  const { signal } = new AbortController();
  await route.deliver({ context, recipients: [recipientAt('example.org')], body: empty, signal });
  if (survey.site === null) throw new Error('the route asked no sender');
  return survey.site;
}

/** Options of `mxRoutes` that stand still: nothing is random, and time does not pass. */
export function still(
  zone: Zone | ZoneResolver,
  sender: SiteSender,
): MxRouteOptions & { resolver: ZoneResolver } {
  const resolver = zone instanceof ZoneResolver ? zone : new ZoneResolver(zone);
  return { sender, resolver, hostname: 'us.example', clock: new VirtualClock(), random: () => 0.999 };
}

export function routeTo(router: Router, domain: string, context: Context = contextOf()): Route {
  const found = router(recipientAt(domain), context);
  if (found === undefined || !('deliver' in found)) throw new Error(`no route to ${domain}`);
  return found;
}

/** A site in short: `mx1.example.org 192.0.2.1 192.0.2.2, mx2.example.org ...`, or `5.1.2 failed`. */
export function inShort(site: Site): string {
  if (!site.ok) return refusalOf(site.outcome);
  return site.hosts
    .map(({ mxName, target: { at } }) => `${mxName} ${'path' in at ? at.path : at.addresses.join(' ')}`)
    .join(', ');
}

export function refusalOf({ status, result }: Deferred | Failed): string {
  return `${status} ${result}`;
}

/** A demand in short: `required pkix mx.example.org`. */
export function demandOf(tls: TlsDemand): string {
  if (tls.mode === 'none') return 'none';
  const certificate = tls.mode === 'required' ? tls.certificate : tls.wanted;
  const implicit = tls.mode === 'required' && tls.implicit === true ? ' implicit' : '';
  const names = certificate !== undefined && 'names' in certificate ? ` ${certificate.names.join(' ')}` : '';
  return `${tls.mode}${implicit}${certificate === undefined ? '' : ` ${certificate.kind}`}${names}`;
}

/** The site that `mxRoutes` finds for `example.org`. */
export async function mxSite(
  zone: Zone,
  options: Partial<MxRouteOptions> = {},
  context?: Context,
): Promise<Site> {
  const survey = new Survey();
  const router = mxRoutes({ ...still(zone, survey), ...options });
  return siteOf(routeTo(router, 'example.org'), survey, context);
}

/** The demand of the first server, or the refusal. */
export function demand(site: Site): string {
  if (!site.ok) return refusalOf(site.outcome);
  const [first] = site.hosts;
  return first === undefined ? 'nothing' : demandOf(first.target.tls);
}

/** MTA-STS for `example.org` from a policy's text. */
export function stsWith(policy: string, zone: Zone): Pick<MtaSts, 'find'> {
  const resolver = still(
    { ...zone, '_mta-sts.example.org': { TXT: ['v=STSv1; id=1'] } },
    new Survey(),
  ).resolver;
  const fetch = async () => new Response(policy, { headers: { 'content-type': 'text/plain' } });
  return new MtaSts({ resolver, fetch: fetch as never });
}
