/**
 * Delivery: the queue, routes, connections, shaping and notifications.
 *
 * @module delivery
 */
export { systemClock } from './clock.ts';
export type {
  AttemptNotice,
  DeliveryHooks,
  HookPatch,
  NotificationNotice,
  OutcomeNotice,
} from './hooks.ts';
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
export type { Attempt, NoRoute, Route, RoutedRecipient, Router } from './route.ts';
export type { AppliedTlsPolicy, Site, SiteFinder, SiteHost, SiteRoute, SiteSender } from './site.ts';
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
