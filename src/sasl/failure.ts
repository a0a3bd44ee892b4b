import type { TokenStatus } from './question.ts';

/**
 * Why an exchange failed, one word for each reply that a protocol distinguishes.
 *
 * - `unsupported`: no such mechanism here, or not on this connection.
 * - `encryption-required`: the mechanism would reveal a reusable secret; start TLS first.
 * - `malformed`: the peer's message breaks the mechanism's grammar; or, before a client sends
 *   anything, its own credentials do not fit into it.
 * - `too-long`: a message is longer than the limit.
 * - `cancelled`: the client gave up (RFC 4422 §3.5).
 * - `refused`: wrong name, password, token or proof.
 * - `authorization`: the proof holds, but not for the identity asked for.
 * - `channel-binding`: the TLS connection is not the one that the peer sees, or was downgraded.
 * - `temporary`: the host cannot tell now.
 * - `untrusted`: seen by clients only: the server did not prove that it knows the password, or it
 *   asks for more work than allowed.
 */
export type FailureReason =
  | 'unsupported'
  | 'encryption-required'
  | 'malformed'
  | 'too-long'
  | 'cancelled'
  | 'refused'
  | 'authorization'
  | 'channel-binding'
  | 'temporary'
  | 'untrusted';

/** A failed exchange as a value. */
export interface SaslFailure {
  readonly reason: FailureReason;
  /** The private cause, for a log: never a secret, and nothing to be sent to the peer. */
  readonly detail: string;
  /** What the server said about the token, on the client's side. */
  readonly status?: TokenStatus;
}

/** The step that ends an exchange without success, on either side. */
export interface FailureStep {
  readonly type: 'failure';
  readonly failure: SaslFailure;
}

/** A failure step. */
export function failure(reason: FailureReason, detail: string): FailureStep {
  return { type: 'failure', failure: { reason, detail } };
}
