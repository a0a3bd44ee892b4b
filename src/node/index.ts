/**
 * Sockets: drivers for the protocol machines, and servers ready to listen.
 *
 * @module node
 */
export { type ServedSession, type ServeOptions, serveSmtp, type Upgraded } from './serve-smtp.ts';
