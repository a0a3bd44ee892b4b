/** What became of an attempt to deliver a message to one recipient. */
import type { EnhancedStatus, ServerReply } from '../smtp/index.ts';

/** Who answered, or should have. */
export interface RemoteHost {
  /** As a name of DNS, or the text of an address literal. */
  readonly host: string;
  /** The IP address that was talked to; absent where none was reached. */
  readonly address?: string;
}

/** What every answer about an attempt tells. */
export interface OutcomeDetails {
  /** An enhanced status code of the result's class (RFC 3463). */
  readonly status: EnhancedStatus;
  /** One line for people and for notifications, without secrets: what the remote said, or what stood in the way. */
  readonly text: string;
  /** What the remote said, if it was the remote. */
  readonly reply?: ServerReply;
  readonly remote?: RemoteHost;
}

/** It was delivered. */
export interface Delivered extends OutcomeDetails {
  readonly result: 'delivered';
  /**
   * `delivered`: in the recipient's mailbox. `relayed`: with a server that gives no notice of success, so
   * that this is our task. `passed`: with a server that took over NOTIFY (RFC 3461 §5.2.1). `expanded`: to
   * a list of other addresses (RFC 3461 §5.2.7).
   */
  readonly how: 'delivered' | 'relayed' | 'passed' | 'expanded';
}

/** Not this time; an attempt was made and counts. */
export interface Deferred extends OutcomeDetails {
  readonly result: 'deferred';
  /** Not again before this time, in ms since 1970; by default the schedule says when. */
  readonly notBefore?: number;
}

/** Never. */
export interface Failed extends OutcomeDetails {
  readonly result: 'failed';
}

/**
 * No attempt was made: a limit, a pause or an open circuit breaker. It counts as nothing, and the message
 * comes again at `until`, in ms since 1970.
 */
export interface Limited {
  readonly result: 'limited';
  readonly until: number;
  readonly why: string;
}

/** What became of an attempt for one recipient. */
export type Outcome = Delivered | Deferred | Failed | Limited;
