/** What the pool is asked to do, and what comes of it. */
import type { Body } from '../../machine/index.ts';
import type { SmtpFailure, SmtpTransaction, TransactionResult } from '../../smtp/index.ts';
import type { NotOpened, TlsObservation } from '../transport.ts';

/** A message to be sent over a connection. */
export interface Errand {
  /** Read at the moment of sending, so that a getter can tell times that are relative to it. */
  readonly transaction: SmtpTransaction;
  /** May be opened more than once. */
  readonly content: Body;
  /** Ends the wait for a connection, or the transaction and its connection with it. */
  readonly signal?: AbortSignal;
  /** Goes before all others that wait for the same server. Default `false`. */
  readonly first?: boolean;
  /** Told how TLS went, where a connection was opened for this errand. */
  readonly onTls?: (observed: TlsObservation, address?: string) => void;
}

/** What came of an errand. */
export type ErrandResult =
  /** There was a connection; what the server made of the transaction is in `result`. */
  | { readonly ok: true; readonly result: TransactionResult; readonly address: string }
  /** No connection could be had. */
  | { readonly ok: false; readonly why: 'unreachable'; readonly opened: NotOpened }
  /**
   * No connection was tried: its circuit breaker is open (`broken`), or too many wait already (`crowded`).
   * Come again at `until`, in ms since 1970.
   */
  | { readonly ok: false; readonly why: 'broken' | 'crowded'; readonly until: number }
  /** The signal came while it waited, or the pool is closed. */
  | { readonly ok: false; readonly why: 'stopped' };

export const stopped: ErrandResult = { ok: false, why: 'stopped' };

/** What is known of an opening that came to nothing without a word: its transport broke its promise. */
export const neverOpened: NotOpened = {
  ok: false,
  failure: { why: 'gone', stage: 'connect', text: 'the connection could not be opened' },
};

/** Whether the next connection to the same server, whoever makes it, is likely to fare the same. */
export function isServersFault({ why, reply }: SmtpFailure): boolean {
  if (why === 'refused') return reply === undefined || reply.code < 500;
  return why === 'timeout' || why === 'gone' || why === 'protocol';
}

/**
 * The session was over before the server decided anything about the message, so that it can be sent again
 * without a risk (RFC 1047).
 *
 * @param isAhead it was sent ahead of a result, and may have met the end that the message before it came to
 */
export function isUndecided({ recipients }: TransactionResult, isAhead: boolean): boolean {
  return recipients.every((each) => {
    // RFC 5321 §3.8: a server that closes an idle connection says 421 to whatever comes next.
    if (each.result === 'refused') return each.stage === 'mail' && each.reply.code === 421;
    if (each.result !== 'failed' || each.ambiguous) return false;
    const { why, stage } = each.failure;
    if (isAhead || why === 'gone') return true;
    return why === 'refused' && (stage === 'mail' || stage === 'rset' || stage === 'idle');
  });
}
