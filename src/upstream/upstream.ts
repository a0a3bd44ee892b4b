/**
 * The OAuth2 proxy: takes submissions from clients that log in with a password, sends each at once with the
 * account that it belongs to, and answers with what the account's provider said. Nothing is queued.
 *
 * A message is gathered before anything is sent. So the provider's connections, of which an account may have
 * few, never wait for a slow client; one that is cut off costs the provider nothing; and a message can be
 * sent a second time when a token or a connection turns out to be stale.
 */
import { tracingChannel } from 'node:diagnostics_channel';
import { systemClock, type Transport } from '../delivery/index.ts';
import type { Resolver } from '../dns/index.ts';
import type { Clock } from '../machine/index.ts';
import { type MessageSink, receivedBy, type SmtpHandlers, type Visit } from '../reception/index.ts';
import {
  type Envelope,
  type MailEvent,
  type MessageEvent,
  type MessageVerdict,
  type Reply,
  replies,
  reply,
  type Verdict,
} from '../smtp/index.ts';
import type { MaybePromise } from '../users/index.ts';
import type { Account } from './account.ts';
import { Arrival } from './arrival.ts';
import { type Answer, Desk, type DeskOptions, type SessionLimits } from './desk.ts';
import type { AccountDirectory } from './directory.ts';
import { checkLimits } from './misuse.ts';
import type { TokenSource } from './oauth/token-source.ts';
import { type Incoming, type Outgoing, outgoing } from './outgoing.ts';
import { pause } from './pause.ts';
import { type Grant, Permits } from './permits.ts';
import { Deeds, permitCounters, type UpstreamStatistics } from './statistics.ts';
import { crowded, replyTo, replyToAll, unavailable } from './verdict.ts';

/** What a proxy is made of. */
export interface UpstreamOptions {
  readonly accounts: AccountDirectory;
  readonly tokens: TokenSource;
  /** Opens sessions with providers: `SmtpTransport` of `mailwright/node`. */
  readonly transport: Transport;
  /** Finds providers' addresses. */
  readonly resolver: Resolver;
  /** This proxy's name: for EHLO, and in the Received field that it writes. */
  readonly hostname: string;
  /** Leaves the client's name and address out of the Received field. Default `false`. */
  readonly hideUsers?: boolean;
  /** Messages on their way at once, of all accounts. Default 1,000. */
  readonly atOnce?: number;
  /** Octets of memory for messages that are gathered or on their way. Default 268,435,456. */
  readonly memory?: number;
  /** How many may wait at each limit before those that follow are sent away. Default 10,000. */
  readonly line?: number;
  /** Milliseconds to wait at each limit. Default 30,000. */
  readonly patience?: number;
  /** Milliseconds for a message from its end to its verdict. Default 540,000: clients wait for 600,000 (RFC 5321 §4.5.3.2.6). */
  readonly deadline?: number;
  readonly sessions?: Partial<SessionLimits>;
  readonly clock?: Clock;
}

/** What the tracing channel `mailwright:upstream.relay` publishes about each message that came in whole. */
export interface RelayTrace {
  /** The client's session. */
  readonly session: string;
  readonly user: string;
  /** The account's `id`. */
  readonly account: string;
  /** Recipients. */
  readonly recipients: number;
  /** Octets that the client sent. */
  readonly size: number;
  /** What the client is told, once it is known; absent after a defect. */
  verdict?: MessageVerdict;
  readonly error?: unknown;
}

const relays = tracingChannel<unknown, RelayTrace>('mailwright:upstream.relay');

/** Milliseconds in which what was cut off comes to rest. */
const tidying = 1000;
/** Room that a message is given at first, in octets; more where the client said that it is larger. */
const firstRoom = 8192;

// RFC 4954 §6
const loginFirst = reply(530, '5.7.0', 'Authentication required');
const tooMuch = reply(452, '4.3.1', 'Too much mail is coming in, try again later');
// RFC 6409 §6.1
const notYours = reply(550, '5.7.1', 'You may not send mail from this address');

/**
 * An OAuth2 proxy: handlers for a submission server whose users' mail goes out with upstream accounts.
 *
 * The verdict is the provider's: 2yz says that it took the message for every recipient, anything else that
 * nobody gets it, since a message of which the provider refuses a recipient is not sent (over LMTP, each
 * recipient has a verdict of its own). Trouble with tokens, connections and limits is 4yz.
 *
 * @example
 * ```ts
 * import { CachingResolver, WireResolver } from 'mailwright/dns';
 * import { SmtpServer, SmtpTransport } from 'mailwright/node';
 * import { submission } from 'mailwright/smtp';
 * import { type Account, AccessTokens, memoryAccounts, Upstream } from 'mailwright/upstream';
 * import { memoryUsers } from 'mailwright/users';
 *
 * declare const accounts: readonly Account[];
 * const hostname = 'proxy.example.org';
 * const upstream = new Upstream({
 *   hostname,
 *   accounts: memoryAccounts(accounts),
 *   tokens: new AccessTokens(),
 *   transport: new SmtpTransport(),
 *   resolver: new CachingResolver(new WireResolver()),
 * });
 * const server = new SmtpServer({
 *   ...submission,
 *   hostname,
 *   credentials: memoryUsers({ crm: 'a password' }),
 *   ...upstream.handlers,
 * });
 * ```
 */
export class Upstream {
  /** What `SmtpServer` needs beside `credentials`. */
  readonly handlers: Required<Pick<SmtpHandlers, 'mail' | 'data'>>;
  readonly #accounts: AccountDirectory;
  readonly #shared: DeskOptions;
  readonly #clock: Clock;
  readonly #patience: number;
  readonly #deadline: number;
  readonly #received: ReturnType<typeof receivedBy>;
  readonly #desks = new Map<string, Desk>();
  readonly #messages: Permits;
  readonly #octets: Permits;
  /** The account of the transaction in hand. */
  readonly #chosen = new WeakMap<Visit, Account>();
  /** One for each message on its way. */
  readonly #endings = new Set<AbortController>();
  readonly #deeds = new Deeds();
  #closing = false;

  /** @throws UpstreamMisuse `BAD_LIMIT` */
  constructor(options: UpstreamOptions) {
    const { clock = systemClock, hostname, hideUsers = false, sessions = {} } = options;
    const { transport, resolver, tokens } = options;
    const { atOnce = 1000, memory = 268_435_456, line = 10_000 } = options;
    const { patience = 30_000, deadline = 540_000 } = options;
    checkLimits({ atOnce, memory, line, patience, deadline, ...sessions });
    this.#accounts = options.accounts;
    this.#clock = clock;
    this.#patience = patience;
    this.#deadline = deadline;
    this.#received = receivedBy(hostname, { now: () => clock.now(), hideUsers });
    this.#messages = new Permits({ limit: atOnce, line, clock });
    this.#octets = new Permits({ limit: memory, line, clock });
    this.#shared = {
      transport,
      resolver,
      tokens,
      clock,
      hostname,
      line,
      sessions: { idle: 60_000, age: 1_800_000, messages: 100, ...sessions },
      onOpen: (ok) => {
        this.#deeds.sessions[ok ? 'opened' : 'failed'] += 1;
      },
    };
    this.handlers = {
      mail: (event, visit) => this.#mail(event, visit),
      data: (envelope, visit) => this.#data(envelope, visit),
    };
  }

  /** What it has done so far, and what is going on. */
  statistics(): UpstreamStatistics {
    const { verdicts, octetsAccepted, sessions } = this.#deeds;
    return {
      verdicts: { ...verdicts },
      octetsAccepted,
      sessions: { ...sessions },
      messages: permitCounters(this.#messages),
      octets: permitCounters(this.#octets),
      accounts: Object.fromEntries(
        Array.from(this.#desks, ([id, { permits, sessions }]) => [
          id,
          { ...permitCounters(permits), ...sessions },
        ]),
      ),
    };
  }

  /**
   * Refuses what comes from now on, waits for messages on their way, and ends the sessions with providers.
   * Never rejects.
   *
   * @param deadline - milliseconds after which messages are cut off. Default 30,000
   */
  async close(deadline = 30_000): Promise<void> {
    this.#closing = true;
    // Every message has octets, so whoever has them all is alone.
    const alone = (patience: number) =>
      this.#octets.hold(
        async () => true,
        () => false,
        { count: this.#octets.limit, patience },
      );
    if (!(await alone(deadline))) {
      for (const ending of this.#endings) ending.abort();
      await alone(tidying);
    }
    await Promise.all(Array.from(this.#desks.values(), (desk) => desk.close()));
  }

  #mail({ from }: MailEvent, visit: Visit): MaybePromise<Verdict> {
    if (this.#closing) return replies.shuttingDown;
    const { identity } = visit.session;
    if (identity === null) return loginFirst;
    const found = this.#accounts.find({ user: identity.user, from });
    return found instanceof Promise
      ? found.then((account) => this.#choose(account, visit))
      : this.#choose(found, visit);
  }

  #choose(account: Account | undefined, visit: Visit): Verdict {
    if (account === undefined) return notYours;
    this.#chosen.set(visit, account);
  }

  #data(envelope: Envelope, visit: Visit): Reply | Promise<MessageSink | Reply> {
    const account = this.#chosen.get(visit);
    if (account === undefined) return notYours;
    if (this.#closing) return replies.shuttingDown;
    const desk = this.#deskOf(account);
    // Who could not even wait at the end is told before he sends anything.
    if (desk.permits.full || this.#messages.full) return unavailable('full');
    const room = Math.min(Math.max(envelope.parameters.size ?? 0, firstRoom), this.#octets.limit);
    const { promise, resolve, reject } = Promise.withResolvers<MessageSink | Reply>();
    const serve = (grant: Grant) => {
      const arrival = new Arrival(grant, room);
      resolve(arrival);
      return this.#serve(arrival, envelope, visit, desk);
    };
    const request = { count: room, patience: this.#patience, signal: visit.signal };
    this.#octets.hold(serve, (why) => resolve(unavailable(why)), request).catch(reject);
    return promise;
  }

  /** A message from its first octet to its verdict, and until its session has been put back. */
  async #serve(arrival: Arrival, envelope: Envelope, visit: Visit, desk: Desk): Promise<void> {
    const begun = this.#clock.now();
    const arrived = await arrival.arrived;
    if (arrived === null) {
      this.#deeds.verdicts.abandoned += 1;
      return;
    }
    const { content, event } = arrived;
    const trace = this.#traced(arrival, event, visit, desk);
    try {
      const verdict =
        content === null
          ? tooMuch
          : await this.#bounded(visit, (signal) => {
              const waited = this.#clock.now() - begun;
              return this.#relay({ envelope, content, waited }, visit, desk, signal);
            });
      trace.verdict = verdict;
      this.#deeds.decided(verdict, event.size, visit.signal.aborted);
      arrival.answer(verdict);
    } catch (error) {
      arrival.fail(error);
    }
  }

  async #relay(incoming: Incoming, visit: Visit, desk: Desk, signal: AbortSignal): Promise<MessageVerdict> {
    const { id, transactions, greeting } = visit.session;
    const received = this.#received(`${id}.${transactions}`, incoming.envelope, visit);
    // RFC 2033 §4.2
    const each = greeting?.verb === 'LHLO';
    const message = outgoing(incoming, desk.account, received, each);
    const answer = await this.#send(message, desk, signal);
    if ('code' in answer) return answer;
    if (each) return answer.recipients.map(replyTo);
    const paths = message.transaction.recipients.map(({ path }) => path);
    return replyToAll(answer.recipients, paths);
  }

  /** Waits for its turn at each limit, the account's before that of all, and sends. */
  #send(message: Outgoing, desk: Desk, signal: AbortSignal): Promise<Answer> {
    const request = { patience: this.#patience, signal };
    return desk.permits.hold<Answer>(
      async () => {
        const now = this.#clock.now();
        const moment = desk.reserve(now + this.#patience);
        if (moment === null) return crowded('The account may not send more at present');
        if (moment > now) await pause(moment - now, this.#clock, signal);
        return await this.#messages.hold<Answer>(() => desk.send(message, signal), unavailable, request);
      },
      unavailable,
      request,
    );
  }

  /** Work that ends early when the client goes, time runs out, or the proxy closes. */
  async #bounded<T>(visit: Visit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const end = () => ending.abort();
    const stop = this.#clock.after(this.#deadline, end);
    // RFC 5321 §4.1.1.10: what a client did not see the end of is cancelled, where that is still possible.
    visit.signal.addEventListener('abort', end);
    if (visit.signal.aborted) end();
    this.#endings.add(ending);
    try {
      return await work(ending.signal);
    } finally {
      this.#endings.delete(ending);
      visit.signal.removeEventListener('abort', end);
      stop();
    }
  }

  #traced(arrival: Arrival, event: MessageEvent, { session }: Visit, { account }: Desk): RelayTrace {
    const trace: RelayTrace = {
      session: session.id,
      user: session.identity?.user ?? '',
      account: account.id,
      recipients: event.envelope.recipients.length,
      size: event.size,
    };
    // Whoever waits for the verdict is told of an error too.
    if (relays.hasSubscribers) relays.tracePromise(() => arrival.verdict, trace).catch(() => {});
    return trace;
  }

  #deskOf(account: Account): Desk {
    let desk = this.#desks.get(account.id);
    if (desk === undefined) {
      desk = new Desk(account, this.#shared);
      this.#desks.set(account.id, desk);
    } else {
      desk.adopt(account);
    }
    return desk;
  }
}
