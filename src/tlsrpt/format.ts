/** Writing TLS reports (RFC 8460 §4.4). */
import type { TlsFailure, TlsPolicyResult, TlsReport } from './report.ts';

/**
 * Writes a report as JSON.
 *
 * @throws RangeError when a time is none
 *
 * @example
 * ```ts
 * import { formatTlsReport } from 'mailwright/tlsrpt';
 *
 * formatTlsReport({
 *   organization: 'Example',
 *   begin: Date.UTC(2026, 4, 1),
 *   end: Date.UTC(2026, 4, 1, 23, 59, 59),
 *   contact: 'tls@example.com',
 *   reportId: '2026-05-01-example.org',
 *   policies: [],
 * });
 * ```
 */
export function formatTlsReport(report: TlsReport): string {
  return JSON.stringify({
    'organization-name': report.organization,
    'date-range': { 'start-datetime': timestamp(report.begin), 'end-datetime': timestamp(report.end) },
    'contact-info': report.contact,
    'report-id': report.reportId,
    policies: report.policies.map(policyMember),
  });
}

/** RFC 3339, in UTC and whole seconds. */
function timestamp(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function policyMember(policy: TlsPolicyResult): object {
  return {
    policy: {
      'policy-type': policy.policyType,
      ...(policy.policyStrings.length > 0 && { 'policy-string': policy.policyStrings }),
      'policy-domain': policy.policyDomain,
      ...(policy.mxHosts.length > 0 && { 'mx-host': policy.mxHosts }),
    },
    summary: {
      'total-successful-session-count': policy.successes,
      'total-failure-session-count': policy.failures,
    },
    ...(policy.details.length > 0 && { 'failure-details': policy.details.map(failureMember) }),
  };
}

/** Members that are undefined are not written. */
function failureMember(failure: TlsFailure): object {
  return {
    'result-type': failure.resultType,
    'sending-mta-ip': failure.sendingMtaIp,
    'receiving-mx-hostname': failure.receivingMxHostname,
    'receiving-mx-helo': failure.receivingMxHelo,
    'receiving-ip': failure.receivingIp,
    'failed-session-count': failure.sessions,
    'additional-information': failure.additionalInformation,
    'failure-reason-code': failure.reasonCode,
  };
}
