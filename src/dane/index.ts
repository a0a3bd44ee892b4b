/**
 * DANE for SMTP: certificates that DNSSEC vouches for (RFC 7672, RFC 6698).
 *
 * @module dane
 */
export { type DaneMatch, type DaneServer, matchTlsa } from './match.ts';
export { type DaneFinding, findTlsa } from './tlsa.ts';
