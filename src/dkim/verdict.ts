/** What is said of a signature, in the words of RFC 8601. */
import type { FoundKey, KeyMisfit, KeyRecord, TagFault } from '../signature/index.ts';
import type { DkimSignature } from './signature-field.ts';

/**
 * The results of RFC 8601 §2.7.1:
 *
 * - `none`: the message has no signature.
 * - `pass`: the signature fits, and is acceptable.
 * - `fail`: it does not fit: the message was changed, or it is a forgery.
 * - `policy`: it fits, but is of a kind that policy does not accept.
 * - `neutral`: it was not looked at.
 * - `temperror`: the key could not be had now; asking later may help.
 * - `permerror`: it cannot be checked, now or later.
 */
export type DkimStatus = 'none' | 'pass' | 'fail' | 'policy' | 'neutral' | 'temperror' | 'permerror';

/** Why a verdict is not `pass`; {@link dkimReasons} has a sentence for each. */
export type DkimReason =
  | TagFault
  | KeyMisfit
  | Exclude<FoundKey, KeyRecord>
  | 'no-signature'
  | 'bad-tags'
  | 'bad-version'
  | 'unknown-query'
  | 'bad-identity'
  | 'strict-identity'
  | 'from-not-signed'
  | 'expired'
  | 'from-the-future'
  | 'body-hash'
  | 'body-too-short'
  | 'signature'
  | 'weak-hash'
  | 'short-key'
  | 'unsigned-body'
  | 'too-many-signatures'
  | 'header-too-large';

/** What came of one signature. */
export interface DkimVerdict {
  readonly status: DkimStatus;
  /** Absent only where the status is `pass`. */
  readonly reason?: DkimReason;
  /** What the field says, as far as it could be read. */
  readonly signature?: DkimSignature;
  /** The key, where it was found and fits. */
  readonly key?: KeyRecord;
  /** Whether the body has the hash of `bh=`, whatever else is wrong. */
  readonly bodyIntact?: boolean;
  /** Octets of the canonical body after those that `l=` covers; 0 without `l=`. */
  readonly unsignedOctets?: number;
}

/** Each reason with the status that it leads to, and a sentence for people. */
export const dkimReasons: Readonly<Record<DkimReason, readonly [status: DkimStatus, sentence: string]>> = {
  'no-signature': ['none', 'no signature'],
  'bad-tags': ['permerror', 'not a list of tags'],
  'missing-tag': ['permerror', 'a required tag is missing'],
  'bad-version': ['permerror', 'unknown version'],
  'unknown-algorithm': ['permerror', 'unknown algorithm'],
  'unknown-canonicalization': ['permerror', 'unknown canonicalization'],
  'unknown-query': ['permerror', 'unknown way to query for keys'],
  'bad-domain': ['permerror', 'domain or selector is no name'],
  'bad-base64': ['permerror', 'signature or body hash is not base64'],
  'bad-number': ['permerror', 'a number is malformed or out of range'],
  'bad-identity': ['permerror', 'identity is not of the signing domain'],
  'from-not-signed': ['permerror', 'From is not signed'],
  expired: ['permerror', 'signature has expired'],
  'from-the-future': ['permerror', 'signature was made in the future'],
  'no-key': ['permerror', 'no key'],
  'not-a-key': ['permerror', 'no key among the records'],
  'several-keys': ['permerror', 'more than one key'],
  revoked: ['permerror', 'key is revoked'],
  'unknown-kind': ['permerror', 'unknown kind of key'],
  'bad-key': ['permerror', 'key is malformed'],
  'huge-key': ['permerror', 'key is too large'],
  'key-kind': ['permerror', 'key is of another kind'],
  'key-hash': ['permerror', 'key does not allow the hash function'],
  'key-service': ['permerror', 'key is not for mail'],
  'strict-identity': ['permerror', 'key does not allow subdomains'],
  'header-too-large': ['permerror', 'header section is too large'],
  lookup: ['temperror', 'key could not be looked up'],
  'body-hash': ['fail', 'body hash does not match'],
  'body-too-short': ['fail', 'body is shorter than signed'],
  signature: ['fail', 'signature does not match'],
  'weak-hash': ['policy', 'SHA-1 is not accepted'],
  'short-key': ['policy', 'key is too short'],
  'unsigned-body': ['policy', 'part of the body is not signed'],
  'too-many-signatures': ['neutral', 'too many signatures'],
};

/** The verdict of a reason. */
export function unpassed(
  reason: DkimReason,
  facts: Omit<DkimVerdict, 'status' | 'reason'> = {},
): DkimVerdict {
  return { status: dkimReasons[reason][0], reason, ...facts };
}
