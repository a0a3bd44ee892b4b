/**
 * The contracts that every protocol machine shares.
 *
 * @module machine
 */
export type { Clock } from './clock.ts';
export type { ConnectionInfo, PeerAddress } from './connection.ts';
export {
  type Asking,
  type Asks,
  type Machine,
  MachineMisuse,
  type Patience,
  type VerdictFor,
} from './machine.ts';
export { Secret } from './secret.ts';
export type { Body, Bytes, Segment } from './segment.ts';
export type { ChannelBindings, TlsInfo } from './tls.ts';
