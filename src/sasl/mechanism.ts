import type { ChannelBindings, TlsInfo } from '../machine/index.ts';

/** The two hash functions of SCRAM (RFC 5802, RFC 7677). */
export type ScramHash = 'SHA-1' | 'SHA-256';

/** A SCRAM mechanism, with (`-PLUS`) or without channel binding (RFC 5802 §4). */
export type ScramName = `SCRAM-${ScramHash}` | `SCRAM-${ScramHash}-PLUS`;

/** The registered name of a SASL mechanism that this library speaks. */
export type MechanismName =
  | ScramName
  | 'EXTERNAL'
  | 'OAUTHBEARER'
  | 'XOAUTH2'
  | 'PLAIN'
  | 'LOGIN'
  | 'CRAM-MD5'
  | 'ANONYMOUS';

/** The kinds of channel binding that are spoken (RFC 9266 §2, RFC 5929 §4). */
export type ChannelBindingType = keyof ChannelBindings;

/** What a mechanism needs before it may be offered or used. */
interface Traits {
  /** It hands over a password or a token that whoever reads the connection could use again. */
  readonly cleartext?: true;
  /** It ties the exchange to the TLS connection. */
  readonly channelBinding?: true;
  /** It relies on the client's certificate. */
  readonly certificate?: true;
}

/** Every mechanism, the most preferred first. */
const traits: Readonly<Record<MechanismName, Traits>> = {
  EXTERNAL: { certificate: true },
  'SCRAM-SHA-256-PLUS': { channelBinding: true },
  'SCRAM-SHA-1-PLUS': { channelBinding: true },
  'SCRAM-SHA-256': {},
  'SCRAM-SHA-1': {},
  OAUTHBEARER: { cleartext: true },
  XOAUTH2: { cleartext: true },
  PLAIN: { cleartext: true },
  LOGIN: { cleartext: true },
  'CRAM-MD5': {},
  ANONYMOUS: {},
};

/** Every mechanism that this library speaks, the most preferred first. */
export const mechanismNames = Object.keys(traits) as readonly MechanismName[];

/** The mechanism that a peer named, or `null` where it is none of ours. Case is ignored. */
export function mechanismNamed(name: string): MechanismName | null {
  const upper = name.toUpperCase();
  return Object.hasOwn(traits, upper) ? (upper as MechanismName) : null;
}

/** Octets of a message whose base64 fills a line of 12288 octets (RFC 4954 §4). */
export const defaultMaxLength = 9216;

/** What decides whether a mechanism may be used on a connection. */
export interface Surroundings {
  /** The connection's TLS, absent or `null` in clear. */
  readonly tls?: TlsInfo | null;
  /**
   * Allows mechanisms that reveal a reusable password or token on a connection without TLS.
   * Default `false` (RFC 4616 §5, RFC 6750 §5.3); meant for a loopback or a Unix socket.
   */
  readonly allowCleartext?: boolean;
  /**
   * Allows CRAM-MD5. Default `false`: it obliges the server to keep clear passwords, and whoever
   * hears an exchange can try passwords against it at full speed
   * (draft-ietf-sasl-crammd5-to-historic). Only for clients that know nothing else.
   */
  readonly allowCramMd5?: boolean;
}

/** Why a mechanism may not be used on a connection; `null` where it may. */
export function obstacle(
  mechanism: MechanismName,
  surroundings: Surroundings,
): 'unsupported' | 'encryption-required' | null {
  const { cleartext, channelBinding, certificate } = traits[mechanism];
  const tls = surroundings.tls ?? null;
  if (mechanism === 'CRAM-MD5' && surroundings.allowCramMd5 !== true) return 'unsupported';
  if (channelBinding && bindingTypes(tls).length === 0) return 'unsupported';
  if (certificate && tls?.clientCertificate?.authorized !== true) return 'unsupported';
  if (cleartext && tls === null && surroundings.allowCleartext !== true) return 'encryption-required';
  return null;
}

/** The kinds of channel binding that a connection can give, the preferred first (RFC 9266 §3). */
export function bindingTypes(tls: TlsInfo | null): ChannelBindingType[] {
  const order: readonly ChannelBindingType[] = ['tls-exporter', 'tls-server-end-point'];
  return order.filter((type) => tls?.channelBindings?.[type] !== undefined);
}
