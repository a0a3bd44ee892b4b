/** One account at work: its permits, its pace, its sessions, and how a message is sent with it. */
import type { Target, Transport } from '../delivery/index.ts';
import type { Resolver } from '../dns/index.ts';
import { type Body, type Clock, Secret } from '../machine/index.ts';
import type { RecipientResult, Reply, SmtpTransaction, TransactionResult } from '../smtp/index.ts';
import type { Account, AccountLimits } from './account.ts';
import type { TokenSource } from './oauth/token-source.ts';
import { Permits } from './permits.ts';
import { providerAddresses } from './provider-addresses.ts';
import { RateWindows } from './rate-windows.ts';
import { IdleSessions, type Kept, type SessionLimits } from './sessions.ts';
import { failed, tokenless } from './verdict.ts';

/** What all accounts share. */
export interface DeskSupply {
  readonly transport: Transport;
  readonly resolver: Resolver;
  readonly tokens: TokenSource;
  readonly clock: Clock;
  /** The name to greet providers with. */
  readonly hostname: string;
  readonly sessions: SessionLimits;
  /** How many may wait for an account. */
  readonly line: number;
  /** Told of each session that was opened, and of each that could not be. */
  readonly onOpen: (ok: boolean) => void;
}

/** A message on its way. */
export interface Outgoing {
  readonly transaction: SmtpTransaction;
  readonly content: Body;
  /** Ends it at once. */
  readonly signal: AbortSignal;
}

/** What came of it: results, or why there are none. */
export type Answer = TransactionResult | Reply;

/** No session, and whether it may be for a token that is good no more. */
interface NoSession {
  readonly reply: Reply;
  readonly badToken: boolean;
}

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

/** One account at work. */
export class Desk {
  readonly permits: Permits;
  readonly #supply: DeskSupply;
  #account: Account;
  #rate: RateWindows;
  #sessions: IdleSessions;

  constructor(account: Account, supply: DeskSupply) {
    const { clock, line, sessions } = supply;
    this.#supply = supply;
    this.#account = account;
    this.permits = new Permits({ limit: account.limits?.atOnce ?? defaultAtOnce, line, clock });
    this.#rate = rateOf(account.limits);
    this.#sessions = new IdleSessions(sessions, clock, this.permits);
  }

  get account(): Account {
    return this.#account;
  }

  /** Sessions that wait for work. */
  get idle(): number {
    return this.#sessions.count;
  }

  /** Takes over what has changed about the account; messages on their way go on as they began. */
  adopt(account: Account): void {
    if (account === this.#account) return;
    const { limits } = this.#account;
    this.#account = account;
    this.permits.limit = account.limits?.atOnce ?? defaultAtOnce;
    if (account.limits?.perMinute !== limits?.perMinute || account.limits?.perHour !== limits?.perHour) {
      this.#rate = rateOf(account.limits);
    }
    void this.#sessions.close();
    this.#sessions = new IdleSessions(this.#supply.sessions, this.#supply.clock, this.permits);
  }

  /** When the next message may leave, which is then kept for it; `null` where that is after `latest`. */
  reserve(latest: number): number | null {
    return this.#rate.reserve(this.#supply.clock.now(), latest);
  }

  /**
   * Sends a message; call it with a permit.
   *
   * `answer` is called exactly once, and before this resolves: then the session is tidied up.
   */
  async send(message: Outgoing, answer: (what: Answer) => void): Promise<void> {
    const { tokens } = this.#supply;
    const { transaction, content, signal } = message;
    const account = this.#account;
    const sessions = this.#sessions;
    let idle = sessions.take();
    // A token that the provider does not take may have been revoked: there is another try with a new one.
    let renewals = 1;
    for (;;) {
      const reused = idle;
      const kept = reused ?? (await this.#open(account, signal));
      if ('reply' in kept) {
        if (kept.badToken && renewals-- > 0) continue;
        return answer(kept.reply);
      }
      const result = await kept.session.send(transaction, content, signal);
      idle = undefined;
      if (!signal.aborted) {
        const badToken = result.recipients.every(isBadToken);
        if (badToken) {
          tokens.drop(account, kept.token);
          kept.session.destroy();
        }
        // A session that waited idle may have died unseen: there is another try with a new one.
        const again = badToken ? renewals-- > 0 : reused !== undefined && result.recipients.every(wasStale);
        if (again) {
          kept.session.destroy();
          sessions.discard();
          continue;
        }
      }
      answer(result);
      return await sessions.putBack(kept);
    }
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  async #open(account: Account, signal: AbortSignal): Promise<Kept | NoSession> {
    const { tokens, transport, clock, onOpen } = this.#supply;
    const got = tokens.get(account);
    const token = got instanceof Promise ? await got : got;
    if (!(token instanceof Secret)) return { reply: tokenless(token), badToken: false };
    const addresses = await providerAddresses(account.provider, this.#supply.resolver);
    if ('code' in addresses) return { reply: addresses, badToken: false };
    const opened = await transport.open(this.#target(account, token, addresses), signal);
    onOpen(opened.ok);
    if (opened.ok) {
      return { session: opened.session, token, openedAt: clock.now(), messages: 0, stop: () => {} };
    }
    const { failure } = opened;
    // RFC 4954 §6: 535 tells of the credentials, 454 of a trouble of the server's own.
    const badToken = failure.why === 'auth-failed' && (failure.reply?.code ?? 0) >= 500;
    if (badToken) tokens.drop(account, token);
    return { reply: failed(failure), badToken };
  }

  #target({ provider, user }: Account, token: Secret, addresses: readonly string[]): Target {
    const { host, port, tls } = provider;
    return {
      host,
      at: { addresses, port },
      protocol: 'smtp',
      hostname: this.#supply.hostname,
      tls:
        tls === 'none'
          ? { mode: 'none' }
          : {
              mode: 'required',
              implicit: tls === 'implicit',
              certificate: { kind: 'pkix', names: [host] },
            },
      credentials: { type: 'token', user, token, host, port },
      allowCleartext: tls === 'none',
      patience,
    };
  }
}

function rateOf({ perMinute, perHour }: AccountLimits = {}): RateWindows {
  return new RateWindows([
    ...(perMinute === undefined ? [] : [{ count: perMinute, ms: 60_000 }]),
    ...(perHour === undefined ? [] : [{ count: perHour, ms: 3_600_000 }]),
  ]);
}

/** RFC 4954 §6: 530, authentication required, is what some say in a session whose token has ended. */
function isBadToken(result: RecipientResult): boolean {
  if (result.result === 'failed') return isCredentialCode(result.failure.reply?.code);
  return result.result === 'refused' && result.stage === 'mail' && isCredentialCode(result.reply.code);
}

function isCredentialCode(code: number | undefined): boolean {
  return code === 530 || code === 535;
}

/** The server went, or said farewell (RFC 5321 §3.8), and cannot have taken the message. */
function wasStale(result: RecipientResult): boolean {
  if (result.result === 'failed') {
    const { why } = result.failure;
    return !result.ambiguous && (why === 'gone' || why === 'refused');
  }
  return result.result === 'refused' && result.stage === 'mail' && result.reply.code === 421;
}
