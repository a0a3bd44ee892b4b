/** A route to mail servers: finds them when a message is there for them, and holds what it found for a while. */
import type { Resolver } from '../../dns/index.ts';
import type { Clock } from '../../machine/index.ts';
import type { Context } from '../../spool/index.ts';
import type { Outcome } from '../outcome.ts';
import { requiresTls } from '../required-tls.ts';
import type { Attempt, Route } from '../route.ts';
import type { Site, SiteHost, SiteRoute, SiteSender } from '../site.ts';
import type { MailSite, MailSiteFinding } from './mail-host.ts';
import type { Manner } from './manner.ts';
import { refusal } from './refusal.ts';
import { RuledSite } from './ruled-site.ts';
import type { SourceChoice } from './source.ts';
import type { TlsReportDetail, TlsWish } from './tls-demand.ts';
import { failureIn, observeTls, type TlsSessionObserver } from './tls-sessions.ts';
import { type DeliveryWarning, tellWarning } from './warning.ts';

/** What the routes of one configuration share. */
export interface Surroundings {
  readonly sender: SiteSender;
  readonly resolver: Resolver;
  readonly clock: Clock;
  readonly random: () => number;
  /** The message may go in clear rather than not at all (RFC 8689 §4.2.2). */
  readonly tlsOptional: (context: Context) => boolean;
  readonly onTlsSession: TlsSessionObserver | undefined;
  readonly warn: ((warning: DeliveryWarning) => void) | undefined;
}

/** Where a route leads, and how. */
export interface Way {
  readonly kind: string;
  /** `Route.key` */
  readonly key: string;
  readonly destination: string;
  readonly look: () => Promise<MailSiteFinding>;
  readonly manner: Manner;
  readonly sources: SourceChoice;
}

interface Held {
  readonly site: MailSite;
  /** ms since 1970. */
  readonly until: number;
  readonly ruled: Map<TlsWish, RuledSite>;
}

/** See the top of this file. */
export class MailRoute implements Route, SiteRoute {
  readonly kind: string;
  readonly key: string;
  readonly destination: string;
  readonly #way: Way;
  readonly #around: Surroundings;
  #held: Held | null = null;
  #looking: Promise<Held | Site> | null = null;

  constructor(way: Way, around: Surroundings) {
    this.kind = way.kind;
    this.destination = way.destination;
    this.key = way.key;
    this.#way = way;
    this.#around = around;
  }

  deliver(attempt: Attempt): Promise<readonly Outcome[]> {
    return this.#around.sender.deliver(this, attempt);
  }

  readonly find: SiteRoute['find'] = (_destination, context, signal) => {
    const held = this.#held;
    if (held !== null && this.#around.clock.now() < held.until) return this.#siteFor(held, context);
    return this.#findAnew(context, signal);
  };

  readonly onTls: NonNullable<SiteRoute['onTls']> = (host, observed, address) => {
    const { tls } = host.target;
    const unchecked = tls.mode === 'required' && tls.certificate.kind === 'any';
    if (observed.ok && unchecked && this.#way.manner.acceptInvalidCertificates) {
      const where = address === undefined ? host.mxName : `${host.mxName} [${address}]`;
      const text = `SECURITY: nobody checked the TLS certificate of ${where}, as acceptInvalidCertificates says`;
      this.#warn('INVALID_CERTIFICATE_ACCEPTED', text);
    }
    if (host.policy !== undefined) this.#report(host.policy, failureIn(host, observed, address));
  };

  async #findAnew(context: Context, signal: AbortSignal): Promise<Site> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    const found = await unlessAborted(this.#looking, signal);
    return 'ok' in found ? found : this.#siteFor(found, context);
  }

  /** One search at a time, for all who wait; no caller's signal ends it. */
  async #look(): Promise<Held | Site> {
    try {
      const site = await this.#way.look();
      if (!site.ok) return site;
      this.#held = { site, until: this.#around.clock.now() + site.holds, ruled: new Map() };
      return this.#held;
    } catch (error) {
      const text = `looking up the servers of ${this.destination} failed`;
      this.#warn('LOOKUP_FAULT', text, error);
      return { ok: false, outcome: refusal('4.3.0', text) };
    }
  }

  #siteFor({ site, ruled }: Held, context: Context): Site {
    const wish = this.#wishOf(context);
    let way = ruled.get(wish);
    if (way === undefined) {
      way = new RuledSite(site, wish, this.#way.manner);
      ruled.set(wish, way);
    }
    if (this.#way.manner.published)
      for (const { policy, detail } of way.reports) this.#report(policy, detail);
    if (way.refusal !== null) return { ok: false, outcome: way.refusal };
    const hosts = way.hosts(this.#way.sources.next(context), this.#around.random);
    return { ok: true, key: way.key, hosts };
  }

  #wishOf(context: Context): TlsWish {
    if (requiresTls(context)) return 'required';
    return this.#around.tlsOptional(context) ? 'optional' : 'default';
  }

  #report(policy: NonNullable<SiteHost['policy']>, failure: TlsReportDetail | undefined): void {
    const { onTlsSession, resolver } = this.#around;
    if (onTlsSession === undefined) return;
    observeTls(policy, failure, onTlsSession, resolver).catch((error: unknown) => {
      this.#warn('REPORT_FAULT', 'a session could not be noted for TLS reports', error);
    });
  }

  #warn(code: DeliveryWarning['code'], text: string, error?: unknown): void {
    const { destination } = this;
    tellWarning({ code, destination, text, ...(error !== undefined && { error }) }, this.#around.warn);
  }
}

/** The finding, or a deferral as soon as the signal aborts. */
async function unlessAborted(finding: Promise<Held | Site>, signal: AbortSignal): Promise<Held | Site> {
  let leave = () => {};
  const aborted = new Promise<Site>((resolve) => {
    leave = () => resolve({ ok: false, outcome: refusal('4.4.3', 'the attempt was ended early') });
  });
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave);
  try {
    return await Promise.race([finding, aborted]);
  } finally {
    signal.removeEventListener('abort', leave);
  }
}
