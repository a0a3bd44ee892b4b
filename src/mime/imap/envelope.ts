/** The ENVELOPE of a message as data (RFC 9051 §7.5.2, RFC 3501 §7.4.2). */
import type { HeaderAddress } from '../header/address.ts';
import { parseAddressList } from '../header/address-list.ts';
import type { HeaderFields } from '../header/fields.ts';

/**
 * One address of an envelope. A group is told by two special ones: its start has only `mailbox`, the
 * group's name; its end has `null` everywhere.
 */
export interface EnvelopeAddress {
  /** The display name with its encoded words, unquoted. */
  readonly name: string | null;
  /** The source route, long obsolete. */
  readonly route: string | null;
  readonly mailbox: string | null;
  readonly host: string | null;
}

/**
 * Values are those of the first field of each name, unfolded and not decoded further; octets above
 * 127 that are UTF-8 are read as that, others as latin1. `null` stands for NIL: there is no such field.
 */
export interface Envelope {
  readonly date: string | null;
  readonly subject: string | null;
  readonly from: readonly EnvelopeAddress[] | null;
  /** As `from` where it is missing or empty; so is `replyTo`. */
  readonly sender: readonly EnvelopeAddress[] | null;
  readonly replyTo: readonly EnvelopeAddress[] | null;
  readonly to: readonly EnvelopeAddress[] | null;
  readonly cc: readonly EnvelopeAddress[] | null;
  readonly bcc: readonly EnvelopeAddress[] | null;
  readonly inReplyTo: string | null;
  readonly messageId: string | null;
}

/**
 * The envelope of a message, or of a message within one.
 *
 * @example
 * ```ts
 * import { envelopeOf, scanMime } from 'mailwright/mime';
 *
 * const { root } = scanMime(new TextEncoder().encode('From: A <a@example.com>\r\nSubject: Hi\r\n\r\n'));
 * envelopeOf(root.header).sender; // [{ name: 'A', route: null, mailbox: 'a', host: 'example.com' }]
 * ```
 */
export function envelopeOf(header: HeaderFields): Envelope {
  const from = addresses(header, 'from');
  return {
    date: text(header, 'date'),
    subject: text(header, 'subject'),
    from,
    sender: addresses(header, 'sender') ?? from,
    replyTo: addresses(header, 'reply-to') ?? from,
    to: addresses(header, 'to'),
    cc: addresses(header, 'cc'),
    bcc: addresses(header, 'bcc'),
    inReplyTo: text(header, 'in-reply-to'),
    messageId: text(header, 'message-id'),
  };
}

function text(header: HeaderFields, key: string): string | null {
  return header.get(key)?.value ?? null;
}

function addresses(header: HeaderFields, key: string): EnvelopeAddress[] | null {
  const value = header.get(key)?.value;
  if (value === undefined) return null;
  const list = parseAddressList(value).addresses.flatMap(envelopeAddresses);
  return list.length === 0 ? null : list;
}

function envelopeAddresses(address: HeaderAddress): EnvelopeAddress[] {
  if (address.kind === 'group') {
    return [
      { name: null, route: null, mailbox: address.phrase, host: null },
      ...address.mailboxes.flatMap(envelopeAddresses),
      { name: null, route: null, mailbox: null, host: null },
    ];
  }
  return [
    {
      name: address.phrase === '' ? null : address.phrase,
      route: address.route ?? null,
      mailbox: address.localPart,
      // `null` would make it a group: an address without domain has an empty one.
      host: address.domain,
    },
  ];
}
