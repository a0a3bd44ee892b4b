/**
 * Reports by mail: reading those that come in, writing those that go out.
 *
 * @module reports
 */
export { type DeliveryStatusReport, deliveryStatusOf, type RecipientStatus } from './delivery-status.ts';
export { type AuthenticationFailure, type FeedbackReport, feedbackReportOf } from './feedback.ts';
export type { TypedText } from './fields.ts';
export { type IncomingReport, type IncomingReports, type ReportLimits, readReports } from './read.ts';
export type { ReturnedContent } from './returned.ts';
export { type Unpacked, unpackReport } from './unpack.ts';
