/**
 * SMTP and LMTP: the server as a pure state machine, its extensions, and the replies.
 *
 * @module smtp
 */
export { type Bounce, type BounceFacts, classifyBounce } from './bounce/classify.ts';
export type { BounceReason } from './bounce/reasons.ts';
export type {
  ClientCloseEvent,
  ClientUpgradeEvent,
  ContentEvent,
  ContentRefusedEvent,
  ReadyEvent,
  ResultEvent,
  SmtpClientEvent,
} from './client/events.ts';
export { SmtpClientMachine } from './client/machine.ts';
export type { SmtpClientOptions, SmtpClientPatience, SmtpServerFacts } from './client/options.ts';
export type {
  MissingExtension,
  RecipientResult,
  ServerReply,
  SmtpFailure,
  SmtpFailureReason,
  SmtpStage,
  SmtpTransaction,
  TransactionRecipient,
  TransactionResult,
} from './client/transaction.ts';
export type { ContentReader } from './dot-stuffing.ts';
export type {
  BodyType,
  DeliverBy,
  Hold,
  MailParameters,
  Notify,
  OriginalRecipient,
  RcptParameters,
  ValidSince,
} from './parameters.ts';
export {
  type EnhancedStatus,
  formatReply,
  isPositive,
  queuedAs,
  type Reply,
  replies,
  reply,
} from './reply.ts';
export type { ChunkFilter } from './server/chunk-filter.ts';
export type { Conversation, Framing, Phase } from './server/conversation.ts';
export type {
  AtrnEvent,
  AuthenticatedEvent,
  AuthenticationFailedEvent,
  BodyEvent,
  CloseEvent,
  CloseReason,
  ConnectEvent,
  DataEvent,
  EtrnEvent,
  ExpnEvent,
  ForwardEvent,
  HeloEvent,
  HelpEvent,
  MailEvent,
  MessageEvent,
  MessageVerdict,
  RcptEvent,
  ResetEvent,
  ResetReason,
  SmtpServerEvent,
  TurnaroundEvent,
  UpgradeEvent,
  Verdict,
  ViolationEvent,
  ViolationKind,
  VrfyEvent,
} from './server/events.ts';
export type { Command, Extension, ParameterParser } from './server/extension.ts';
export type { TrustOptions } from './server/extensions/attributes.ts';
export { type AuthOptions, auth } from './server/extensions/auth.ts';
export { binaryMime, chunking } from './server/extensions/chunking.ts';
export { type DeliverByOptions, deliverBy } from './server/extensions/deliver-by.ts';
export { dsn } from './server/extensions/dsn.ts';
export { eightBitMime } from './server/extensions/eight-bit-mime.ts';
export { type FutureReleaseOptions, futureRelease } from './server/extensions/future-release.ts';
export { limits } from './server/extensions/limits.ts';
export { type MtPriorityOptions, mtPriority } from './server/extensions/mt-priority.ts';
export { type NoSolicitingOptions, noSoliciting } from './server/extensions/no-soliciting.ts';
export { pipelining } from './server/extensions/pipelining.ts';
export { requireTls } from './server/extensions/require-tls.ts';
export { rrvs } from './server/extensions/rrvs.ts';
export { size } from './server/extensions/size.ts';
export { smtputf8 } from './server/extensions/smtputf8.ts';
export { starttls } from './server/extensions/starttls.ts';
export { atrn, etrn } from './server/extensions/turn.ts';
export { xclient } from './server/extensions/xclient.ts';
export { xforward } from './server/extensions/xforward.ts';
export { SmtpServerMachine } from './server/machine.ts';
export {
  defaultLimits,
  defaultPatience,
  type SmtpLimits,
  type SmtpPatience,
  type SmtpServerOptions,
} from './server/options.ts';
export { lmtp, mx, type SmtpProfile, submission } from './server/profiles.ts';
export type {
  Envelope,
  Forwarded,
  Greeting,
  Recipient,
  SessionState,
  SmtpConnection,
  SmtpSession,
} from './server/session.ts';
export type { Setup } from './server/setup.ts';
export type { Transaction } from './server/transaction.ts';
