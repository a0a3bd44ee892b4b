/** Private keys and what is made with them. */
import { Buffer } from 'node:buffer';
import { createPrivateKey, hash, type KeyObject, sign } from 'node:crypto';
import { SignatureMisuse } from './misuse.ts';
import type { SignatureAlgorithm } from './signature-tags.ts';

/** Whose key signs, and under which name its public half is published. */
export interface SigningKeyInput {
  /** `d=`: the domain that answers for the message. */
  readonly domain: string;
  /** `s=`: the public key stands in DNS at `selector._domainkey.domain`. */
  readonly selector: string;
  /** RSA of at least 1024 bits (2048 is good) or Ed25519: a KeyObject, or PEM text. */
  readonly privateKey: KeyObject | string;
}

const domainName = /^[\w-]+(?:\.[\w-]+)+$/;
const selectorName = /^[\w-]+(?:\.[\w-]+)*$/;

/**
 * A key that signs, read once and used for many messages.
 *
 * @throws SignatureMisuse for a key that is neither RSA of 1024 bits or more (RFC 8301 §3.2) nor Ed25519,
 *   and for a domain or selector that is no name in ASCII
 * @example
 * ```ts
 * import { generateKeyPairSync } from 'node:crypto';
 * import { SigningKey } from 'mailwright/signature';
 *
 * const { privateKey } = generateKeyPairSync('ed25519');
 * new SigningKey({ domain: 'example.com', selector: 'mail', privateKey }).algorithm; // 'ed25519-sha256'
 * ```
 */
export class SigningKey {
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: SignatureAlgorithm;
  readonly #key: KeyObject;

  constructor({ domain, selector, privateKey }: SigningKeyInput) {
    if (!domainName.test(domain)) throw new SignatureMisuse(`no domain in ASCII: ${domain}`);
    if (!selectorName.test(selector)) throw new SignatureMisuse(`no selector in ASCII: ${selector}`);
    this.domain = domain;
    this.selector = selector;
    this.#key = typeof privateKey === 'string' ? readPem(privateKey) : privateKey;
    this.algorithm = algorithmOf(this.#key);
  }

  /** Signs canonical text in the thread pool, so that several cores sign several messages. */
  sign(text: string): Promise<Buffer> {
    const data = Buffer.from(text, 'latin1');
    const ed25519 = this.algorithm === 'ed25519-sha256';
    return new Promise((resolve, reject) => {
      const done = (error: Error | null, signature: Buffer) => (error ? reject(error) : resolve(signature));
      if (ed25519) sign(null, hash('sha256', data, 'buffer'), this.#key, done);
      else sign('sha256', data, this.#key, done);
    });
  }
}

function readPem(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    // What OpenSSL says might quote from the key.
    throw new SignatureMisuse('not a private key in PEM');
  }
}

function algorithmOf(key: KeyObject): SignatureAlgorithm {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  if (key.type === 'private' && asymmetricKeyType === 'ed25519') return 'ed25519-sha256';
  const bits = asymmetricKeyDetails?.modulusLength ?? 0;
  if (key.type === 'private' && asymmetricKeyType === 'rsa' && bits >= 1024) return 'rsa-sha256';
  throw new SignatureMisuse('a key must be Ed25519, or RSA of 1024 bits or more');
}
