/**
 * On-demand mail relay (RFC 2645): mail waits for customers without an address of their own, who come for it,
 * authenticate, and turn the connection round.
 */
import type { Duplex } from 'node:stream';
import { normalizeDomain } from '../address/index.ts';
import {
  type Attempt,
  type Outcome,
  type Queue,
  type Route,
  RouteMisuse,
  type Router,
  systemClock,
} from '../delivery/index.ts';
import type { Clock } from '../machine/index.ts';
import { type Reply, replies, reply, type SmtpSession } from '../smtp/index.ts';
import type { SmtpServerSettings } from './settings.ts';
import { TurnedConnection, type TurnedOptions } from './turned-connection.ts';

/** Options of {@link OnDemandRelay}. */
export interface OnDemandRelayOptions {
  /** The name to greet customers' servers with (RFC 5321 §4.1.4). */
  readonly hostname: string;
  /** Whose mail waits: the user, as SASL's authorization identity, by domain. */
  readonly customers: Readonly<Record<string, string>>;
  /** How long a message waits until it is looked at again, in ms, where nobody comes for it. Default an hour. */
  readonly wait?: number;
  /** After how many ms without a message to send the connection is closed. Default 2,000. */
  readonly quiet?: number;
  readonly clock?: Clock;
  /** Told of what kept the queue from being looked through. Default: a process warning. */
  readonly error?: (error: unknown) => void;
}

// RFC 2645 §5.2.1
const notYours = reply(450, '4.7.1', 'ATRN request refused: not all of these domains are yours');

/**
 * Holds mail back for customers who come for it with ATRN, and sends it over their own connections.
 *
 * A message for a customer's domain is `limited` as long as there is no such connection: it uses up no attempts,
 * and ends by its schedule's expiry. With a connection, all that waits for the domains goes out over it, one
 * message after the other, and so does what comes in meanwhile.
 *
 * @example
 * ```ts
 * import { firstOf, Queue, type Router } from 'mailwright/delivery';
 * import { OnDemandRelay, SmtpServer } from 'mailwright/node';
 * import { atrn, submission } from 'mailwright/smtp';
 * import { MemorySpool } from 'mailwright/spool';
 * import { memoryUsers } from 'mailwright/users';
 *
 * declare const others: Router;
 * const relay = new OnDemandRelay({
 *   hostname: 'mail.example.net',
 *   customers: { 'example.org': 'tim', 'example.com': 'tim' },
 * });
 * const queue = new Queue({ spool: new MemorySpool(), router: firstOf(relay.router, others) });
 * const server = new SmtpServer({
 *   hostname: 'mail.example.net',
 *   extensions: [...submission.extensions, atrn()],
 *   credentials: memoryUsers({ tim: 'secret' }),
 *   ...relay.handlers(queue),
 * });
 * await server.listen(366); // RFC 2645 §4
 * ```
 */
export class OnDemandRelay {
  /** Has a route for each customer's domain, and for no other. */
  readonly router: Router = ({ domain }) => this.#routes.get(domain);
  readonly #routes = new Map<string, HeldRoute>();
  readonly #turned: TurnedOptions;
  readonly #quiet: number;
  readonly #error: (error: unknown) => void;

  /** @throws RouteMisuse `BAD_DOMAIN` for a customer's domain that is none */
  constructor(options: OnDemandRelayOptions) {
    const {
      hostname,
      customers,
      wait = 3_600_000,
      quiet = 2000,
      clock = systemClock,
      error = warn,
    } = options;
    for (const [name, user] of Object.entries(customers)) {
      const parsed = normalizeDomain(name);
      if (!parsed.ok) throw new RouteMisuse('BAD_DOMAIN', `no domain: ${name}`);
      this.#routes.set(parsed.domain, new HeldRoute(parsed.domain, user, wait, clock));
    }
    this.#turned = { hostname, clock };
    this.#quiet = quiet;
    this.#error = error;
  }

  /**
   * What a server needs beside the extension `atrn()`.
   *
   * @param queue the one that has {@link OnDemandRelay.router}
   */
  handlers(queue: Pick<Queue, 'retry'>): Required<Pick<SmtpServerSettings, 'atrn' | 'turnaround'>> {
    return {
      // Whether there is mail is seen as it is sent: RFC 2645 §5.2.1 has 250 and QUIT for none.
      atrn: ({ domains }, { session }): Reply =>
        this.#routesFor(domains, session) === null ? notYours : replies.ok,
      turnaround: (socket, domains, { session }) => {
        void this.#serve(socket, this.#routesFor(domains, session) ?? [], session, queue);
      },
    };
  }

  /** The routes that are asked for, or all of the user's; `null` where one of them is not. */
  #routesFor(domains: readonly string[], { identity }: SmtpSession): readonly HeldRoute[] | null {
    const owned = [...this.#routes.values()].filter(({ user }) => user === identity?.user);
    const asked = new Set(domains.map(nameOf));
    const found = asked.size === 0 ? owned : owned.filter(({ destination }) => asked.has(destination));
    return found.length === 0 || found.length < asked.size ? null : found;
  }

  async #serve(
    socket: Duplex,
    routes: readonly HeldRoute[],
    session: SmtpSession,
    queue: Pick<Queue, 'retry'>,
  ): Promise<void> {
    const turned = new TurnedConnection(socket, session, this.#turned);
    if (!(await turned.opened())) return;
    for (const route of routes) route.turned = turned;
    try {
      for (const { destination } of routes) await queue.retry({ destination });
      await turned.quiet(this.#quiet);
    } catch (error) {
      this.#tell(error);
    }
    for (const route of routes) if (route.turned === turned) route.turned = null;
    await turned.close();
  }

  #tell(error: unknown): void {
    try {
      this.#error(error);
    } catch (fault) {
      warn(fault);
    }
  }
}

/** Where the mail for one domain waits. */
class HeldRoute implements Route {
  readonly kind = 'on-demand';
  readonly key: string;
  readonly destination: string;
  readonly user: string;
  /** The connection that its customer has turned round last. */
  turned: TurnedConnection | null = null;
  readonly #wait: number;
  readonly #clock: Clock;

  constructor(destination: string, user: string, wait: number, clock: Clock) {
    this.key = `on-demand ${destination}`;
    this.destination = destination;
    this.user = user;
    this.#wait = wait;
    this.#clock = clock;
  }

  async deliver(attempt: Attempt): Promise<readonly Outcome[]> {
    const outcomes = await this.turned?.deliver(this, attempt);
    if (outcomes != null) return outcomes;
    const until = this.#clock.now() + this.#wait;
    const waits = { result: 'limited', until, why: 'nobody has come for it yet (RFC 2645)' } as const;
    return attempt.recipients.map(() => waits);
  }
}

function nameOf(domain: string): string {
  const parsed = normalizeDomain(domain);
  return parsed.ok ? parsed.domain : domain;
}

function warn(error: unknown): void {
  process.emitWarning(`on-demand relay: ${error instanceof Error ? error.stack : error}`);
}
