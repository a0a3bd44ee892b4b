/**
 * What stands between routes and sending: the servers that take mail for a destination, in the order in which
 * they are tried, each with all that is demanded of it.
 */
import type { Context } from '../spool/index.ts';
import type { TlsPolicyResult } from '../tlsrpt/index.ts';
import type { Deferred, Failed, Outcome } from './outcome.ts';
import type { Attempt } from './route.ts';
import type { Target, TlsObservation } from './transport.ts';

/** The TLS policy that a session is made under, as TLS reports name it (RFC 8460 §4.2). */
export type AppliedTlsPolicy = Pick<
  TlsPolicyResult,
  'policyType' | 'policyStrings' | 'policyDomain' | 'mxHosts'
>;

/** One server of a site. */
export interface SiteHost {
  /** The same object as long as nothing about the host changes, so that what is made of it can be kept. */
  readonly target: Target;
  /** The name in the MX record, or in the configuration; an address literal with its brackets. */
  readonly mxName: string;
  /** Absent where TLS with it is nobody's business: a smart host, LMTP. */
  readonly policy?: AppliedTlsPolicy;
}

/** The servers of a destination, or what there is to say instead of trying any. */
export type Site =
  | {
      readonly ok: true;
      /**
       * All names of its servers, sorted, lower case, joined by a space: destinations that share them share
       * limits.
       */
      readonly key: string;
      /** At least one, in the order in which they are tried. */
      readonly hosts: readonly SiteHost[];
    }
  | { readonly ok: false; readonly outcome: Deferred | Failed };

/**
 * Finds the servers of a destination for a message. It never rejects, and answers without a Promise where it
 * need not wait.
 *
 * @param destination - the route's: a domain, or an address literal with its brackets
 * @param context - the message's: it may demand TLS (`envelope.requireTls`), and decide where to connect from
 * @param signal - ends the wait; the site is then a deferral
 */
export type SiteFinder = (destination: string, context: Context, signal: AbortSignal) => Site | Promise<Site>;

/** A route to a site, as it is given to what sends. */
export interface SiteRoute {
  readonly kind: string;
  readonly key: string;
  readonly destination: string;
  readonly find: SiteFinder;
  /**
   * Told how TLS went with each connection that was tried, reused ones not counted.
   *
   * @param address - the IP address; absent where none was reached
   */
  readonly onTls?: (host: SiteHost, observed: TlsObservation, address?: string) => void;
}

/** Delivers to sites: what routes hand their attempts to. */
export interface SiteSender {
  /** Keeps the promises of `Route.deliver`. */
  deliver(route: SiteRoute, attempt: Attempt): Promise<readonly Outcome[]>;
}
