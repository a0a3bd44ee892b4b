/** What the queue notes about a message and each of its recipients, and how that is read. */
import { normalizeDomain } from '../../address/index.ts';
import type { EnhancedStatus } from '../../smtp/index.ts';
import type { Context, DeliveryState, DeliveryStatus, QueueState, SpoolId } from '../../spool/index.ts';
import type { Deferred, Delivered, Failed, Outcome, OutcomeDetails } from '../outcome.ts';
import type { RoutedRecipient } from '../route.ts';

/** The kinds of notifications about a message. */
export type NoticeKind = 'failure' | 'delay' | 'success';

/** What the queue notes about one recipient, in `Context.delivery`. */
export interface RecipientState extends DeliveryState {
  /** In the words of RFC 3464 §2.3.3. */
  readonly status: DeliveryStatus;
  /** Attempts that were made; limits and pauses do not count. */
  readonly attempts?: number;
  /** When the last one ended, in ms since 1970. */
  readonly last?: number;
  /** When the next one is due, in ms since 1970. */
  readonly due?: number;
  /** The enhanced status code of the last outcome (RFC 3463). */
  readonly enhanced?: EnhancedStatus;
  /** What the remote said or what stood in the way; at most 500 characters. */
  readonly text?: string;
  /** What the remote said, if it was the remote; cut to the same length. */
  readonly reply?: { readonly code: number; readonly enhanced?: string; readonly lines: readonly string[] };
  readonly remote?: { readonly host: string; readonly address?: string };
  /** The delays that the sender was told of: the long one, and that of DELIVERBY. */
  readonly told?: readonly ('delay' | 'deadline')[];
  /** A notification that is still to be written. */
  readonly owes?: NoticeKind;
}

/** Why a message is held: awaiting its release, frozen by an operator, or failed and kept. */
export type HeldState = 'held' | 'frozen' | 'dead';

/** What the queue notes about a message as a whole, in `Context.queue`. */
export interface MessageState extends QueueState {
  readonly state?: HeldState;
  /** From when on the message's age counts, in ms since 1970; by default from when it was received or was due first. */
  readonly since?: number;
  /** The ids of notifications that were about to be added: those that exist need not be written again. */
  readonly notices?: { readonly [kind in NoticeKind]?: readonly SpoolId[] };
}

/** Each text of a recipient's state is cut here: a thousand recipients stay far below a context's limit. */
const longestText = 500;

/** A recipient nothing was tried for. */
const pending: RecipientState = { status: 'pending' };

/**
 * The state of the recipient at a place of the envelope; a recipient nothing was tried for is `pending`.
 *
 * @example
 * ```ts
 * import { recipientState } from 'mailwright/delivery';
 * import type { Context } from 'mailwright/spool';
 *
 * declare const context: Context;
 * const { status, attempts = 0, text } = recipientState(context, 0);
 * console.log(context.envelope.recipients[0]?.path, status, `after ${attempts} attempts:`, text);
 * ```
 */
export function recipientState(context: Context, place: number): RecipientState {
  // Only the queue writes these records, and the receiving side before it nothing but a status.
  return (context.delivery[place] as RecipientState | undefined) ?? pending;
}

/**
 * What the queue notes about the message as a whole.
 *
 * @example
 * ```ts
 * import { messageState } from 'mailwright/delivery';
 * import type { Context } from 'mailwright/spool';
 *
 * declare const context: Context;
 * messageState(context).state === 'dead';
 * ```
 */
export function messageState(context: Context): MessageState {
  return context.queue as MessageState;
}

/** When a recipient is due, in ms since 1970: one that nothing was tried for when its message is. */
export function recipientDue(context: Context, { due }: RecipientState): number {
  return due ?? context.queue.due ?? 0;
}

/** Whether nothing more is to be tried for the recipient. */
export function isFinal({ status }: DeliveryState): boolean {
  return status !== 'pending' && status !== 'delayed';
}

/**
 * A recipient with its place and its domain.
 *
 * A path's last at sign is the one before its domain: neither a domain nor a literal can hold one
 * (RFC 5321 §4.1.2).
 */
export function routedRecipient(context: Context, place: number): RoutedRecipient {
  const recipient = context.envelope.recipients[place] ?? { path: '' };
  const domain = domainOf(recipient.path);
  return { ...recipient, place, domain };
}

function domainOf(path: string): string {
  const at = path.lastIndexOf('@');
  if (at < 0) return '';
  const domain = path.slice(at + 1);
  if (domain.startsWith('[')) return domain;
  const parsed = normalizeDomain(domain);
  return parsed.ok ? parsed.domain : domain.toLowerCase();
}

/** What an outcome leaves behind in a recipient's state. */
export function outcomeRecord(outcome: OutcomeDetails) {
  const { status, text, reply, remote } = outcome;
  return {
    enhanced: status,
    text: text.slice(0, longestText),
    ...(reply !== undefined && {
      reply: {
        code: reply.code,
        ...(reply.enhanced !== undefined && { enhanced: reply.enhanced.slice(0, 20) }),
        lines: boundedLines(reply.lines),
      },
    }),
    ...(remote !== undefined && { remote: { ...remote } }),
  };
}

function boundedLines(lines: readonly string[]): string[] {
  const kept: string[] = [];
  let room = longestText;
  for (const line of lines) {
    if (room <= 0) break;
    kept.push(line.slice(0, room));
    // An empty line counts too.
    room -= line.length + 1;
  }
  return kept;
}

/** The outcome that a state tells of, for a notification; `Limited` leaves no trace of its own. */
export function recordedOutcome(state: RecipientState): Exclude<Outcome, { result: 'limited' }> {
  const { status, enhanced, text = '', reply, remote } = state;
  const details = { text, ...(reply && { reply }), ...(remote && { remote }) };
  switch (status) {
    case 'failed':
      return { ...details, result: 'failed', status: enhanced ?? '5.0.0' } satisfies Failed;
    case 'delivered':
    case 'relayed':
    case 'expanded':
      return {
        ...details,
        result: 'delivered',
        how: status,
        status: enhanced ?? '2.0.0',
      } satisfies Delivered;
    default:
      return { ...details, result: 'deferred', status: enhanced ?? '4.4.7' } satisfies Deferred;
  }
}
