/** What the client machine tells its driver. */
import type { SmtpFailure, SmtpTransaction, TransactionResult } from './transaction.ts';

/** STARTTLS was accepted: run the handshake, then call `tlsEstablished` or `tlsFailed` (RFC 3207 §4). */
export interface ClientUpgradeEvent {
  readonly type: 'upgrade';
}

/**
 * The machine can take a transaction: after the session is set up, after each result, and, where the server
 * allows pipelining, as soon as the content of the transaction before is sent (RFC 2920 §3.1).
 */
export interface ReadyEvent {
  readonly type: 'ready';
}

/** The server waits for the content: hand it over by `feed` and `finish`, or call `fail`. */
export interface ContentEvent {
  readonly type: 'content';
  readonly transaction: SmtpTransaction;
}

/**
 * The server wants nothing of the content that was asked for (each recipient was refused, or it said no
 * halfway): stop feeding. What is fed after is ignored.
 */
export interface ContentRefusedEvent {
  readonly type: 'contentRefused';
  readonly transaction: SmtpTransaction;
}

/** A transaction is over. Results come in the order in which the transactions were given. */
export interface ResultEvent {
  readonly type: 'result';
  readonly transaction: SmtpTransaction;
  readonly result: TransactionResult;
}

/**
 * The session is over: send what output there is and close. `failure` is `null` after QUIT, whatever the
 * server said to it; the machine says it by itself behind the last message that the server takes in a session
 * (RFC 9422 §4.1). Results of open transactions come before.
 */
export interface ClientCloseEvent {
  readonly type: 'close';
  readonly failure: SmtpFailure | null;
}

/** All events of the client machine. None asks: what the host decides, it decides by its calls. */
export type SmtpClientEvent =
  | ClientUpgradeEvent
  | ReadyEvent
  | ContentEvent
  | ContentRefusedEvent
  | ResultEvent
  | ClientCloseEvent;
