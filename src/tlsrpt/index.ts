/**
 * SMTP TLS reporting: records and reports (RFC 8460).
 *
 * @module tlsrpt
 */
export { formatTlsReport } from './format.ts';
export { parseTlsReport, type TlsReportLimits, type TlsReportParse } from './parse.ts';
export {
  findTlsReporting,
  parseTlsReportingRecord,
  type TlsReportingLookup,
  type TlsReportingRecord,
} from './record.ts';
export type {
  TlsFailure,
  TlsPolicyResult,
  TlsPolicyType,
  TlsReport,
  TlsResultType,
} from './report.ts';
