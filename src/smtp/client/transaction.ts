/** One message for one server, and what the server made of it. */
import type { MailParameters, RcptParameters } from '../parameters.ts';

/** A reply as a server gave it (RFC 5321 §4.2). */
export interface ServerReply {
  /** 200 to 599. */
  readonly code: number;
  /** The enhanced status code, where the text begins with one of the code's class (RFC 2034 §4): `5.1.1`. */
  readonly enhanced?: string;
  /** The text of each line, without code and enhanced status. */
  readonly lines: readonly string[];
}

/** One recipient of a transaction. */
export interface TransactionRecipient {
  /** The forward path without its angle brackets. */
  readonly path: string;
  readonly parameters: RcptParameters;
}

/** A message to be sent. Its content follows when the machine asks for it. */
export interface SmtpTransaction {
  /** The reverse path without its angle brackets; `''` is the null path. */
  readonly from: string;
  /**
   * What MAIL is to say, as far as the server's extensions allow; `size` is ignored in favour of
   * {@link SmtpTransaction.size}. `deliverBy` and `hold` are relative to the moment of sending.
   */
  readonly parameters: MailParameters;
  /** At least one. */
  readonly recipients: readonly TransactionRecipient[];
  /**
   * Nothing is sent unless the server takes every recipient: who has but one verdict to pass on can then pass on
   * a true one. Those that it would have taken are `postponed`. Without effect in LMTP, which has a
   * verdict for each.
   */
  readonly allOrNone?: true;
  /** Octets of the content, exactly. */
  readonly size: number;
}

/**
 * Where in a session something happened; the wait that ran out, or the command that was answered. `connect`
 * stands for all before the greeting.
 */
export type SmtpStage =
  | 'connect'
  | 'greeting'
  | 'hello'
  | 'starttls'
  | 'handshake'
  | 'auth'
  | 'idle'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'content'
  | 'end-of-data'
  | 'rset'
  | 'quit';

/**
 * Why a session ended early.
 *
 * - `refused`: the server said so, with the reply that is given: a greeting of 554, 421 at any time.
 * - `timeout`: the server was silent for longer than the patience of the stage.
 * - `gone`: the server closed the connection.
 * - `protocol`: what it said is no SMTP, or no answer to what was asked.
 * - `tls-missing`: TLS is required and STARTTLS is not offered, or was refused.
 * - `tls-failed`: the handshake failed, or the certificate is not the one that is required.
 * - `auth-missing`: no mechanism that the credentials can drive is offered.
 * - `auth-failed`: the server refused the credentials (the reply tells), or did not prove who it is.
 * - `content`: the source of the content failed; a session that sent it by DATA had to be cut off.
 */
export type SmtpFailureReason =
  | 'refused'
  | 'timeout'
  | 'gone'
  | 'protocol'
  | 'tls-missing'
  | 'tls-failed'
  | 'auth-missing'
  | 'auth-failed'
  | 'content';

/** Why and where a session ended early. */
export interface SmtpFailure {
  readonly why: SmtpFailureReason;
  readonly stage: SmtpStage;
  /** For people. */
  readonly text: string;
  readonly reply?: ServerReply;
}

/** What a message or one of its recipients needs and the server does not offer. */
export type MissingExtension =
  | 'smtputf8'
  | '8bitmime'
  | 'binarymime'
  | 'requiretls'
  /** A deadline that returns the message must go with it (RFC 2852 §4). */
  | 'deliverby'
  /** The recipient must be known to have had the mailbox since a time (RFC 7293 §5.1.1). */
  | 'rrvs'
  /** The message is larger than the server's SIZE. */
  | 'size';

/** What became of a transaction for one recipient. */
export type RecipientResult =
  /** The server has taken over the responsibility (RFC 5321 §4.2.5). */
  | { readonly result: 'accepted'; readonly reply: ServerReply }
  /** The server said no: 4yz for now, 5yz for good. */
  | { readonly result: 'refused'; readonly reply: ServerReply; readonly stage: SmtpStage }
  /**
   * The server takes no more recipients in one transaction, as LIMITS told before (RFC 9422 §4) or the
   * reply, 452 or 552, tells (RFC 5321 §4.5.3.1.10). Others were taken or tried; name this one in another
   * transaction, at once if you like.
   */
  | { readonly result: 'postponed'; readonly reply?: ServerReply }
  /** Nothing was sent, since the server lacks what the message or the recipient needs. */
  | { readonly result: 'unsuitable'; readonly missing: MissingExtension }
  /**
   * There was no answer. `ambiguous`: all of the content was sent, so that the server may have taken the
   * message (RFC 1047).
   */
  | { readonly result: 'failed'; readonly failure: SmtpFailure; readonly ambiguous: boolean };

/** What became of a transaction. */
export interface TransactionResult {
  /** One for each recipient, in the transaction's order. */
  readonly recipients: readonly RecipientResult[];
  /** The server offers DSN, so that notifications are its business from here on (RFC 3461 §5.2.1). */
  readonly dsn: boolean;
  /** Lone CR or LF in the content were turned into line ends, since nothing else can be sent safely. */
  readonly mended: boolean;
}
