/** Failure reports about single messages (RFC 9991, in the format of RFC 6591 and RFC 5965). */
import type { DmarcVerdict } from '../dmarc/index.ts';
import type { Bytes } from '../machine/index.ts';
import {
  type ComposedMessage,
  composeMessage,
  type FieldValue,
  formatDate,
  formatField,
  report,
  textPart,
} from '../mime/index.ts';
import type { ReportEnvelope } from './compose.ts';

/** What is told of a message that failed. */
export interface FailedMessage {
  readonly verdict: DmarcVerdict;
  /** The value of the Authentication-Results field. */
  readonly authenticationResults: string;
  /** The client's address. */
  readonly sourceIp: string;
  readonly sourcePort?: number;
  /** When it came, in milliseconds since 1970. */
  readonly arrivalDate: number;
  /** The address in MAIL FROM; empty for the null path. */
  readonly mailFrom: string;
  /** Only where the host's privacy policy lets it be told. */
  readonly rcptTo?: string;
  readonly envelopeId?: string;
  /** What was done with it. */
  readonly deliveryResult?: 'delivered' | 'spam' | 'policy' | 'reject' | 'other';
  /** The aligned signature that failed: required where there is one (RFC 9991 §4). */
  readonly dkim?: { readonly domain: string; readonly selector: string; readonly identity?: string };
  /** The SPF record of the aligned domain that failed: required where there is one (RFC 9991 §4). */
  readonly spf?: { readonly domain: string; readonly record: string };
  /** Messages like this one since the last report; 1 by default. */
  readonly incidents?: number;
  /**
   * The message, or its header section. The header alone is what most hosts can answer for: the content
   * may be anybody's letter (RFC 9991 §7.1).
   */
  readonly original: { readonly kind: 'message' | 'header'; readonly octets: Bytes };
}

/**
 * Composes the message that carries a DMARC failure report (RFC 9991 §4).
 *
 * @param userAgent - name and version of what reports
 * @throws ComposeMisuse when an address or the message identifier is none
 *
 * @example
 * ```ts
 * import { composeFailureReport, type FailedMessage } from 'mailwright/reports';
 *
 * declare const failed: FailedMessage;
 * composeFailureReport(failed, 'Example/1.0', {
 *   from: 'dmarc-reports@mx.example.net',
 *   to: ['dmarc@example.com'],
 *   submitter: 'mx.example.net',
 *   date: Date.now(),
 *   messageId: `${crypto.randomUUID()}@mx.example.net`,
 * });
 * ```
 */
export function composeFailureReport(
  failed: FailedMessage,
  userAgent: string,
  { from, to, date, messageId, submitter }: ReportEnvelope,
): ComposedMessage {
  const { original, sourceIp, arrivalDate } = failed;
  const type = original.kind === 'message' ? 'message/rfc822' : 'text/rfc822-headers';
  return composeMessage({
    from,
    to,
    date,
    messageId,
    subject: `DMARC failure report for ${failed.verdict.authorDomain ?? 'unknown'}`,
    fields: [{ name: 'Auto-Submitted', value: { token: 'auto-generated' } }],
    body: report(
      'feedback-report',
      textPart(
        `This is an authentication failure report from ${submitter} for a message\nreceived from ${sourceIp} on ${formatDate(arrivalDate)}.\n`,
      ),
      { kind: 'text', type: 'message/feedback-report', text: fieldsOf(failed, userAgent) },
      { kind: 'message', type, octets: original.octets },
    ),
  });
}

function fieldsOf(failed: FailedMessage, userAgent: string): string {
  const { verdict, sourcePort, rcptTo, envelopeId, deliveryResult, dkim, spf, incidents } = failed;
  const text = (value: string | number | undefined): FieldValue | undefined =>
    value === undefined ? undefined : { text: String(value) };
  const fields: readonly (readonly [name: string, value: FieldValue | undefined])[] = [
    ['Feedback-Type', { token: 'auth-failure' }],
    ['User-Agent', text(userAgent)],
    ['Version', { token: '1' }],
    ['Original-Mail-From', text(`<${failed.mailFrom}>`)],
    ['Original-Rcpt-To', text(rcptTo && `<${rcptTo}>`)],
    ['Original-Envelope-Id', text(envelopeId)],
    ['Arrival-Date', { date: failed.arrivalDate }],
    ['Source-IP', text(failed.sourceIp)],
    ['Source-Port', text(sourcePort)],
    ['Incidents', text(incidents)],
    ['Reported-Domain', text(verdict.authorDomain ?? undefined)],
    ['Authentication-Results', text(failed.authenticationResults.replace(/\s+/g, ' '))],
    ['Auth-Failure', { token: 'dmarc' }],
    ['Delivery-Result', text(deliveryResult)],
    ['Identity-Alignment', text(notAligned(verdict))],
    ['DKIM-Domain', text(dkim?.domain)],
    ['DKIM-Identity', text(dkim?.identity)],
    ['DKIM-Selector', text(dkim?.selector)],
    ['SPF-DNS', text(spf && `txt : ${spf.domain} : ${quoted(spf.record)}`)],
  ];
  return fields.map(([name, value]) => (value === undefined ? '' : formatField({ name, value }))).join('');
}

/** The mechanisms that did not authenticate an aligned identity (RFC 9991 §4). */
function notAligned({ aligned }: DmarcVerdict): string {
  const names = [...(aligned.dkim ? [] : ['dkim']), ...(aligned.spf ? [] : ['spf'])];
  return names.length === 0 ? 'none' : names.join(', ');
}

/** A quoted-string (RFC 5322 §3.2.4). */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
