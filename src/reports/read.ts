/** Finding the reports in a message, whatever they came as. */
import { type AggregateReport, parseAggregateReport } from '../dmarc/index.ts';
import type { Bytes } from '../machine/index.ts';
import type { Message, MimePart } from '../mime/index.ts';
import { parseTlsReport, type TlsReport } from '../tlsrpt/index.ts';
import { type DeliveryStatusReport, deliveryStatusOf } from './delivery-status.ts';
import { type FeedbackReport, feedbackReportOf } from './feedback.ts';
import { unpackReport } from './unpack.ts';

/** A report that a message holds. */
export type IncomingReport =
  /** DMARC, RFC 9990; `dropped` records were over the bound or unreadable. */
  | { readonly kind: 'aggregate'; readonly report: AggregateReport; readonly dropped: number }
  /** TLS, RFC 8460. */
  | { readonly kind: 'tls'; readonly report: TlsReport }
  /** A complaint or an authentication failure, RFC 5965. */
  | { readonly kind: 'feedback'; readonly report: FeedbackReport }
  /** A bounce or its like, RFC 3464. */
  | { readonly kind: 'delivery-status'; readonly report: DeliveryStatusReport };

/** What was found in a message. */
export interface IncomingReports {
  readonly reports: readonly IncomingReport[];
  /** Attachments that should be reports and cannot be read: why, in a word. */
  readonly faults: readonly string[];
}

/** Bounds of reading one message. */
export interface ReportLimits {
  /** Octets that may come out of one archive, 64 MiB by default. */
  readonly bytes?: number;
  /** Attachments looked into, 10 by default: a message carries one report, now and then a few. */
  readonly attachments?: number;
}

/**
 * Reads the reports in a message. What they say is their sender's word: ask DMARC who that is before
 * it counts (RFC 9990 §3.5.2, §8.2).
 *
 * @example
 * ```ts
 * import { parseMessage } from 'mailwright/mime';
 * import { readReports } from 'mailwright/reports';
 *
 * const { reports } = await readReports(parseMessage(new Uint8Array()));
 * for (const each of reports) if (each.kind === 'aggregate') console.log(each.report.policy.domain);
 * ```
 */
export async function readReports(message: Message, limits: ReportLimits = {}): Promise<IncomingReports> {
  const reports: IncomingReport[] = [];
  const faults: string[] = [];
  const feedback = feedbackReportOf(message);
  if (feedback !== null) reports.push({ kind: 'feedback', report: feedback });
  const status = deliveryStatusOf(message);
  if (status !== null) reports.push({ kind: 'delivery-status', report: status });
  const most = limits.bytes ?? 67_108_864;
  for (const part of attachmentsIn(message.root, limits.attachments ?? 10)) {
    const unpacked = await unpackReport(message.contentOf(part).octets, most);
    const read = unpacked.ok ? readAttachment(unpacked.octets, most) : unpacked.why;
    if (typeof read === 'string') faults.push(read);
    else reports.push(read);
  }
  return { reports, faults };
}

/** RFC 9990 §3.5.2, RFC 8460 §5.3, and what reporters write instead. */
const reportTypes = new Set([
  'application/gzip',
  'application/x-gzip',
  'application/zip',
  'application/x-zip',
  'application/x-zip-compressed',
  'application/tlsrpt+gzip',
  'application/tlsrpt+json',
  'text/xml',
  'application/xml',
]);

/** Parts that look like reports, in order, not looking into messages within the message. */
function attachmentsIn(root: MimePart, most: number): MimePart[] {
  const found: MimePart[] = [];
  const visit = (part: MimePart): void => {
    if (part.kind === 'multipart') part.children.forEach(visit);
    else if (found.length < most && looksLikeReport(part)) found.push(part);
  };
  visit(root);
  return found;
}

function looksLikeReport(part: MimePart): boolean {
  if (reportTypes.has(`${part.type}/${part.subtype}`)) return true;
  const name = part.disposition?.parameters.get('filename') ?? part.contentType?.parameters.get('name');
  // `receiver!domain!begin!end.xml.gz` (RFC 9990 §3.5.2), under any type.
  return name !== undefined && /!.*\.(?:xml|json|gz|zip)$/i.test(name.slice(-300));
}

function readAttachment(octets: Bytes, most: number): IncomingReport | string {
  if (startsWithBrace(octets)) {
    const parsed = parseTlsReport(octets, { bytes: most });
    return parsed.ok ? { kind: 'tls', report: parsed.report } : parsed.why;
  }
  const parsed = parseAggregateReport(octets, { bytes: most });
  return parsed.ok ? { kind: 'aggregate', report: parsed.report, dropped: parsed.dropped } : parsed.why;
}

/** Whether it begins like JSON, white space and a byte order mark aside. */
function startsWithBrace(octets: Bytes): boolean {
  for (const octet of octets.subarray(0, 1000)) {
    if (octet === 0x7b) return true;
    const blank = octet === 0x20 || (octet >= 9 && octet <= 13);
    if (!blank && octet !== 0xef && octet !== 0xbb && octet !== 0xbf) return false;
  }
  return false;
}
