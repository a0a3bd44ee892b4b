/** Where access tokens come from. */
import type { Secret } from '../../machine/index.ts';
import type { Account } from '../account.ts';

/** Why there is no access token. */
export interface TokenFailure {
  readonly ok: false;
  /**
   * The error code of the token endpoint (RFC 6749 §5.2): `invalid_grant`, `invalid_client`, ...; or
   * `timeout`, `network`, `status` (an answer that is no answer of OAuth), `malformed` (a token that is none); `refused`:
   * the provider's server took none of the tokens that it was shown.
   */
  readonly why: string;
  /** It stays so until the account is changed: the owner's consent has ended, the client is unknown. */
  readonly permanent: boolean;
  /** For the host's log; without secrets. */
  readonly text: string;
}

/**
 * Where access tokens come from: a token endpoint ({@link AccessTokens}), or a vault of the host's.
 *
 * A token that is at hand is returned as it is, not as a Promise. It never rejects, and every wait is
 * bounded.
 */
export interface TokenSource {
  get(account: Account): Secret | TokenFailure | Promise<Secret | TokenFailure>;
  /** The provider did not take this token: it is not given again. */
  drop(account: Account, token: Secret): void;
}
