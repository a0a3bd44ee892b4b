/**
 * Sockets: drivers for the protocol machines, and servers ready to listen.
 *
 * @module node
 */
export { connectionInfo } from './connection-info.ts';
export type { ConnectionLimits } from './connection-limits.ts';
export { networks } from './networks.ts';
export { type ServedSession, type ServeOptions, serveSmtp, type Upgraded } from './serve-smtp.ts';
export { ServerMisuse, type ServerMisuseCode } from './server-misuse.ts';
export type { Refusal, SessionNotice } from './session-notice.ts';
export type { ListenOn, ServerSettings, SmtpServerSettings } from './settings.ts';
export { type CloseOptions, SmtpServer } from './smtp-server.ts';
