/** Whether a signature fits its key and what it signs. */
import { Buffer } from 'node:buffer';
import { hash, verify } from 'node:crypto';
import type { FoundKey } from './key-lookup.ts';
import type { KeyRecord } from './key-record.ts';
import { hashOf, keyKindOf, type SealTags } from './signature-tags.ts';

/**
 * Why a key may not be used with a signature:
 *
 * - `key-kind`: it is of another kind than `a=` says.
 * - `key-hash`: its `h=` has not the hash function of `a=`.
 * - `key-service`: its `s=` has no mail.
 */
export type KeyMisfit = 'key-kind' | 'key-hash' | 'key-service';

/** RFC 6376 §6.1.2: what must agree before a key is used. */
export function usableKey(
  found: FoundKey,
  { algorithm }: SealTags,
): KeyRecord | KeyMisfit | Exclude<FoundKey, KeyRecord> {
  if (typeof found === 'string') return found;
  if (found.kind !== keyKindOf(algorithm)) return 'key-kind';
  if (found.hashes !== undefined && !found.hashes.includes(hashOf(algorithm))) return 'key-hash';
  return found.forMail ? found : 'key-service';
}

/**
 * Whether `b=` is the signature of `text`: canonical fields, one character for each octet. A key of
 * {@link usableKey} only.
 */
export function signatureFits(text: string, tags: SealTags, key: KeyRecord): boolean {
  const data = Buffer.from(text, 'latin1');
  try {
    // RFC 8463 §3: Ed25519 signs the hash as if it were the message.
    return key.kind === 'ed25519'
      ? verify(null, hash('sha256', data, 'buffer'), key.publicKey, tags.signature)
      : verify(hashOf(tags.algorithm), data, key.publicKey, tags.signature);
  } catch {
    // OpenSSL would not even try.
    return false;
  }
}
