/**
 * Reports by mail: reading those that come in, collecting and writing those that go out.
 *
 * @module reports
 */
export type { BouncedRecipient } from './bounced-recipient.ts';
export { bouncesOf } from './bounces.ts';
export { AggregateCollector, type DueAggregate } from './collect-aggregate.ts';
export { type DueTlsReport, type ObservedSession, TlsCollector } from './collect-tls.ts';
export { composeAggregateReport, composeTlsReport, type ReportEnvelope } from './compose.ts';
export { composeFailureReport, type FailedMessage } from './compose-failure.ts';
export { type DeliveryStatusReport, deliveryStatusOf, type RecipientStatus } from './delivery-status.ts';
export { type AuthenticationFailure, type FeedbackReport, feedbackReportOf } from './feedback.ts';
export type { TypedText } from './fields.ts';
export { FileReportStore } from './file-store.ts';
export { type IncomingReport, type IncomingReports, type ReportLimits, readReports } from './read.ts';
export type { ReturnedContent } from './returned.ts';
export { type ReadyReport, type Reporter, readyAggregateReports } from './send-aggregate.ts';
export { MemoryReportStore, type ReportStore } from './store.ts';
export { type Unpacked, unpackReport } from './unpack.ts';
