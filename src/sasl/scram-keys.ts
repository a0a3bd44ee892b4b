/**
 * The keys of SCRAM (RFC 5802 §3), which stand in a server's store in place of the password.
 */
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { decodeBase64, encodeBase64 } from '../bytes/index.ts';
import type { Bytes } from '../machine/index.ts';
import type { ScramHash } from './mechanism.ts';
import { prepared } from './saslprep.ts';

/**
 * What a server stores to check SCRAM proofs of one user with one hash: plain data, fit for JSON.
 *
 * Whoever steals it can try passwords at the cost of `iterations` hashes each, and can pose as the
 * server towards this user, but cannot log in with it (RFC 5802 §9).
 */
export interface ScramKeys {
  readonly hash: ScramHash;
  /** Base64. */
  readonly salt: string;
  readonly iterations: number;
  /** Base64; the hash of the key that only a client who knows the password can form. */
  readonly storedKey: string;
  /** Base64; the key with which the server proves itself to the client. */
  readonly serverKey: string;
}

/** {@link ScramKeys} as octets. */
export interface RawScramKeys {
  readonly salt: Bytes;
  readonly iterations: number;
  readonly storedKey: Bytes;
  readonly serverKey: Bytes;
}

/** How {@link scramKeys} derives. */
export interface ScramKeyOptions {
  readonly hash: ScramHash;
  /** Random octets, other ones for each user and password; 16 or more. */
  readonly salt: Bytes;
  /** Default 15,000; RFC 7677 §4 wants at least 4096. Clients pay it too, at each login. */
  readonly iterations?: number;
}

/** Told to clients unless the host chooses otherwise. */
export const defaultIterations = 15_000;

/** A password or name holds characters that RFC 4013 §2.3 prohibits, or nothing at all. */
export class UnpreparableText extends Error {
  override readonly name = 'UnpreparableText';
  readonly code = 'SASLPREP';
}

/**
 * Derives what a server stores for a user from the password in clear.
 *
 * Synchronous, and meant to be slow: about 2.5 ms at 15,000 iterations of either hash on a present
 * machine, linear in them. Call it where a password is set, not in a session.
 *
 * @throws UnpreparableText when the password is empty or has characters that SASLprep prohibits
 *
 * @example
 * ```ts
 * import { randomBytes } from 'node:crypto';
 * import { scramKeys } from 'mailwright/sasl';
 *
 * const keys = scramKeys('correct horse', { hash: 'SHA-256', salt: randomBytes(16) });
 * JSON.stringify(keys); // what a store keeps
 * ```
 */
export function scramKeys(password: string, options: ScramKeyOptions): ScramKeys {
  const { hash, salt, iterations = defaultIterations } = options;
  const text = prepared(password);
  if (text === null) throw new UnpreparableText('password cannot be prepared');
  const salted = saltedPassword(hash, text, salt, iterations);
  return {
    hash,
    salt: encodeBase64(salt),
    iterations,
    storedKey: encodeBase64(digest(hash, clientKeyOf(hash, salted))),
    serverKey: encodeBase64(serverKeyOf(hash, salted)),
  };
}

/** Reads a stored record back; `null` where it is not one of this hash. */
export function rawScramKeys(keys: ScramKeys, hash: ScramHash): RawScramKeys | null {
  const salt = decodeBase64(keys.salt);
  const storedKey = decodeBase64(keys.storedKey);
  const serverKey = decodeBase64(keys.serverKey);
  const sound =
    keys.hash === hash &&
    Number.isSafeInteger(keys.iterations) &&
    keys.iterations > 0 &&
    salt !== null &&
    storedKey?.length === hashSize[hash] &&
    serverKey?.length === hashSize[hash];
  return sound ? { salt, iterations: keys.iterations, storedKey, serverKey } : null;
}

/** Octets of a digest. */
export const hashSize: Readonly<Record<ScramHash, number>> = { 'SHA-1': 20, 'SHA-256': 32 };

const algorithm = { 'SHA-1': 'sha1', 'SHA-256': 'sha256' } as const;

/** `Hi(Normalize(password), salt, i)`, which is PBKDF2 (RFC 5802 §2.2). */
export function saltedPassword(hash: ScramHash, text: string, salt: Bytes, iterations: number): Bytes {
  return pbkdf2Sync(text, salt, iterations, hashSize[hash], algorithm[hash]);
}

/** `ClientKey := HMAC(SaltedPassword, "Client Key")` (RFC 5802 §3). */
export function clientKeyOf(hash: ScramHash, salted: Bytes): Bytes {
  return hmac(hash, salted, 'Client Key');
}

/** `ServerKey := HMAC(SaltedPassword, "Server Key")` (RFC 5802 §3). */
export function serverKeyOf(hash: ScramHash, salted: Bytes): Bytes {
  return hmac(hash, salted, 'Server Key');
}

/** `H(data)`. */
export function digest(hash: ScramHash, data: Bytes): Bytes {
  return createHash(algorithm[hash]).update(data).digest();
}

/** `HMAC(key, text)`. */
export function hmac(hash: ScramHash, key: Bytes, text: string): Bytes {
  return createHmac(algorithm[hash], key).update(text, 'utf8').digest();
}
