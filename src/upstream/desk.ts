/** One account at work: its permits, its pace, its sessions, and how a message is sent with it. */
import { SessionPool, type Target } from '../delivery/index.ts';
import type { Clock } from '../machine/index.ts';
import { type Reply, replies, type TransactionResult } from '../smtp/index.ts';
import type { Account, AccountLimits } from './account.ts';
import { AccountTransport, type AccountTransportOptions, isTokenRefusal } from './account-transport.ts';
import { checkLimits } from './misuse.ts';
import type { Outgoing } from './outgoing.ts';
import { Permits } from './permits.ts';
import { RateWindows } from './rate-windows.ts';
import { failed, unavailable } from './verdict.ts';

/** How long sessions with providers are used. */
export interface SessionLimits {
  /** Milliseconds for which an idle one is kept. Default 60,000. */
  readonly idle: number;
  /** Milliseconds after which one gets no more messages. Default 1,800,000. */
  readonly age: number;
  /** Messages for each. Default 100. */
  readonly messages: number;
}

/** What all accounts share. */
export interface DeskOptions extends AccountTransportOptions {
  readonly clock: Clock;
  /** The name to greet providers with. */
  readonly hostname: string;
  readonly sessions: SessionLimits;
  /** How many may wait for an account. */
  readonly line: number;
}

/** What came of it: results, or why there are none. */
export type Answer = TransactionResult | Reply;

/**
 * How long to wait for providers, in milliseconds: less than RFC 5321 §4.5.3.2 asks of clients, since one of
 * ours is waiting meanwhile.
 */
const patience = {
  connect: 30_000,
  handshake: 30_000,
  greeting: 60_000,
  hello: 60_000,
  starttls: 60_000,
  auth: 60_000,
  mail: 60_000,
  rcpt: 60_000,
  data: 60_000,
  block: 120_000,
  endOfData: 300_000,
  rset: 10_000,
  quit: 5_000,
} as const satisfies Target['patience'];

const defaultAtOnce = 10;

/** One account at work. Limits that are none are misuse: `UpstreamMisuse` with the code `BAD_LIMIT`. */
export class Desk {
  readonly permits: Permits;
  readonly #options: DeskOptions;
  #account: Account;
  #rate: RateWindows;
  #pool: SessionPool;
  #target: Target;
  /** What came of the last session that could not be opened. */
  #trouble: Reply = replies.localError;

  constructor(account: Account, options: DeskOptions) {
    checkLimits({ ...account.limits });
    this.#options = options;
    this.#account = account;
    this.permits = new Permits({ limit: atOnce(account), line: options.line, clock: options.clock });
    this.#rate = rateOf(account.limits);
    this.#pool = this.#poolOf(account);
    this.#target = this.#targetOf(account);
  }

  get account(): Account {
    return this.#account;
  }

  /** Sessions with the provider, and how many of them wait for work. */
  get sessions(): { readonly connections: number; readonly idle: number } {
    const { connections, idle } = this.#pool.counters;
    return { connections, idle };
  }

  /** Takes over what has changed about the account; messages on their way go on as they began. */
  adopt(account: Account): void {
    if (account === this.#account) return;
    const { limits } = this.#account;
    checkLimits({ ...account.limits });
    this.#account = account;
    this.permits.limit = atOnce(account);
    if (account.limits?.perMinute !== limits?.perMinute || account.limits?.perHour !== limits?.perHour) {
      this.#rate = rateOf(account.limits);
    }
    void this.#pool.close();
    this.#pool = this.#poolOf(account);
    this.#target = this.#targetOf(account);
  }

  /** When the next message may leave, which is then kept for it; `null` where that is after `latest`. */
  reserve(latest: number): number | null {
    return this.#rate.reserve(this.#options.clock.now(), latest);
  }

  /**
   * Sends a message; call it with a permit. Never rejects.
   *
   * @param signal - ends it at once
   */
  async send({ transaction, content }: Outgoing, signal: AbortSignal): Promise<Answer> {
    // Each session whose token has ended is closed by what it says. There are no more of them than permits,
    // and a new token that is not taken either is not given again.
    for (let tries = 0; ; tries += 1) {
      const done = await this.#pool.send(this.#target, { transaction, content, signal });
      if (done.ok) {
        const { result } = done;
        if (tries <= this.permits.limit && !signal.aborted && result.recipients.every(isTokenRefusal))
          continue;
        return result;
      }
      switch (done.why) {
        case 'unreachable':
          this.#trouble = failed(done.opened.failure);
          return this.#trouble;
        case 'broken':
          return this.#trouble;
        default:
          return unavailable(done.why === 'crowded' ? 'full' : 'gone');
      }
    }
  }

  close(): Promise<void> {
    return this.#pool.close();
  }

  #poolOf(account: Account): SessionPool {
    const { clock, sessions } = this.#options;
    const limit = atOnce(account);
    return new SessionPool(new AccountTransport(account, this.#options), {
      ...sessions,
      clock,
      perTarget: limit,
      total: limit,
      // Who waits in it has a permit; one target may have half of the places.
      waiting: 2 * limit,
      // A message must not share the fate of another.
      ahead: false,
    });
  }

  #targetOf({ provider: { host, port, tls } }: Account): Target {
    return {
      host,
      at: { addresses: [], port },
      protocol: 'smtp',
      hostname: this.#options.hostname,
      tls:
        tls === 'none'
          ? { mode: 'none' }
          : { mode: 'required', implicit: tls === 'implicit', certificate: { kind: 'pkix', names: [host] } },
      allowCleartext: tls === 'none',
      patience,
    };
  }
}

function atOnce({ limits }: Account): number {
  return limits?.atOnce ?? defaultAtOnce;
}

function rateOf({ perMinute, perHour }: AccountLimits = {}): RateWindows {
  return new RateWindows([
    ...(perMinute === undefined ? [] : [{ count: perMinute, ms: 60_000 }]),
    ...(perHour === undefined ? [] : [{ count: perHour, ms: 3_600_000 }]),
  ]);
}
