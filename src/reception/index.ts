/**
 * Receiving mail: the handlers of a host, and ready ones that take messages into a spool.
 *
 * @module reception
 */
export type { MessageSink, SmtpHandlers, Visit } from './handlers.ts';
export { type HostedEvent, SmtpHost } from './host.ts';
export { type ReceivedByOptions, receivedBy } from './received.ts';
export { type CommitTrace, type IncomingMessage, type SpoolToOptions, spoolTo } from './spool-to.ts';
export { tlsRequiredNo } from './tls-required.ts';
