/** Sends messages to sites over SMTP and LMTP: the attempt that stands behind routes by MX and to relays. */
import type { Clock } from '../../machine/index.ts';
import type { Context } from '../../spool/index.ts';
import { systemClock } from '../clock.ts';
import { checkLimits } from '../limit-misuse.ts';
import type { Failed, Limited, Outcome } from '../outcome.ts';
import type { Attempt, RoutedRecipient } from '../route.ts';
import type { Leave, NoLeave, Shaper } from '../shaping/shaper.ts';
import type { SiteRoute, SiteSender } from '../site.ts';
import { tell } from '../tell.ts';
import type { Transport } from '../transport.ts';
import type { SessionPoolCounters, SessionPoolOptions } from './pool-limits.ts';
import { SessionPool } from './session-pool.ts';
import { secondsUntil } from './transaction-of.ts';
import { stoppedAt, Transmission, type TransmissionPlan } from './transmission.ts';

/** Options of {@link SmtpSender}. */
export interface SmtpSenderOptions {
  /** Opens sessions: `SmtpTransport` of `mailwright/node`. */
  readonly transport: Transport;
  readonly pool?: Omit<SessionPoolOptions, 'clock'>;
  /** Limits per destination. Default: those of the pool alone. */
  readonly shaper?: Shaper;
  /** Recipients in one transaction. Default 100, which every server takes (RFC 5321 §4.5.3.1.8). */
  readonly recipients?: number;
  /** Servers that are tried in one attempt. Default 5; RFC 5321 §5.1 asks for two at least. */
  readonly hosts?: number;
  /** Of these, servers that answer, but not with yes. Default 2. */
  readonly answers?: number;
  /**
   * The largest message, in octets, that is re-encoded for a server without 8BITMIME or BINARYMIME; a larger
   * one fails. It is done in memory, which takes a few times as much. Default 16 MiB.
   */
  readonly largestReencoded?: number;
  /**
   * The reverse path for one recipient, for variable envelope return paths. Each recipient then has a
   * transaction of its own. The null path is never replaced.
   */
  readonly reversePath?: (context: Context, recipient: RoutedRecipient) => string;
  /** Told of what a function of the host threw; the recipients are deferred. Default: a process warning. */
  readonly error?: (error: unknown) => void;
  readonly clock?: Clock;
}

/**
 * Delivers attempts over pooled sessions. One for all routes of a server: what they share, they share here.
 *
 * @example
 * ```ts
 * import type { Resolver } from 'mailwright/dns';
 * import { mxRoutes, SmtpSender, type Transport } from 'mailwright/delivery';
 *
 * declare const resolver: Resolver;
 * declare const transport: Transport;
 * const sender = new SmtpSender({ transport, pool: { perTarget: 5 } });
 * const routes = mxRoutes({ sender, resolver, hostname: 'mail.example.com' });
 * // Later, when nothing more is to be sent:
 * await sender.close();
 * ```
 */
export class SmtpSender implements SiteSender {
  readonly #pool: SessionPool;
  readonly #clock: Clock;
  readonly #options: SmtpSenderOptions;

  /** @throws LimitMisuse for limits that are less than 1 */
  constructor(options: SmtpSenderOptions) {
    const { recipients, hosts, answers, largestReencoded } = options;
    checkLimits({ recipients, hosts, answers });
    checkLimits({ largestReencoded }, 0);
    this.#clock = options.clock ?? systemClock;
    this.#pool = new SessionPool(options.transport, { ...options.pool, clock: this.#clock });
    this.#options = options;
  }

  /** Makes an attempt, as `Route.deliver` does. */
  async deliver(route: SiteRoute, attempt: Attempt): Promise<readonly Outcome[]> {
    const outcomes: (Outcome | undefined)[] = [];
    let rest: Outcome = internalError;
    try {
      rest = (await this.#attempt(route, attempt, outcomes)) ?? rest;
    } catch (error) {
      tell(() => (this.#options.error ?? warn)(error));
    }
    return attempt.recipients.map((_, place) => outcomes[place] ?? rest);
  }

  /** Connections and errands, for statistics and tests. */
  get counters(): SessionPoolCounters {
    return this.#pool.counters;
  }

  /** Lets what is under way come to its end, and closes all sessions. What comes later is `limited`. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  /** @returns the outcome for all those that have none of their own */
  async #attempt(
    route: SiteRoute,
    attempt: Attempt,
    outcomes: (Outcome | undefined)[],
  ): Promise<Outcome | undefined> {
    const { context, recipients, signal } = attempt;
    if (signal.aborted) return stoppedAt(this.#clock.now());
    if (this.#isTooLate(context)) return tooLate;
    const found = route.find(route.destination, context, signal);
    const site = found instanceof Promise ? await found : found;
    if (!site.ok) return signal.aborted ? stoppedAt(this.#clock.now()) : site.outcome;
    const batches = this.#batches(context, recipients);
    const { shaper } = this.#options;
    let leave: Leave | null = null;
    if (shaper !== undefined) {
      const destination = { domain: route.destination, site: site.key };
      const entered = await shaper.enter(destination, `${context.id} ${route.key}`, batches.length, signal);
      if (entered === null) return stoppedAt(this.#clock.now());
      if (!entered.ok) return limited(entered);
      leave = entered;
    }
    try {
      const { hosts = 5, answers = 2, largestReencoded = 16_777_216 } = this.#options;
      const plan: TransmissionPlan = {
        pool: this.#pool,
        clock: this.#clock,
        route,
        attempt,
        hosts: site.hosts,
        leave,
        mostHosts: hosts,
        mostAnswers: answers,
        largestReencoded,
        news: [],
      };
      for (const { from, places } of batches) {
        const transmission = new Transmission(plan, from, places, outcomes);
        await transmission.run();
        const { pausedUntil: until } = transmission;
        if (until !== null) return limited({ until, why: 'the destination asked for a pause' });
      }
    } finally {
      leave?.release();
    }
    return undefined;
  }

  /** RFC 2852 §4: who asked for the return of a message that is late gets it back rather than late. */
  #isTooLate({ envelope: { deliverBy } }: Context): boolean {
    return deliverBy?.mode === 'return' && secondsUntil(deliverBy.at, this.#clock.now()) <= 0;
  }

  #batches(context: Context, recipients: readonly RoutedRecipient[]): readonly Batch[] {
    const { recipients: most = 100, reversePath } = this.#options;
    const { from } = context.envelope;
    const batches: Batch[] = [];
    for (const [place, recipient] of recipients.entries()) {
      if (reversePath !== undefined && from !== '') {
        batches.push({ from: reversePath(context, recipient), places: [place] });
        continue;
      }
      const last = batches.at(-1);
      if (last === undefined || last.places.length >= most) batches.push({ from, places: [place] });
      else last.places.push(place);
    }
    return batches;
  }
}

/** Recipients, by their places in the attempt, that share a transaction. */
interface Batch {
  readonly from: string;
  readonly places: number[];
}

const internalError: Outcome = {
  result: 'deferred',
  status: '4.3.0',
  text: 'an internal error stood in the way',
};

const tooLate: Failed = {
  result: 'failed',
  status: '5.4.7',
  text: 'the time by which the sender wanted it delivered has passed',
};

function limited({ until, why }: Omit<NoLeave, 'ok'>): Limited {
  return { result: 'limited', until, why };
}

function warn(error: unknown): void {
  process.emitWarning(`delivery: ${error instanceof Error ? error.stack : error}`);
}
