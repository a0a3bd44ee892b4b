/** Who writes notifications about messages (RFC 3461 to 3464), as the queue calls it. */
import type { Body } from '../machine/index.ts';
import type { Context, NewContext } from '../spool/index.ts';
import type { Deferred, Delivered, Failed } from './outcome.ts';
import type { RoutedRecipient } from './route.ts';

/** What is to be told of one recipient. */
export interface RecipientNotice {
  readonly recipient: RoutedRecipient;
  readonly outcome: Delivered | Deferred | Failed;
  /** When that came to be known, in ms since 1970. */
  readonly at: number;
  /** For a delay: until when it will be tried, in ms since 1970. */
  readonly willRetryUntil?: number;
}

/** A message to be put into the spool. */
export interface Notification {
  readonly kind: 'failure' | 'delay' | 'success';
  readonly context: NewContext;
  readonly octets: Uint8Array;
}

/**
 * Writes notifications; those that nobody asked for are left out: by NOTIFY (RFC 3461 §4.1), for the null
 * sender (RFC 5321 §4.5.5), and as a host's policy has it.
 *
 * @param body - the message that it is about; read no further than is returned
 */
export type Notifier = (
  context: Context,
  recipients: readonly RecipientNotice[],
  body: Body,
) => Promise<readonly Notification[]>;
