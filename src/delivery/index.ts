/**
 * Delivery: the queue, routes, connections, shaping and notifications.
 *
 * A {@link Queue} takes what is due from a spool; {@link mxRoutes}, {@link relayRoute}, {@link lmtpRoute} and
 * {@link localRoute} say where it goes; a {@link SmtpSender} takes it there, a {@link notifier} tells the sender.
 * The guide is [Delivery](../../docs/delivery.md).
 *
 * @module delivery
 */
export { bodyOf } from './body.ts';
export { systemClock } from './clock.ts';
export type {
  AttemptNotice,
  DeliveryHooks,
  HookPatch,
  NotificationNotice,
  OutcomeNotice,
} from './hooks.ts';
export { LimitMisuse } from './limit-misuse.ts';
export { type NotifierOptions, notifier } from './notice/notifier.ts';
export type { NoticeFacts } from './notice/text.ts';
export type { WantedNotice } from './notice/wanted.ts';
export type { Notification, Notifier, RecipientNotice } from './notifier.ts';
export type {
  Deferred,
  Delivered,
  Failed,
  Limited,
  Outcome,
  OutcomeDetails,
  RemoteHost,
} from './outcome.ts';
export type { AttemptTrace } from './queue/attempt.ts';
export type { DestinationStatistics } from './queue/dispatch.ts';
export { QueueMisuse } from './queue/misuse.ts';
export type { QueueLimits, QueueOptions } from './queue/options.ts';
export type { QueueProblem } from './queue/problem.ts';
export { Queue, type QueueStatistics } from './queue/queue.ts';
export {
  type HeldState,
  type MessageState,
  messageState,
  type NoticeKind,
  type RecipientState,
  recipientState,
} from './queue/recipient-state.ts';
export type { RetryReport, RetryWhich } from './queue/retry.ts';
export { defaultSchedule, type Schedule, type ScheduleFor, schedulesByDomain } from './queue/schedule.ts';
export type { QueueTotals } from './queue/totals.ts';
export type {
  MessageStanding,
  QueuedMessage,
  QueuedRecipient,
  QueueFilter,
  QueuePage,
  QueuePageOptions,
  StandingCounts,
} from './queue/view.ts';
export type { ServerName } from './route/chosen-site.ts';
export type { DomainTable } from './route/domain-table.ts';
export {
  type AddressOptions,
  type FamilyOrder,
  findAddresses,
  type HostAddresses,
} from './route/host-addresses.ts';
export { type LocalDelivery, type LocalRouteOptions, localRoute } from './route/local-route.ts';
export type { ServerPatience, ServerSettings } from './route/manner.ts';
export { RouteMisuse } from './route/misuse.ts';
export { type MxOverride, type MxRouteOptions, mxRoutes } from './route/mx-routes.ts';
export { isPublicAddress } from './route/public-address.ts';
export { lmtpRoute, type RelayRouteOptions, relayRoute } from './route/relay-route.ts';
export { domainRoutes, firstOf, type RouteChoice, senderDomain, senderRoutes } from './route/routers.ts';
export type { Source, Sources } from './route/source.ts';
export type { TlsPolicy, TlsReportDetail } from './route/tls-demand.ts';
export type { TlsSession, TlsSessionObserver } from './route/tls-sessions.ts';
export type { DeliveryWarning } from './route/warning.ts';
export type { Attempt, NoRoute, Route, RoutedRecipient, Router } from './route.ts';
export type { CircuitBreakerOptions } from './sending/circuit-breaker.ts';
export type { Errand, ErrandResult } from './sending/errand.ts';
export type { SessionPoolCounters, SessionPoolOptions } from './sending/pool-limits.ts';
export { SessionPool } from './sending/session-pool.ts';
export { SmtpSender, type SmtpSenderOptions } from './sending/smtp-sender.ts';
export type { TransactionTrace } from './sending/transaction-trace.ts';
export type { Rate, ShapingLimits, ShapingRule } from './shaping/limits.ts';
export type { Destination, NamePattern, Scope } from './shaping/name-pattern.ts';
export { providerReplies, providerRules } from './shaping/providers.ts';
export type { ReplyAction, ReplyCondition, ReplyRule } from './shaping/reply-rule.ts';
export {
  type Leave,
  type NoLeave,
  Shaper,
  type ShaperCounters,
  type ShaperOptions,
} from './shaping/shaper.ts';
export type { AppliedTlsPolicy, Site, SiteFinder, SiteHost, SiteRoute, SiteSender } from './site.ts';
export {
  type BounceFeed,
  type BouncePolicy,
  type ReportedBounce,
  suppressBounced,
} from './suppression/bounced.ts';
export { FileSuppressionList } from './suppression/file.ts';
export { MemorySuppressionList } from './suppression/memory.ts';
export { suppressing } from './suppression/suppressing.ts';
export { type Suppression, type SuppressionList, suppressionKey } from './suppression/suppression.ts';
export type {
  CertificateDemand,
  MailSession,
  NotOpened,
  Opened,
  Target,
  TlsDemand,
  TlsFault,
  TlsObservation,
  Transport,
} from './transport.ts';
export { type Verp, type VerpDecoded, type VerpOptions, verp } from './verp.ts';
