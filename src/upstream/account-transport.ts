/** Sessions with one account's provider, authenticated with its access token. */
import {
  findAddresses,
  type MailSession,
  type NotOpened,
  type Opened,
  type Target,
  type Transport,
} from '../delivery/index.ts';
import type { Resolver } from '../dns/index.ts';
import { type Body, Secret } from '../machine/index.ts';
import type {
  RecipientResult,
  SmtpFailure,
  SmtpServerFacts,
  SmtpTransaction,
  TransactionResult,
} from '../smtp/index.ts';
import type { Account, Provider } from './account.ts';
import type { TokenSource } from './oauth/token-source.ts';

/** What opening a session needs beside the account. */
export interface AccountTransportOptions {
  readonly transport: Transport;
  readonly resolver: Resolver;
  readonly tokens: TokenSource;
  /** Told of each session that was opened, and of each that could not be. */
  readonly onOpen: (ok: boolean) => void;
}

const noAddresses: ReadonlySet<string> = new Set();

/**
 * A transport that adds addresses and credentials to the target at the moment of opening, so that a pool may
 * know the target by what never changes about it.
 */
export class AccountTransport implements Transport {
  readonly #account: Account;
  readonly #options: AccountTransportOptions;

  constructor(account: Account, options: AccountTransportOptions) {
    this.#account = account;
    this.#options = options;
  }

  async open(target: Target, signal?: AbortSignal): Promise<Opened | NotOpened> {
    const addresses = await this.#addresses(this.#account.provider);
    const opened =
      'why' in addresses
        ? ({ ok: false, failure: addresses } as const)
        : await this.#authenticate(
            { ...target, at: { addresses, port: this.#account.provider.port } },
            signal,
          );
    this.#options.onOpen(opened.ok);
    return opened;
  }

  /** A token that the server does not take may have been revoked: there is another try with a new one. */
  async #authenticate(target: Target, signal: AbortSignal | undefined): Promise<Opened | NotOpened> {
    const { transport, tokens } = this.#options;
    const account = this.#account;
    const { user, provider } = account;
    for (let tries = 1; ; tries += 1) {
      const got = tokens.get(account);
      const token = got instanceof Promise ? await got : got;
      if (!(token instanceof Secret)) {
        return { ok: false, failure: authMissing(`The account has no access token (${token.why})`) };
      }
      const credentials = { type: 'token', user, token, host: provider.host, port: provider.port } as const;
      const opened = await transport.open({ ...target, credentials }, signal);
      if (opened.ok) {
        const session = new TokenSession(opened.session, () => tokens.drop(account, token));
        return { ...opened, session };
      }
      // RFC 4954 §6: 535 tells of the credentials, 454 of a trouble of the server's own.
      const { why, reply } = opened.failure;
      if (why !== 'auth-failed' || reply === undefined || reply.code < 500) return opened;
      tokens.drop(account, token);
      if (tries > 1 || signal?.aborted) return opened;
    }
  }

  async #addresses({ host, addresses }: Provider): Promise<readonly string[] | SmtpFailure> {
    if (addresses !== undefined) return addresses;
    const { resolver } = this.#options;
    const found = await findAddresses(host, {
      resolver,
      families: 'ipv6-first',
      allowAddress: () => true,
      ownAddresses: noAddresses,
    });
    return found.ok ? found.addresses : { why: 'gone', stage: 'connect', text: found.text };
  }
}

function authMissing(text: string): SmtpFailure {
  return { why: 'auth-missing', stage: 'auth', text };
}

/** RFC 4954 §6: 530, authentication required, is what some say in a session whose token has ended. */
export function isTokenRefusal(result: RecipientResult): boolean {
  const said =
    result.result === 'failed'
      ? result.failure.reply
      : result.result === 'refused' && result.stage === 'mail'
        ? result.reply
        : undefined;
  return said?.code === 530 || said?.code === 535;
}

/** A session that ends, and takes its token along, when the server does not take that any more. */
class TokenSession implements MailSession {
  readonly #session: MailSession;
  readonly #dropToken: () => void;

  constructor(session: MailSession, dropToken: () => void) {
    this.#session = session;
    this.#dropToken = dropToken;
  }

  async send(transaction: SmtpTransaction, content: Body, signal?: AbortSignal): Promise<TransactionResult> {
    const result = await this.#session.send(transaction, content, signal);
    if (result.recipients.every(isTokenRefusal)) {
      this.#dropToken();
      this.#session.destroy();
    }
    return result;
  }

  get address(): string {
    return this.#session.address;
  }

  get tls(): MailSession['tls'] {
    return this.#session.tls;
  }

  get server(): SmtpServerFacts {
    return this.#session.server;
  }

  get idle(): boolean {
    return this.#session.idle;
  }

  get closed(): boolean {
    return this.#session.closed;
  }

  get onClose(): MailSession['onClose'] {
    return this.#session.onClose;
  }

  set onClose(listener: MailSession['onClose']) {
    this.#session.onClose = listener;
  }

  get onIdle(): MailSession['onIdle'] {
    return this.#session.onIdle;
  }

  set onIdle(listener: MailSession['onIdle']) {
    this.#session.onIdle = listener;
  }

  quit(): Promise<void> {
    return this.#session.quit();
  }

  destroy(): void {
    this.#session.destroy();
  }
}
