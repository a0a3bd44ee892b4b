/** What is said of a chain (RFC 8617 §4.4, §5.2). */
import type { FoundKey, KeyMisfit, KeyRecord, TagFault } from '../signature/index.ts';
import type { ArcSet } from './arc-set.ts';

/**
 * - `none`: the message has no ARC fields.
 * - `pass`: the newest message signature and all seals are right.
 * - `fail`: the chain is broken, and stays so for ever (RFC 8617 §4.4).
 */
export type ArcStatus = 'none' | 'pass' | 'fail';

/** Why a chain fails; {@link arcReasons} has a sentence for each. */
export type ArcReason =
  | TagFault
  | KeyMisfit
  | Exclude<FoundKey, KeyRecord>
  | 'bad-tags'
  | 'bad-instance'
  | 'too-many-sets'
  | 'incomplete-set'
  | 'failed-before'
  | 'bad-status'
  | 'surplus-tag'
  | 'weak-hash'
  | 'short-key'
  | 'body-hash'
  | 'signature'
  | 'header-too-large';

/** What came of a chain. */
export interface ArcVerdict {
  readonly status: ArcStatus;
  /** Where the status is `fail`. */
  readonly reason?: ArcReason;
  /** The instance and the field that fail, where it is one. */
  readonly at?: { readonly instance: number; readonly field: 'message-signature' | 'seal' };
  /** The sets of a chain that is in order, from the first; empty where it is not. */
  readonly sets: readonly ArcSet[];
  /** The highest instance that any field has, in order or not; 0 where there are no ARC fields. */
  readonly newest: number;
  /**
   * Where the chain passes: the oldest instance whose message signature, and all newer ones, still fit;
   * 0 where all do (RFC 8617 §5.2).
   */
  readonly oldestPass?: number;
}

/** A sentence for each reason. */
export const arcReasons: Readonly<Record<ArcReason, string>> = {
  'bad-tags': 'not a list of tags',
  'missing-tag': 'a required tag is missing',
  'surplus-tag': 'a tag that may not be there',
  'unknown-algorithm': 'unknown algorithm',
  'unknown-canonicalization': 'unknown canonicalization',
  'bad-domain': 'domain or selector is no name',
  'bad-base64': 'signature or body hash is not base64',
  'bad-number': 'a number is malformed or out of range',
  'bad-instance': 'an instance is no number from 1 to 50',
  'too-many-sets': 'more than 50 sets',
  'incomplete-set': 'a set is incomplete, or has a field twice',
  'failed-before': 'the chain failed at an earlier server',
  'bad-status': 'a seal has the wrong chain status',
  'weak-hash': 'SHA-1 is not accepted',
  'short-key': 'key is too short',
  'no-key': 'no key',
  'not-a-key': 'no key among the records',
  'several-keys': 'more than one key',
  revoked: 'key is revoked',
  'unknown-kind': 'unknown kind of key',
  'bad-key': 'key is malformed',
  'huge-key': 'key is too large',
  'key-kind': 'key is of another kind',
  'key-hash': 'key does not allow the hash function',
  'key-service': 'key is not for mail',
  lookup: 'key could not be looked up',
  'body-hash': 'body hash does not match',
  signature: 'signature does not match',
  'header-too-large': 'header section is too large',
};
