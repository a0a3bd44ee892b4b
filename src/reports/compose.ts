/** Reports as messages, ready to be signed and sent. */
import type { Buffer } from 'node:buffer';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type AggregateReport, formatAggregateReport } from '../dmarc/index.ts';
import {
  type AddressInput,
  type ComposedMessage,
  composeMessage,
  type FieldInput,
  mixed,
  report,
  textPart,
} from '../mime/index.ts';
import { formatTlsReport, type TlsReport } from '../tlsrpt/index.ts';

/** What every report message needs. */
export interface ReportEnvelope {
  readonly from: AddressInput;
  readonly to: readonly string[];
  /** The domain that reports: RFC 9990 §3.5.2's "receiver". DKIM must sign for it, aligned with `from`. */
  readonly submitter: string;
  /** Milliseconds since 1970. */
  readonly date: number;
  /** Without angle brackets. */
  readonly messageId: string;
}

const compress = promisify<string, Buffer>(gzip);

/** Nobody should answer, and no vacation responder either (RFC 3834 §5). */
const automatic: FieldInput = { name: 'Auto-Submitted', value: { token: 'auto-generated' } };

/**
 * Composes the message that carries an aggregate report (RFC 9990 §3.5.2).
 *
 * @throws ComposeMisuse (by rejection) when an address or the message identifier is none
 *
 * @example
 * ```ts
 * import type { AggregateReport } from 'mailwright/dmarc';
 * import { composeAggregateReport } from 'mailwright/reports';
 *
 * declare const report: AggregateReport;
 * const message = await composeAggregateReport(report, {
 *   from: 'dmarc-reports@mx.example.net',
 *   to: ['dmarc@example.com'],
 *   submitter: 'mx.example.net',
 *   date: Date.now(),
 *   messageId: `${report.metadata.reportId}@mx.example.net`,
 * });
 * message.octets();
 * ```
 */
export async function composeAggregateReport(
  aggregate: AggregateReport,
  envelope: ReportEnvelope,
): Promise<ComposedMessage> {
  const { metadata, policy } = aggregate;
  const { domain } = policy;
  const { submitter } = envelope;
  const { reportId, begin, end } = metadata;
  const content = await compress(formatAggregateReport(aggregate));
  return composeMessage({
    ...headOf(envelope),
    subject: `Report Domain: ${domain} Submitter: ${submitter} Report-ID: <${reportId}>`,
    fields: [automatic],
    body: mixed(
      textPart(`This is an aggregate report from ${submitter} about mail in the name of ${domain}.\n`),
      {
        kind: 'file',
        type: 'application/gzip',
        filename: fileName(submitter, domain, begin, end, reportId, 'xml.gz'),
        content,
      },
    ),
  });
}

/**
 * Composes the message that carries a TLS report (RFC 8460 §5.3). It may be delivered without TLS, as
 * it may well be about TLS that is broken (RFC 8689 §3).
 *
 * @throws ComposeMisuse (by rejection) when an address or the message identifier is none
 *
 * @example
 * ```ts
 * import { composeTlsReport } from 'mailwright/reports';
 * import type { TlsReport } from 'mailwright/tlsrpt';
 *
 * declare const report: TlsReport;
 * await composeTlsReport(report, 'example.com', {
 *   from: 'tls-reports@mx.example.net',
 *   to: ['tls@example.com'],
 *   submitter: 'mx.example.net',
 *   date: Date.now(),
 *   messageId: `${report.reportId}@mx.example.net`,
 * });
 * ```
 */
export async function composeTlsReport(
  tls: TlsReport,
  policyDomain: string,
  envelope: ReportEnvelope,
): Promise<ComposedMessage> {
  const { submitter } = envelope;
  const { reportId, begin, end } = tls;
  const content = await compress(formatTlsReport(tls));
  return composeMessage({
    ...headOf(envelope),
    subject: `Report Domain: ${policyDomain} Submitter: ${submitter} Report-ID: <${reportId}>`,
    fields: [
      { name: 'TLS-Report-Domain', value: { token: policyDomain } },
      { name: 'TLS-Report-Submitter', value: { token: submitter } },
      { name: 'TLS-Required', value: { token: 'No' } },
      automatic,
    ],
    body: report(
      'tlsrpt',
      textPart(`This is a report from ${submitter} about TLS with the mail servers of ${policyDomain}.\n`),
      {
        kind: 'file',
        type: 'application/tlsrpt+gzip',
        filename: fileName(submitter, policyDomain, begin, end, reportId, 'json.gz'),
        content,
      },
    ),
  });
}

function headOf({ from, to, date, messageId }: ReportEnvelope) {
  return { from, to, date, messageId };
}

/** RFC 9990 §3.5.2, RFC 8460 §5.1; an identifier has a place there only if it is letters and digits. */
function fileName(
  submitter: string,
  domain: string,
  begin: number,
  end: number,
  reportId: string,
  extension: string,
): string {
  const unique = /^[a-z\d]{1,64}$/i.test(reportId) ? [reportId] : [];
  const seconds = [begin, end].map((time) => Math.floor(time / 1000));
  return `${[submitter, domain, ...seconds, ...unique].join('!')}.${extension}`;
}
