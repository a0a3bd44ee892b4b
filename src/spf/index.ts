/**
 * Sender Policy Framework (RFC 7208): records, check_host(), and the reverse DNS of a client (RFC 8601 §3).
 *
 * @module spf
 */
export { checkHelo, checkMailFrom, type SpfClient, type SpfOptions } from './check.ts';
export { checkIprev, type IprevResult, type IprevVerdict } from './iprev.ts';
export { formatReceivedSpf } from './received-spf.ts';
export {
  formatSpfRecord,
  isSpfRecord,
  parseSpfRecord,
  type SpfDirective,
  SpfMisuse,
  type SpfParse,
  type SpfQualifier,
  type SpfRecord,
} from './record.ts';
export { explainSpf, type SpfResult, type SpfStep, type SpfVerdict } from './verdict.ts';
