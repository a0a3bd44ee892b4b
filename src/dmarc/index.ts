/**
 * DMARC: policy records, the verdict on a message, and aggregate reports.
 *
 * @module dmarc
 */
export { formatAggregateReport } from './aggregate/format.ts';
export { type Observation, type ObservedMessage, observeMessage } from './aggregate/observe.ts';
export { type AggregateLimits, type AggregateParse, parseAggregateReport } from './aggregate/parse.ts';
export type {
  AggregateRecord,
  AggregateReport,
  DkimAuthResult,
  OverrideType,
  PolicyOverride,
  PublishedPolicy,
  ReportExtension,
  ReportedDisposition,
  ReportedDkim,
  ReportedSpf,
  ReportMetadata,
  SpfAuthResult,
} from './aggregate/report.ts';
export {
  type AggregateSummary,
  type SourceSummary,
  summarizeAggregateReport,
} from './aggregate/summarize.ts';
export {
  type DiscoveryMethod,
  type DiscoveryOptions,
  findOrganizationalDomain,
  type OrganizationalDomain,
} from './discovery.ts';
export {
  type AppliedPolicy,
  type DmarcFacts,
  type DmarcOptions,
  type DmarcReason,
  type DmarcResult,
  type DmarcVerdict,
  evaluateDmarc,
} from './evaluate.ts';
export {
  type RefusedDestination,
  type ReportDestinations,
  reportDestinations,
} from './external-destination.ts';
export { type WantedFailureReports, wantedFailureReports } from './failure.ts';
export { registrableDomain } from './public-suffix.ts';
export {
  type AlignmentMode,
  type DmarcDefect,
  type DmarcPolicy,
  type DmarcRecord,
  type FailureOption,
  parseDmarcRecord,
} from './record.ts';
export { mailboxOfUri } from './report-uri.ts';
