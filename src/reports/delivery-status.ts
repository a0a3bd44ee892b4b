/** Delivery status notifications: what became of a message for which recipient (RFC 3464, RFC 6533 §3). */
import type { HeaderFields, Message } from '../mime/index.ts';
import { partOfType } from './feedback.ts';
import { fieldGroups, type TypedText, textOf, timeOf, typedText } from './fields.ts';
import { type ReturnedContent, returnedContent } from './returned.ts';

/** A delivery status notification. */
export interface DeliveryStatusReport {
  readonly reportingMta?: TypedText;
  readonly dsnGateway?: TypedText;
  readonly receivedFromMta?: TypedText;
  readonly originalEnvelopeId?: string;
  /** Milliseconds since 1970. */
  readonly arrivalDate?: number;
  /** The fields about the message; `null` where the report has none. */
  readonly fields: HeaderFields | null;
  readonly recipients: readonly RecipientStatus[];
  /** The message that the notification is about. */
  readonly original: ReturnedContent | null;
}

/** What became of the message for one recipient (RFC 3464 §2.3). */
export interface RecipientStatus {
  readonly finalRecipient?: TypedText;
  readonly originalRecipient?: TypedText;
  /** In lower case: `failed`, `delayed`, `delivered`, `relayed`, `expanded`; empty where it is missing. */
  readonly action: string;
  /** An enhanced status code such as `5.1.1` (RFC 3463 §2); empty where there is none. */
  readonly status: string;
  readonly remoteMta?: TypedText;
  readonly diagnosticCode?: TypedText;
  /** Milliseconds since 1970. */
  readonly lastAttemptDate?: number;
  /** Milliseconds since 1970. */
  readonly willRetryUntil?: number;
  /** All fields, for those that have no name here. */
  readonly fields: HeaderFields;
}

const recipientFields = ['final-recipient', 'original-recipient', 'action', 'status'];

/**
 * Reads the delivery status notification that a message holds, or `null` where it holds none.
 *
 * @example
 * ```ts
 * import { parseMessage } from 'mailwright/mime';
 * import { deliveryStatusOf } from 'mailwright/reports';
 *
 * const octets = new TextEncoder().encode('Content-Type: multipart/report; ...');
 * for (const { action, status } of deliveryStatusOf(parseMessage(octets))?.recipients ?? []) {
 *   console.log(action, status); // failed 5.1.1
 * }
 * ```
 */
export function deliveryStatusOf(message: Message): DeliveryStatusReport | null {
  const part =
    partOfType(message.root, 'message/delivery-status') ??
    partOfType(message.root, 'message/global-delivery-status');
  if (part === null) return null;
  const groups = fieldGroups(message.contentOf(part).octets);
  const [first] = groups;
  // Some reporters leave the fields about the message out.
  const fields = first === undefined || isRecipient(first) ? null : first;
  const recipients = (fields === null ? groups : groups.slice(1)).filter(isRecipient);
  const original = returnedContent(message, part);
  if (fields === null) return { fields, recipients: recipients.map(recipientOf), original };
  const envelopeId = textOf(fields, 'original-envelope-id');
  const arrivalDate = timeOf(fields, 'arrival-date');
  return {
    ...typed(fields, 'reportingMta', 'reporting-mta'),
    ...typed(fields, 'dsnGateway', 'dsn-gateway'),
    ...typed(fields, 'receivedFromMta', 'received-from-mta'),
    ...(envelopeId !== undefined && { originalEnvelopeId: envelopeId }),
    ...(arrivalDate !== undefined && { arrivalDate }),
    fields,
    recipients: recipients.map(recipientOf),
    original,
  };
}

function isRecipient(fields: HeaderFields): boolean {
  return recipientFields.some((key) => fields.get(key) !== undefined);
}

function recipientOf(fields: HeaderFields): RecipientStatus {
  const lastAttemptDate = timeOf(fields, 'last-attempt-date');
  const willRetryUntil = timeOf(fields, 'will-retry-until');
  return {
    ...typed(fields, 'finalRecipient', 'final-recipient'),
    ...typed(fields, 'originalRecipient', 'original-recipient'),
    action: /^[a-z]*/.exec(textOf(fields, 'action')?.toLowerCase() ?? '')?.[0] ?? '',
    status: /^[245]\.\d{1,3}\.\d{1,3}/.exec(textOf(fields, 'status') ?? '')?.[0] ?? '',
    ...typed(fields, 'remoteMta', 'remote-mta'),
    ...typed(fields, 'diagnosticCode', 'diagnostic-code'),
    ...(lastAttemptDate !== undefined && { lastAttemptDate }),
    ...(willRetryUntil !== undefined && { willRetryUntil }),
    fields,
  };
}

function typed<Name extends string>(
  fields: HeaderFields,
  name: Name,
  key: string,
): { readonly [Key in Name]?: TypedText } {
  const value = textOf(fields, key);
  return (value === undefined ? {} : { [name]: typedText(value) }) as { readonly [Key in Name]?: TypedText };
}
