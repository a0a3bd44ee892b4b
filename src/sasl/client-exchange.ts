/**
 * The client side of SASL (RFC 4422) as a step machine: challenges go in, responses come out.
 */
import type { Bytes, Secret } from '../machine/index.ts';
import { type FailureStep, failure } from './failure.ts';
import type { ChannelBindingType, Surroundings } from './mechanism.ts';
import type { TokenStatus } from './question.ts';

/** A name and a password: SCRAM, PLAIN, LOGIN, CRAM-MD5. */
export interface PasswordCredentials {
  readonly type: 'password';
  /** The authentication identity. */
  readonly user: string;
  readonly password: Secret;
  /** Whom to act as, where it is not `user`. LOGIN and CRAM-MD5 cannot say it. */
  readonly authzid?: string;
}

/** An OAuth 2.0 bearer token (RFC 6750): OAUTHBEARER, XOAUTH2. */
export interface TokenCredentials {
  readonly type: 'token';
  readonly user: string;
  readonly token: Secret;
  /** The server that the client means to talk to; OAUTHBEARER tells it (RFC 7628 §3.1). */
  readonly host?: string;
  readonly port?: number;
}

/** The certificate that the client gave when TLS began: EXTERNAL. */
export interface ExternalCredentials {
  readonly type: 'external';
  readonly authzid?: string;
}

/** Nobody: ANONYMOUS. */
export interface AnonymousCredentials {
  readonly type: 'anonymous';
  /** What the server may log, often a mail address (RFC 4505 §2). */
  readonly trace?: string;
}

/** What a client proves itself with. */
export type ClientCredentials =
  | PasswordCredentials
  | TokenCredentials
  | ExternalCredentials
  | AnonymousCredentials;

/** How a client authenticates on one connection. */
export interface ClientOptions extends Surroundings {
  /** That many unpredictable octets: `randomBytes` of `node:crypto`, or a fixed source in a test. */
  readonly random: (size: number) => Bytes;
  /** The mechanisms that the server advertised, as it named them. */
  readonly offered: readonly string[];
  /** The kind of channel binding for -PLUS. Default: the first that `tls` has (RFC 9266 §3). */
  readonly channelBinding?: ChannelBindingType;
  /** SCRAM servers that ask for fewer iterations are refused. Default 4096 (RFC 7677 §4). */
  readonly minIterations?: number;
  /** SCRAM servers that ask for more are refused. Default 1,000,000, about 0.15 s of computing. */
  readonly maxIterations?: number;
  /** The longest challenge taken from the server, in octets. Default 9216. */
  readonly maxLength?: number;
}

/** What happens next in a client exchange. */
export type ClientStep =
  /** Send this. It is base64 as it goes on the line, and a `Secret` because it may hold a password. */
  | { readonly type: 'response'; readonly response: Secret }
  /** The server goes first: name the mechanism without an initial response. */
  | { readonly type: 'wait' }
  /** Authenticated, and the server proved itself where the mechanism has it do so. */
  | { readonly type: 'done' }
  | FailureStep;

/**
 * One authentication in progress, seen from the client.
 *
 * The first `step` goes out with the mechanism's name: its response is the initial response, which
 * a protocol may have to send later, after an empty challenge, and which is spelled `=` where it is
 * empty (RFC 4954 §4). After it, hand each challenge to `respond`, the server's final word to
 * `succeed` or `refused`. Nothing that a server sends makes it throw. After a `failure` step of
 * `respond`, cancel the exchange on the line (RFC 4422 §3.5); after one of `succeed`, close the
 * connection.
 */
export interface ClientExchange {
  readonly step: ClientStep;
  /** Takes a challenge, decoded. */
  respond(challenge: Bytes): ClientStep;
  /** The server reports success, with data where the protocol carries them, else `null`. */
  succeed(data: Bytes | null): ClientStep;
  /** The server reports failure; the step holds what it said about the token, if it did. */
  refused(): FailureStep;
}

/** What a mechanism's client side does next. */
export interface ClientMove {
  /** To be sent; `null` only at first, where the server begins. */
  readonly send: Bytes | null;
  /** The server's success is to be believed after this. */
  readonly complete: boolean;
  /** What the server said about the token. */
  readonly status?: TokenStatus;
}

/** A mechanism's client side: yields its moves, takes challenges, and returns only to fail. */
export type ClientScript = Generator<ClientMove, FailureStep, Bytes>;

/** A move after which the server must speak on. */
export function more(send: Bytes | null): ClientMove {
  return { send, complete: false };
}

/** The last move, after which the server may only report the outcome. */
export function* finish(send: Bytes): ClientScript {
  yield { send, complete: true };
  return failure('malformed', 'a challenge too many');
}
