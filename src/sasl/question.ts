/**
 * What a server exchange asks its host, and what the host may answer.
 *
 * A question is plain data with `Asks<Answer>` on its type, so that an answer to another kind of
 * question does not compile. What a peer sent as a password or token is a `Secret` in it.
 */
import type { Asks, Secret, TlsInfo, VerdictFor } from '../machine/index.ts';
import type { ScramHash } from './mechanism.ts';
import type { ScramKeys } from './scram-keys.ts';

/** Who a connection turned out to be. */
export interface Identity {
  /** Whom the session acts for: the authorization identity of RFC 4422 §3.4.1. */
  readonly user: string;
  /** Who proved to be there, where that is somebody else: the authentication identity. */
  readonly actor?: string;
}

/** The proof holds, and its bearer may act as `identity`. */
export interface Accepted {
  readonly type: 'accepted';
  readonly identity: Identity;
}

/** Unknown user, wrong password, or one that may not act as whom he asked for. */
export interface Refused {
  readonly type: 'refused';
  /** `authorization`: the proof holds, but not for the wanted authzid. Default `credentials`. */
  readonly reason?: 'credentials' | 'authorization';
}

/** The host cannot tell now: its store is down. The peer is told to try again later. */
export interface Temporary {
  readonly type: 'temporary';
}

/** The stored keys of a user; the exchange checks the proof against them. */
export interface KeysFound {
  readonly type: 'keys';
  readonly keys: ScramKeys;
  /** Who the peer is once its proof holds; `null` where it may not act as the wanted authzid. */
  readonly identity: Identity | null;
}

/** The clear password of a user; the exchange checks the digest against it. */
export interface PasswordFound {
  readonly type: 'password';
  readonly password: Secret;
  /** Who the peer is once its digest matches. */
  readonly identity: Identity;
}

/** What a client is told about a token that does not suffice (RFC 7628 §3.2.2). */
export interface TokenStatus {
  /** `invalid_token`, `insufficient_scope`, `invalid_request`, or another registered OAuth error. */
  readonly status: string;
  /** The scopes that would do, parted by spaces. */
  readonly scope?: string;
  /** URL of the OpenID provider's configuration, where a client may register itself. */
  readonly openidConfiguration?: string;
}

/** The token is unknown, expired, or too weak for mail. */
export interface TokenRefused extends Refused {
  /** Default `{ status: 'invalid_token' }`. */
  readonly status?: TokenStatus;
}

/** PLAIN and LOGIN: is this the user's password? */
export interface VerifyPassword extends Asks<Accepted | Refused | Temporary> {
  readonly type: 'verifyPassword';
  readonly mechanism: 'PLAIN' | 'LOGIN';
  /** The user whose password it is to be, prepared with {@link saslprep}. */
  readonly authcid: string;
  /** Whom he wants to act as; `null`: as himself. */
  readonly authzid: string | null;
  /** Prepared with {@link saslprep} (RFC 4616 §2). */
  readonly password: Secret;
}

/**
 * SCRAM: which keys are stored for this user?
 *
 * To `refused`, for a user who is not known, the exchange goes on with a decoy salt and fails at its
 * end, so that nobody can probe for user names. For the same reason answer with the keys of a known
 * user also where `authzid` is not allowed him, and with `identity: null`.
 */
export interface FindScramKeys extends Asks<KeysFound | Refused | Temporary> {
  readonly type: 'scramKeys';
  readonly hash: ScramHash;
  /** Prepared with {@link saslprep} (RFC 5802 §5.1). */
  readonly authcid: string;
  readonly authzid: string | null;
}

/** OAUTHBEARER and XOAUTH2: is this bearer token good, and whose is it? */
export interface VerifyToken extends Asks<Accepted | TokenRefused | Temporary> {
  readonly type: 'verifyToken';
  readonly mechanism: 'OAUTHBEARER' | 'XOAUTH2';
  /** Whom the client says it is; it must agree with the token. `null`: the token says all. */
  readonly authzid: string | null;
  readonly token: Secret;
  /** The host and port that the client believes to talk to, where it said so (RFC 7628 §3.1). */
  readonly host: string | null;
  readonly port: number | null;
}

/** EXTERNAL: whom does the TLS client certificate stand for? */
export interface VerifyExternal extends Asks<Accepted | Refused | Temporary> {
  readonly type: 'external';
  /** Whom the peer wants to act as; `null`: whoever the certificate says (RFC 4422 §A.1). */
  readonly authzid: string | null;
  readonly tls: TlsInfo;
}

/** ANONYMOUS: may somebody without a name come in? */
export interface AdmitAnonymous extends Asks<Accepted | Refused | Temporary> {
  readonly type: 'anonymous';
  /** What the peer says about itself, at most 255 characters, often a mail address; unproven. */
  readonly trace: string;
}

/** CRAM-MD5: what is this user's clear password? */
export interface FindCramPassword extends Asks<PasswordFound | Refused | Temporary> {
  readonly type: 'cramPassword';
  readonly authcid: string;
}

/** Everything that a server exchange may ask. */
export type Question =
  | VerifyPassword
  | FindScramKeys
  | VerifyToken
  | VerifyExternal
  | AdmitAnonymous
  | FindCramPassword;

/** Everything that a host may answer. */
export type Answer = Accepted | KeysFound | PasswordFound | TokenRefused | Temporary;

/** What a host may answer to a question of this kind, also to one written as a literal, which `VerdictFor` does not know. */
export type AnswerTo<Q extends Question> = VerdictFor<Extract<Question, { readonly type: Q['type'] }>>;

/** The proof holds; the identity is given whole, or as the name of a user who acts for himself. */
export function accepted(identity: Identity | string): Accepted {
  return { type: 'accepted', identity: typeof identity === 'string' ? { user: identity } : identity };
}

/** A ready-made refusal of the name or its proof; which of them is nobody's business. */
export const refused = { type: 'refused' } as const;

/** A ready-made answer for a host whose store is down. */
export const temporary = { type: 'temporary' } as const;
