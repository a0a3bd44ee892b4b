/**
 * What a submission server adds to, takes from and asks of a header (RFC 6409 §8).
 *
 * It tells; it changes nothing. `add` goes before the first field, `remove` are fields to leave out,
 * and `problems` are for the host's policy to refuse or to let pass.
 */
import { formatField } from '../build/field.ts';
import { mailboxes } from '../header/address.ts';
import { parseAddressList } from '../header/address-list.ts';
import { parseDate } from '../header/date.ts';
import type { HeaderField, HeaderFields } from '../header/fields.ts';
import { parseMessageIds } from '../header/message-id.ts';

/** What the server knows, and what it would add. */
export interface SubmissionContext {
  /** Milliseconds since 1970-01-01T00:00:00Z, for a Date that is missing. */
  readonly now: number;
  /** Minutes east of UTC, 0 by default. */
  readonly offset?: number;
  /** For a Message-ID that is missing, without angle brackets; unique for ever. */
  readonly messageId: string;
  /** Who submits. Left out, authors and senders are not checked. */
  readonly user?: {
    /** The address for a Sender field that is added. */
    readonly address: string;
    /** Whether the user may send in this address's name. */
    owns(address: string): boolean;
  };
  /**
   * What becomes of a message in another's name: `sender` adds a Sender field with the user's address
   * (RFC 6409 §8.1), `refuse`, the default, makes it a problem (RFC 6409 §6.1).
   */
  readonly foreignFrom?: 'refuse' | 'sender';
}

/** Why a message should not go out as it is. */
export type SubmissionProblem =
  /** RFC 5322 §3.6: exactly one From is due. */
  | { readonly kind: 'no-from' }
  /** RFC 5322 §3.6: at most one of these. */
  | { readonly kind: 'several'; readonly field: string }
  /** An originator field that readers may read differently. */
  | { readonly kind: 'malformed'; readonly field: string }
  /** RFC 5322 §3.6.2: several authors, and no Sender. */
  | { readonly kind: 'no-sender' }
  /** RFC 6409 §6.1: the user does not own the address. */
  | { readonly kind: 'foreign'; readonly field: 'from' | 'sender'; readonly address: string };

/** What to do with a submitted header. */
export interface SubmissionFixes {
  /** Fields with their line ends, to go before the others; empty when nothing is missing. */
  readonly add: string;
  /** Bcc fields (RFC 5322 §3.6.3), to be left out of the copy that goes out. */
  readonly remove: readonly HeaderField[];
  readonly problems: readonly SubmissionProblem[];
}

/** RFC 5322 §3.6: fields of which there may be one. */
const single = [
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'message-id',
  'in-reply-to',
  'references',
  'date',
  'subject',
];

/**
 * Looks a submitted header over.
 *
 * @throws ComposeMisuse when the context's own identifier or address is none
 *
 * @example
 * ```ts
 * import { HeaderFields, submissionFixes } from 'mailwright/mime';
 *
 * const fields = HeaderFields.scan(new TextEncoder().encode('From: a@example.com\r\nBcc: b@example.org\r\n\r\n'));
 * const { add, remove } = submissionFixes(fields, { now: Date.now(), messageId: '1@example.com' });
 * // add has Date and Message-ID, remove the Bcc field
 * ```
 */
export function submissionFixes(fields: HeaderFields, context: SubmissionContext): SubmissionFixes {
  const problems: SubmissionProblem[] = [];
  for (const key of single) if (fields.all(key).length > 1) problems.push({ kind: 'several', field: key });
  const addSender = checkOriginators(fields, context, problems);
  let add = '';
  const { now, offset, messageId, user } = context;
  const date = fields.get('date');
  // RFC 6409 §8.2
  if (date === undefined) {
    add += formatField({ name: 'Date', value: offset === undefined ? { date: now } : { date: now, offset } });
  } else if (parseDate(date.value) === null) problems.push({ kind: 'malformed', field: 'date' });
  const id = fields.get('message-id');
  // RFC 6409 §8.3
  if (id === undefined) add += formatField({ name: 'Message-ID', value: { ids: [messageId] } });
  else if (parseMessageIds(id.value).length !== 1) problems.push({ kind: 'malformed', field: 'message-id' });
  // RFC 6409 §8.1
  if (addSender && user !== undefined)
    add += formatField({ name: 'Sender', value: { addresses: [user.address] } });
  return { add, remove: fields.all('bcc'), problems };
}

/** Checks From and Sender; whether a Sender is to be added. */
function checkOriginators(
  fields: HeaderFields,
  { user, foreignFrom = 'refuse' }: SubmissionContext,
  problems: SubmissionProblem[],
): boolean {
  const from = fields.get('from');
  if (from === undefined) {
    problems.push({ kind: 'no-from' });
    return false;
  }
  const authors = parseAddressList(from.value);
  const addresses = mailboxes(authors);
  if (authors.defects.length > 0 || addresses.length === 0)
    problems.push({ kind: 'malformed', field: 'from' });
  const sender = fields.get('sender');
  const foreign = user === undefined ? [] : addresses.filter(({ address }) => !user.owns(address));
  if (sender === undefined) {
    const adds =
      user !== undefined && foreignFrom === 'sender' && (foreign.length > 0 || addresses.length > 1);
    if (addresses.length > 1 && !adds) problems.push({ kind: 'no-sender' });
    if (!adds) refuse(foreign, 'from', problems);
    return adds;
  }
  const senders = parseAddressList(sender.value);
  const [one, ...more] = mailboxes(senders);
  if (senders.defects.length > 0 || one === undefined || more.length > 0) {
    problems.push({ kind: 'malformed', field: 'sender' });
  } else if (user !== undefined && !user.owns(one.address)) {
    refuse([one], 'sender', problems);
  }
  if (foreignFrom === 'refuse') refuse(foreign, 'from', problems);
  return false;
}

function refuse(
  foreign: readonly { readonly address: string }[],
  field: 'from' | 'sender',
  problems: SubmissionProblem[],
): void {
  for (const { address } of foreign) problems.push({ kind: 'foreign', field, address });
}
