/**
 * Notifications about messages (RFC 3464): who is told what, and the messages that tell it.
 *
 * Each is a multipart/report of a text for people, fields for programs, and what is given back of the message.
 * It goes from the null path to the message's sender, and asks for no notification about itself.
 */
import { Buffer, isAscii } from 'node:buffer';
import type { Clock } from '../../machine/index.ts';
import {
  type AddressInput,
  composeMessage,
  type FieldInput,
  formatField,
  type HeaderFields,
  parseMessageIds,
  report,
  textPart,
} from '../../mime/index.ts';
import type { Context, NewContext } from '../../spool/index.ts';
import { systemClock } from '../clock.ts';
import type { Notification, Notifier } from '../notifier.ts';
import { returned } from './returned-part.ts';
import { statusPart } from './status-part.ts';
import { type NoticeFacts, noticeSubject, noticeText } from './text.ts';
import { type WantedNotice, wantedNotice } from './wanted.ts';

/** How notifications are written. */
export interface NotifierOptions {
  /** This server's domain: in Reporting-MTA, in identifiers, and where {@link NotifierOptions.from} is absent. */
  readonly hostname: string;
  /** The author. Default: `Mail Delivery System` at `postmaster@` {@link NotifierOptions.hostname}. */
  readonly from?: AddressInput;
  /** Tells of delays those who gave no NOTIFY (RFC 3461 §5.2.5 (b)). Default `true`. */
  readonly delays?: boolean;
  /** Octets of the header that are given back, 16 KiB by default; it is cut at a field's end. */
  readonly headerLimit?: number;
  /**
   * Octets of a message that is given back whole where RET=FULL asks for it, 100,000 by default (Exim's
   * precedent); of a larger one only the header is (RFC 3461 §6.2).
   */
  readonly messageLimit?: number;
  /** Writes the subject, in whatever language. What it throws is the notifier's rejection. */
  readonly subject?: (facts: NoticeFacts) => string;
  /** Writes the text for people, in whatever language. What it throws is the notifier's rejection. */
  readonly text?: (facts: NoticeFacts) => string;
  /** Default: the system's. */
  readonly clock?: Clock;
}

/**
 * Makes a notifier: for one message, one notification of each kind that is wanted, about all recipients that it
 * is wanted for.
 *
 * Texts of remote servers become single lines of at most 900 octets, so that nothing that they say begins a
 * field. Addresses beyond US-ASCII bring the forms of RFC 6533. A message that required TLS is told of under the
 * same demand, and not given back whole (RFC 8689 §5). The same message, outcomes and time give the same octets.
 *
 * @throws ComposeMisuse when the author's address or the hostname can't stand in a field
 *
 * @example
 * ```ts
 * import { type Notifier, notifier } from 'mailwright/delivery';
 *
 * const notify: Notifier = notifier({
 *   hostname: 'mx.example.org',
 *   subject: ({ kind }) => (kind === 'failure' ? 'Nicht zugestellt' : 'Zustellung'),
 * });
 * ```
 */
export function notifier(options: NotifierOptions): Notifier {
  const { clock = systemClock, delays = true } = options;
  formatField({ name: 'From', value: { addresses: [authorOf(options)] } });
  formatField({ name: 'Message-ID', value: { ids: [`id@${options.hostname}`] } });
  return async (context, recipients, body) => {
    const now = clock.now();
    const wanted = recipients
      .map((notice) => wantedNotice(context, notice, delays, now))
      .filter((notice) => notice !== null);
    const notifications: Notification[] = [];
    for (const kind of ['failure', 'delay', 'success'] as const) {
      const notices = wanted.filter((notice) => notice.kind === kind);
      if (notices.length === 0) continue;
      const whole = kind === 'failure' && isWholeWanted(context, body.size, options.messageLimit ?? 100_000);
      const original = await returned(body, whole, options.headerLimit ?? 16_384);
      const facts: NoticeFacts = { kind, context, hostname: options.hostname, notices };
      notifications.push(compose(facts, original, options, now));
    }
    return notifications;
  };
}

/** RFC 3461 §4.3, §6.2. Binary content can't be given back as message/rfc822 (RFC 3030 §3). */
function isWholeWanted({ envelope }: Context, size: number, limit: number): boolean {
  const { dsn, requireTls, body } = envelope;
  return dsn?.ret === 'full' && !requireTls && body !== 'binarymime' && size <= limit;
}

function compose(
  facts: NoticeFacts,
  { part, fields }: Awaited<ReturnType<typeof returned>>,
  options: NotifierOptions,
  now: number,
): Notification {
  const { hostname, subject = noticeSubject, text = noticeText } = options;
  const { kind, context, notices } = facts;
  const sender = context.envelope.from;
  const status = statusPart(context, notices, hostname);
  const content = report(
    'delivery-status',
    textPart(text(facts)),
    status,
    ...(part === undefined ? [] : [part]),
  );
  // RFC 6531 §3.1: only a local part needs UTF-8; a domain has A-labels too.
  const utf8 = !isAscii(Buffer.from(sender.slice(0, sender.lastIndexOf('@'))));
  const message = composeMessage(
    {
      from: authorOf(options),
      ...recipientOf(sender, utf8),
      subject: subject(facts),
      date: now,
      messageId: `${context.id}.${kind}.${firstPlace(notices)}.${now}@${hostname}`,
      ...referenceTo(fields),
      // RFC 3834 §5: nobody's vacation is to be told of here.
      fields: [{ name: 'Auto-Submitted', value: { token: 'auto-replied' } }],
      body: content,
    },
    { utf8 },
  );
  return { kind, context: contextOf(facts, message.needs, now), octets: message.octets() };
}

function authorOf({ from, hostname }: NotifierOptions): AddressInput {
  return from ?? { name: 'Mail Delivery System', address: `postmaster@${hostname}` };
}

/** RFC 3461 §6.1. */
function contextOf(
  { kind, context }: NoticeFacts,
  needs: { readonly utf8: boolean; readonly eightBit: boolean },
  now: number,
): NewContext {
  const { envelope, trace } = context;
  return {
    receivedAt: now,
    protocol: 'ESMTP',
    envelope: {
      from: '',
      recipients: [{ path: envelope.from, notify: ['never'] }],
      ...(needs.eightBit && { body: '8bitmime' as const }),
      ...(needs.utf8 && { smtputf8: true as const }),
      ...(envelope.requireTls && { requireTls: true as const }), // RFC 8689 §5
    },
    ...(trace !== undefined && { trace }),
    metadata: { notification: { kind, about: context.id } },
  };
}

/** The sender may be what no field can hold; the envelope alone then says where it goes. */
function recipientOf(sender: string, utf8: boolean): { readonly to?: readonly string[] } {
  return canWrite({ name: 'To', value: { addresses: [sender] } }, utf8) ? { to: [sender] } : {};
}

/** What it answers, so that a reader finds it beside the message (RFC 3834 §3.1.5). */
function referenceTo(fields: HeaderFields): {
  readonly inReplyTo?: string[];
  readonly references?: string[];
} {
  const ids = parseMessageIds(fields.get('message-id')?.value ?? '').slice(0, 1);
  if (ids.length === 0 || !canWrite({ name: 'References', value: { ids } }, false)) return {};
  return { inReplyTo: ids, references: ids };
}

function canWrite(field: FieldInput, utf8: boolean): boolean {
  try {
    formatField(field, utf8);
    return true;
  } catch {
    return false;
  }
}

function firstPlace(notices: readonly WantedNotice[]): number {
  return notices[0]?.recipient.place ?? 0;
}
