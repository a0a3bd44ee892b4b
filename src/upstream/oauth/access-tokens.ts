/** Access tokens of many accounts, each asked for by one request at a time and renewed before it ends. */
import { systemClock } from '../../delivery/index.ts';
import type { Clock, Secret } from '../../machine/index.ts';
import type { Account, TokenGrant } from '../account.ts';
import { type PostForm, type RefusedToken, requestToken } from './token-request.ts';
import type { TokenFailure, TokenSource } from './token-source.ts';

/** How tokens are had. */
export interface AccessTokensOptions {
  /** Default the platform's `fetch`. */
  readonly fetch?: PostForm;
  /** Told a refresh token that took the place of an account's (RFC 6749 §6): keep it, or a restart loses the account. */
  readonly save?: (account: Account, refreshToken: Secret) => void | Promise<void>;
  /** Told what `save` threw. Default: a process warning. */
  readonly error?: (error: unknown) => void;
  /** Default `systemClock`. */
  readonly clock?: Clock;
  /** 0 up to 1, for back-off. Default `Math.random`. */
  readonly random?: () => number;
  /** Milliseconds for a request. Default 10,000. */
  readonly patience?: number;
  /** Milliseconds before its end at which a token is no longer given. Default 30,000, at most half its life. */
  readonly skew?: number;
  /**
   * Milliseconds before its end from which on a token is renewed when it is asked for; it is given meanwhile.
   * Default 300,000, at most three quarters of its life.
   */
  readonly ahead?: number;
  /** Milliseconds after a failure before the next request: the first, and the longest. Default 1,000 and 60,000. */
  readonly backOff?: readonly [number, number];
}

/** What is known of one account's token. */
export interface TokenState {
  /** When the token at hand is no longer given, in ms since 1970; `null` where there is none. */
  readonly goodUntil: number | null;
  /** Why the last request failed; `null` where it did not. */
  readonly failure: TokenFailure | null;
}

/**
 * Access tokens from token endpoints (RFC 6749 §4.4, §6).
 *
 * A token that is good is given at once. One that ends soon is renewed meanwhile. Whoever asks while a
 * request is under way shares its answer. After a failure the endpoint is left alone for a while, which
 * doubles each time; after one that is permanent, until the account's `grant` is another object.
 *
 * @example
 * ```ts
 * import { type Account, AccessTokens } from 'mailwright/upstream';
 *
 * declare const account: Account;
 * const tokens = new AccessTokens();
 * const token = await tokens.get(account);
 * if ('ok' in token) console.warn(account.id, token.why, token.text);
 * ```
 */
export class AccessTokens implements TokenSource {
  readonly #options: Supply;
  readonly #tokens = new Map<string, AccountToken>();

  constructor({
    fetch = globalThis.fetch,
    save,
    error = (fault) => process.emitWarning(fault instanceof Error ? fault : String(fault)),
    clock = systemClock,
    random = Math.random,
    patience = 10_000,
    skew = 30_000,
    ahead = 300_000,
    backOff = [1_000, 60_000],
  }: AccessTokensOptions = {}) {
    this.#options = { fetch, save, error, clock, random, patience, skew, ahead, backOff };
  }

  get(account: Account): Secret | TokenFailure | Promise<Secret | TokenFailure> {
    let token = this.#tokens.get(account.id);
    if (token === undefined || token.original !== account.grant) {
      token = new AccountToken(account, this.#options);
      this.#tokens.set(account.id, token);
    }
    return token.get();
  }

  drop(account: Account, token: Secret): void {
    this.#tokens.get(account.id)?.drop(token);
  }

  /** What is known of an account's token; `undefined` where it was never asked for. */
  state(id: string): TokenState | undefined {
    return this.#tokens.get(id)?.state;
  }
}

type Supply = Required<Omit<AccessTokensOptions, 'save'>> & {
  readonly save: AccessTokensOptions['save'] | undefined;
};

class AccountToken {
  /** The grant as the host gave it; ours may have a newer refresh token. */
  readonly original: TokenGrant;
  readonly #account: Account;
  readonly #supply: Supply;
  #grant: TokenGrant;
  #token: Secret | null = null;
  #goodUntil = 0;
  #renewFrom = 0;
  #failure: TokenFailure | null = null;
  #failures = 0;
  #retryAt = 0;
  #droppedAt = Number.NEGATIVE_INFINITY;
  #flight: Promise<Secret | TokenFailure> | null = null;

  constructor(account: Account, supply: Supply) {
    this.original = account.grant;
    this.#account = account;
    this.#supply = supply;
    this.#grant = account.grant;
  }

  get state(): TokenState {
    return { goodUntil: this.#token === null ? null : this.#goodUntil, failure: this.#failure };
  }

  get(): Secret | TokenFailure | Promise<Secret | TokenFailure> {
    const now = this.#supply.clock.now();
    const token = this.#token;
    if (token !== null && now < this.#goodUntil) {
      if (now >= this.#renewFrom && now >= this.#retryAt) this.#renew();
      return token;
    }
    if (this.#flight === null && this.#failure !== null && now < this.#retryAt) return this.#failure;
    return this.#renew();
  }

  drop(token: Secret): void {
    if (token !== this.#token) return;
    this.#token = null;
    // One token may have been revoked. If the next is not taken either, asking on would help nobody.
    const again = this.#droppedRecently;
    this.#droppedAt = this.#supply.clock.now();
    if (again)
      this.#fail({ ok: false, why: 'refused', permanent: false, text: 'the provider takes no token' });
  }

  get #droppedRecently(): boolean {
    return this.#supply.clock.now() - this.#droppedAt < this.#supply.backOff[1];
  }

  #renew(): Promise<Secret | TokenFailure> {
    this.#flight ??= this.#request();
    return this.#flight;
  }

  async #request(): Promise<Secret | TokenFailure> {
    const { fetch, clock, patience, skew, ahead } = this.#supply;
    const answer = await requestToken(this.#grant, fetch, clock, patience);
    this.#flight = null;
    if (!answer.ok) return this.#fail(answer);
    const { token, lifetime, refreshToken } = answer;
    const now = clock.now();
    this.#token = token;
    this.#goodUntil = now + lifetime - Math.min(skew, lifetime / 2);
    this.#renewFrom = now + lifetime - Math.min(ahead, lifetime * 0.75);
    this.#failure = null;
    if (!this.#droppedRecently) this.#failures = 0;
    this.#retryAt = 0;
    if (refreshToken !== undefined) this.#rotate(refreshToken);
    return token;
  }

  #fail({ retryAfter = 0, ...failure }: RefusedToken): TokenFailure {
    const { clock, random, backOff } = this.#supply;
    const [first, longest] = backOff;
    // Half of it is chance, so that the accounts of one provider don't come back all at once.
    const pause = Math.min(longest, first * 2 ** this.#failures) * (0.5 + random() / 2);
    this.#failures += 1;
    this.#failure = failure;
    this.#retryAt = failure.permanent ? Number.POSITIVE_INFINITY : clock.now() + Math.max(pause, retryAfter);
    return failure;
  }

  /** RFC 6749 §6: the client must discard the old refresh token. */
  #rotate(refreshToken: Secret): void {
    const { save, error } = this.#supply;
    if (refreshToken.reveal() === this.#grant.refreshToken?.reveal()) return;
    this.#grant = { ...this.#grant, refreshToken };
    try {
      save?.(this.#account, refreshToken)?.catch(error);
    } catch (fault) {
      error(fault);
    }
  }
}
