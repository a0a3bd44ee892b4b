/** Routers made of routes and of other routers. */
import { domainKey, parseMailbox } from '../../address/index.ts';
import type { Context } from '../../spool/index.ts';
import type { NoRoute, Route, RoutedRecipient, Router } from '../route.ts';
import { type DomainTable, domainLookup } from './domain-table.ts';

/** What a router answers with, or another router that does. */
export type RouteChoice = Route | NoRoute | Router;

/**
 * The answer of the first router that has one.
 *
 * @example
 * ```ts
 * import { domainRoutes, firstOf, localRoute, type Router } from 'mailwright/delivery';
 *
 * declare const elsewhere: Router;
 * const router = firstOf(domainRoutes({ 'example.com': localRoute(() => {}) }), elsewhere);
 * ```
 */
export function firstOf(...ways: readonly RouteChoice[]): Router {
  return (recipient, context) => {
    for (const way of ways) {
      const found = follow(way, recipient, context);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

/**
 * Routes by the recipient's domain: `example.org` for that domain, `.example.org` for all below it, `*` for
 * every other, and `''` for `Postmaster` without a domain (RFC 5321 §4.1.1.3).
 *
 * @throws RouteMisuse `BAD_DOMAIN` for a key that is none of these
 */
export function domainRoutes(table: DomainTable<RouteChoice>): Router {
  const { '': postmaster, ...domains } = table;
  const lookup = domainLookup(domains);
  return (recipient, context) =>
    follow(recipient.domain === '' ? postmaster : lookup(recipient.domain), recipient, context);
}

/**
 * Routes by the domain of the reverse path, named as for {@link domainRoutes}; `''` is for the null path.
 *
 * @throws RouteMisuse `BAD_DOMAIN` for a key that is none of these
 */
export function senderRoutes(table: DomainTable<RouteChoice>): Router {
  const { '': nobody, ...domains } = table;
  const lookup = domainLookup(domains);
  return (recipient, context) => {
    const domain = senderDomain(context);
    return follow(domain === '' ? nobody : lookup(domain), recipient, context);
  };
}

/**
 * The domain of a message's reverse path in lower-case A-labels; an address literal with its brackets; `''`
 * for the null path.
 */
export function senderDomain({ envelope }: Context): string {
  const parsed = parseMailbox(envelope.from, { utf8: true });
  return parsed.ok ? domainKey(parsed.mailbox.domain) : '';
}

function follow(
  way: RouteChoice | undefined,
  recipient: RoutedRecipient,
  context: Context,
): Route | NoRoute | undefined {
  return typeof way === 'function' ? way(recipient, context) : way;
}
