/** New keys, and what a domain publishes of them (RFC 6376 §3.6.1, RFC 8463 §4). */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { type HashName, type KeyKind, SignatureMisuse } from '../signature/index.ts';

/** What a key record says beside the key. */
export interface DkimRecordOptions {
  /** `t=y`: the domain is only trying. Default false. */
  readonly testing?: boolean;
  /** `t=s`: `i=` may not name a subdomain. Default false. */
  readonly strict?: boolean;
  /** `h=`: hash functions that may be used. Default: all. */
  readonly hashes?: readonly HashName[];
}

/** A new key. */
export interface DkimKey {
  /** For `SigningKey`, to be kept secret: PKCS #8 in PEM. */
  readonly privateKey: string;
  /** The TXT record for `selector._domainkey.domain`. */
  readonly record: string;
}

/**
 * Makes a key pair. RSA takes a tenth of a second or more, in the thread pool.
 *
 * @param bits - of an RSA key, 2048 by default: what fits into one DNS answer and is safe
 * @example
 * ```ts
 * import { generateDkimKey } from 'mailwright/dkim';
 *
 * const { record } = await generateDkimKey('ed25519');
 * record.startsWith('v=DKIM1; k=ed25519; p='); // true
 * ```
 */
export async function generateDkimKey(
  kind: KeyKind = 'rsa',
  { bits = 2048, ...record }: DkimRecordOptions & { readonly bits?: number } = {},
): Promise<DkimKey> {
  const privateKey = await newKey(kind, bits);
  return {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    record: dkimRecord(privateKey, record),
  };
}

/**
 * The text of the TXT record that publishes a key.
 *
 * @param key - private or public: a KeyObject, or PEM text
 * @throws SignatureMisuse for a key that is neither RSA nor Ed25519
 */
export function dkimRecord(key: KeyObject | string, options: DkimRecordOptions = {}): string {
  const publicKey = publicHalf(key);
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const kind = publicKey.asymmetricKeyType;
  if (kind !== 'rsa' && kind !== 'ed25519') throw new SignatureMisuse('a key must be RSA or Ed25519');
  const flags = [options.testing === true ? 'y' : '', options.strict === true ? 's' : ''].filter(Boolean);
  return [
    'v=DKIM1',
    `k=${kind}`,
    ...(options.hashes === undefined ? [] : [`h=${options.hashes.join(':')}`]),
    ...(flags.length === 0 ? [] : [`t=${flags.join(':')}`]),
    // RFC 8463 §4: of Ed25519 the 32 octets alone, which end the SPKI form.
    `p=${(kind === 'rsa' ? der : der.subarray(-32)).toString('base64')}`,
  ].join('; ');
}

/**
 * A record as the character-strings of at most 255 octets that a zone file wants (RFC 1035 §3.3.14).
 *
 * @example
 * ```ts
 * import { zoneStrings } from 'mailwright/dkim';
 *
 * zoneStrings('v=DKIM1; k=rsa; p='); // '"v=DKIM1; k=rsa; p="'
 * ```
 */
export function zoneStrings(record: string): string {
  const strings = record.match(/.{1,255}/g) ?? [''];
  return strings.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(' ');
}

function newKey(kind: KeyKind, bits: number): Promise<KeyObject> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, _: KeyObject, privateKey: KeyObject) =>
      error === null ? resolve(privateKey) : reject(error);
    if (kind === 'rsa') generateKeyPair('rsa', { modulusLength: bits }, done);
    else generateKeyPair('ed25519', undefined, done);
  });
}

function publicHalf(key: KeyObject | string): KeyObject {
  try {
    if (typeof key !== 'string') return key.type === 'public' ? key : createPublicKey(key);
    return createPublicKey(key.includes('PRIVATE') ? createPrivateKey(key) : key);
  } catch {
    throw new SignatureMisuse('not a key');
  }
}
