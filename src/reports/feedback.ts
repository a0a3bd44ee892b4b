/**
 * Feedback reports: complaints and authentication failures about single messages (RFC 5965, RFC 6591,
 * RFC 9991).
 */
import { parseIpAddress } from '../address/index.ts';
import type { Bytes } from '../machine/index.ts';
import type { HeaderFields, Message, MimePart } from '../mime/index.ts';
import {
  base64Of,
  fieldGroups,
  pathOf,
  type TypedText,
  textOf,
  textsOf,
  timeOf,
  typedText,
} from './fields.ts';
import { type ReturnedContent, returnedContent } from './returned.ts';

/** A feedback report. Fields that a report leaves out are absent; what may stand several times is a list. */
export interface FeedbackReport {
  /** In lower case: `abuse`, `fraud`, `virus`, `not-spam`, `auth-failure`, `other`, or a later one. */
  readonly feedbackType: string;
  readonly userAgent?: string;
  readonly version?: string;
  /** How many messages like this one; 1 by default (RFC 5965 §3.2). */
  readonly incidents: number;
  /** Milliseconds since 1970. */
  readonly arrivalDate?: number;
  /** In canonical form; absent where it is no IP address. */
  readonly sourceIp?: string;
  readonly sourcePort?: number;
  readonly reportingMta?: TypedText;
  /** Without angle brackets; empty for the null path. */
  readonly originalMailFrom?: string;
  readonly originalRcptTo: readonly string[];
  readonly originalEnvelopeId?: string;
  readonly reportedDomains: readonly string[];
  readonly reportedUris: readonly string[];
  /** Values of Authentication-Results fields. */
  readonly authenticationResults: readonly string[];
  /** What RFC 6591 adds; `null` in other reports. */
  readonly failure: AuthenticationFailure | null;
  /** All fields, for those that have no name here. */
  readonly fields: HeaderFields;
  /** The message that the report is about. */
  readonly original: ReturnedContent | null;
}

/** The fields of authentication failure reports (RFC 6591 §3). */
export interface AuthenticationFailure {
  /** In lower case: `adsp`, `bodyhash`, `revoked`, `signature`, `spf`, `dmarc` (RFC 9991 §4), or a later one. */
  readonly kind: string;
  /** In lower case: `delivered`, `spam`, `policy`, `reject`, `other`. */
  readonly deliveryResult?: string;
  /** Mechanisms that did not authenticate an aligned identity (RFC 9991 §4); empty for `none`. */
  readonly identityAlignment?: readonly string[];
  readonly dkimDomain?: string;
  readonly dkimIdentity?: string;
  readonly dkimSelector?: string;
  readonly dkimSelectorDns?: string;
  readonly dkimCanonicalizedHeader?: Bytes;
  readonly dkimCanonicalizedBody?: Bytes;
  readonly dkimAdspDns?: string;
  readonly spfDns: readonly string[];
}

/**
 * Reads the feedback report that a message holds, or `null` where it holds none.
 *
 * @example
 * ```ts
 * import { parseMessage } from 'mailwright/mime';
 * import { feedbackReportOf } from 'mailwright/reports';
 *
 * const octets = new TextEncoder().encode('Content-Type: multipart/report; ...');
 * feedbackReportOf(parseMessage(octets))?.feedbackType; // 'abuse'
 * ```
 */
export function feedbackReportOf(message: Message): FeedbackReport | null {
  const part = partOfType(message.root, 'message/feedback-report');
  if (part === null) return null;
  const [fields] = fieldGroups(message.contentOf(part).octets);
  if (fields === undefined) return null;
  const optional = <Name extends string>(name: Name, key: string): { [Key in Name]?: string } => {
    const value = textOf(fields, key);
    return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string };
  };
  // `Received-Date` is what drafts called it.
  const arrivalDate = timeOf(fields, 'arrival-date') ?? timeOf(fields, 'received-date');
  const source = parseIpAddress(textOf(fields, 'source-ip') ?? '');
  const port = Number(textOf(fields, 'source-port'));
  const mta = textOf(fields, 'reporting-mta');
  const mailFrom = textOf(fields, 'original-mail-from');
  const incidents = Number(textOf(fields, 'incidents'));
  return {
    feedbackType: textOf(fields, 'feedback-type')?.toLowerCase() ?? 'other',
    ...optional('userAgent', 'user-agent'),
    ...optional('version', 'version'),
    incidents: Number.isSafeInteger(incidents) && incidents > 0 ? incidents : 1,
    ...(arrivalDate !== undefined && { arrivalDate }),
    ...(source !== null && { sourceIp: source.address }),
    ...(Number.isInteger(port) && port > 0 && port < 65_536 && { sourcePort: port }),
    ...(mta !== undefined && { reportingMta: typedText(mta) }),
    ...(mailFrom !== undefined && { originalMailFrom: pathOf(mailFrom) }),
    originalRcptTo: textsOf(fields, 'original-rcpt-to').map(pathOf),
    ...optional('originalEnvelopeId', 'original-envelope-id'),
    reportedDomains: textsOf(fields, 'reported-domain'),
    reportedUris: textsOf(fields, 'reported-uri'),
    authenticationResults: textsOf(fields, 'authentication-results'),
    failure: failureOf(fields),
    fields,
    original: returnedContent(message, part),
  };
}

function failureOf(fields: HeaderFields): AuthenticationFailure | null {
  const kind = textOf(fields, 'auth-failure');
  if (kind === undefined) return null;
  const texts = {
    deliveryResult: textOf(fields, 'delivery-result')?.toLowerCase(),
    dkimDomain: textOf(fields, 'dkim-domain'),
    dkimIdentity: textOf(fields, 'dkim-identity'),
    dkimSelector: textOf(fields, 'dkim-selector'),
    dkimSelectorDns: textOf(fields, 'dkim-selector-dns'),
    dkimAdspDns: textOf(fields, 'dkim-adsp-dns'),
  };
  const header = textOf(fields, 'dkim-canonicalized-header');
  const body = textOf(fields, 'dkim-canonicalized-body');
  const alignment = textOf(fields, 'identity-alignment');
  return {
    kind: kind.toLowerCase(),
    ...(Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as {
      readonly [Key in keyof typeof texts]?: string;
    }),
    ...(header !== undefined && { dkimCanonicalizedHeader: base64Of(header) }),
    ...(body !== undefined && { dkimCanonicalizedBody: base64Of(body) }),
    ...(alignment !== undefined && { identityAlignment: mechanismsOf(alignment) }),
    spfDns: textsOf(fields, 'spf-dns'),
  };
}

/** `dkim, spf` or `none` (RFC 9991 §4). */
function mechanismsOf(value: string): string[] {
  const words = value.split(',').map((word) => word.trim().toLowerCase());
  return words.filter((word) => word !== '' && word !== 'none');
}

/** The first part of a media type, not looking into messages within the message. */
export function partOfType(part: MimePart, type: string): MimePart | null {
  if (`${part.type}/${part.subtype}` === type) return part;
  if (part.kind !== 'multipart') return null;
  for (const child of part.children) {
    const found = partOfType(child, type);
    if (found !== null) return found;
  }
  return null;
}
