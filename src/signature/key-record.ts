/** The public key that a domain publishes in DNS (RFC 6376 §3.6.1, RFC 8463 §4). */
import { Buffer } from 'node:buffer';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { base64Octets, colonList, parseTagList } from './tag-list.ts';

/** Kinds of keys. */
export type KeyKind = 'rsa' | 'ed25519';

/** A key as published. */
export interface KeyRecord {
  readonly kind: KeyKind;
  readonly publicKey: KeyObject;
  /** Of the modulus for RSA; 256 for Ed25519. */
  readonly bits: number;
  /** `h=`: the hash functions that it may be used with; absent when all. */
  readonly hashes?: readonly string[];
  /** `s=`: `email` is among the services, or `*`. */
  readonly forMail: boolean;
  /** `t=y`: the domain is only trying. */
  readonly testing: boolean;
  /** `t=s`: the domain of `i=` must be that of `d=`, not one below it. */
  readonly strict: boolean;
}

/**
 * What is wrong with a key record:
 *
 * - `not-a-key`: another kind of record, or not a list of tags.
 * - `revoked`: its `p=` is empty.
 * - `unknown-kind`: a `k=` that nobody here knows.
 * - `bad-key`: `p=` holds no key of that kind.
 * - `huge-key`: a key so large that using it would be an attack.
 */
export type KeyFault = 'not-a-key' | 'revoked' | 'unknown-kind' | 'bad-key' | 'huge-key';

/** Characters of a record; a key of 8192 bits takes 1400 of them. */
const longestRecord = 8192;
/** RFC 8301 §3.2 asks verifiers for 4096 bits; the time for a check grows with the square. */
const mostBits = 8192;
/** All real keys use 65537 or 3; a check takes as long as the exponent. */
const largestExponent = 2n ** 33n;
/** What stands before the 32 octets of an Ed25519 key in SPKI form (RFC 8410 §4). */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Reads a key record.
 *
 * @example
 * ```ts
 * import { parseKeyRecord } from 'mailwright/signature';
 *
 * parseKeyRecord('v=DKIM1; k=rsa; p='); // 'revoked'
 * ```
 */
export function parseKeyRecord(text: string): KeyRecord | KeyFault {
  if (text.length > longestRecord) return 'huge-key';
  const tags = parseTagList(text);
  const value = tags?.get('p');
  if (tags === null || value === undefined) return 'not-a-key';
  // RFC 6376 §3.6.1: "v=" may be absent; where it is not, it comes first.
  const version = tags.get('v');
  if (version !== undefined && (version !== 'DKIM1' || tags.keys().next().value !== 'v')) return 'not-a-key';
  if (value === '') return 'revoked';
  const kind = tags.get('k') ?? 'rsa';
  if (kind !== 'rsa' && kind !== 'ed25519') return 'unknown-kind';
  const octets = base64Octets(value);
  const publicKey = octets && (kind === 'rsa' ? rsaKey(octets) : ed25519Key(octets));
  if (!publicKey) return 'bad-key';
  const { modulusLength: bits = 256, publicExponent = 0n } = publicKey.asymmetricKeyDetails ?? {};
  if (bits > mostBits || publicExponent > largestExponent) return 'huge-key';
  const hashes = tags.get('h');
  const services = colonList(tags.get('s') ?? '*');
  const flags = colonList(tags.get('t') ?? '');
  return {
    kind,
    publicKey,
    bits,
    ...(hashes === undefined ? {} : { hashes: colonList(hashes) }),
    forMail: services.includes('*') || services.includes('email'),
    testing: flags.includes('y'),
    strict: flags.includes('s'),
  };
}

/** RFC 6376 §3.6.1 says RSAPublicKey, its examples and the world publish SubjectPublicKeyInfo. */
function rsaKey(octets: Buffer): KeyObject | null {
  for (const type of ['spki', 'pkcs1'] as const) {
    try {
      const key = createPublicKey({ key: octets, format: 'der', type });
      return key.asymmetricKeyType === 'rsa' ? key : null;
    } catch {
      // Not in this form.
    }
  }
  return null;
}

function ed25519Key(octets: Buffer): KeyObject | null {
  if (octets.length !== 32) return null;
  return createPublicKey({ key: Buffer.concat([ed25519Prefix, octets]), format: 'der', type: 'spki' });
}

/** Keys that have been read: making a key of its text takes longer than using it. */
export class KeyCache {
  readonly #keys = new Map<string, KeyRecord | KeyFault>();
  readonly #size: number;

  /** @param size - most records that are kept, each of at most 8 kB; those longest unused go first */
  constructor(size = 1000) {
    this.#size = size;
  }

  /** As {@link parseKeyRecord}. */
  read(text: string): KeyRecord | KeyFault {
    const known = this.#keys.get(text);
    const key = known ?? parseKeyRecord(text);
    if (known !== undefined) this.#keys.delete(text);
    else if (text.length > longestRecord) return key;
    else if (this.#keys.size >= this.#size) this.#keys.delete(this.#keys.keys().next().value ?? '');
    this.#keys.set(text, key);
    return key;
  }
}
