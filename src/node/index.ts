/**
 * Sockets: drivers for the protocol machines, and servers ready to listen.
 *
 * @module node
 */
export { type Certificate, Certificates, type CertificatesOptions } from './certificates.ts';
export { connectionInfo } from './connection-info.ts';
export type { ConnectionLimits } from './connection-limits.ts';
export { type DrivenSession, type DriveOptions, driveSmtpClient } from './drive-smtp-client.ts';
export type { Connect, ConnectOptions } from './fast-fallback.ts';
export { networks } from './networks.ts';
export type { OcspResponse, OcspSource } from './ocsp-staple.ts';
export { OnDemandRelay, type OnDemandRelayOptions } from './on-demand-relay.ts';
export type { OpeningTrace } from './opening-trace.ts';
export { type ProxyHeader, ProxyHeaderReader, type ProxyRead } from './proxy-header.ts';
export { type SelfSignedOptions, selfSignedCertificate } from './self-signed.ts';
export { type ServedSession, type ServeOptions, serveSmtp, type Upgraded } from './serve-smtp.ts';
export { ServerMisuse, type ServerMisuseCode } from './server-misuse.ts';
export type { Refusal, SessionNotice } from './session-notice.ts';
export type { ListenOn, ServerSettings, SmtpServerSettings } from './settings.ts';
export { type CloseOptions, SmtpServer } from './smtp-server.ts';
export { SmtpTransport, type SmtpTransportOptions } from './smtp-transport.ts';
export { type Handshake, type Secure, type Secured, type TlsClientOptions, tlsClient } from './tls-client.ts';
export { tlsInfo } from './tls-info.ts';
export { type TlsUpgradeOptions, tlsUpgrade } from './tls-upgrade.ts';
export { workerNumber } from './worker.ts';
