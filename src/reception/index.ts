/**
 * Receiving mail: the handlers of a host, and ready ones that take messages into a spool.
 *
 * @module reception
 */
export { type DecidableEvent, decide, fallbackFor, type ReportedEvent, report } from './decide.ts';
export type { MessageSink, SmtpHandlers, Visit } from './handlers.ts';
export { type CommitTrace, type IncomingMessage, type SpoolToOptions, spoolTo } from './spool-to.ts';
