/**
 * Passwords at rest: Argon2id (RFC 9106) in the PHC string format,
 * `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`, both in base64 without padding.
 */
import { Buffer } from 'node:buffer';
import { argon2, argon2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { saslprep, UnpreparableText } from '../sasl/index.ts';

/** What one hash costs. */
export interface PasswordCost {
  /** KiB of memory. Default 19,456. */
  readonly memory?: number;
  /** Times that the memory is gone over. Default 2. */
  readonly passes?: number;
  /** Lanes, which may run in parallel elsewhere but not here. Default 1. */
  readonly parallelism?: number;
}

/** A stored password hash cannot be read: a fault of the store. Its text is not in the message. */
export class UnreadableHash extends Error {
  override readonly name = 'UnreadableHash';
  readonly code = 'PASSWORD_HASH';
}

const saltSize = 16;
const tagSize = 32;

/**
 * Hashes a password for storing, with a random salt.
 *
 * Synchronous, about 50 ms and 19 MiB at the default cost, which is the least that OWASP advises
 * for Argon2id. The password is prepared with SASLprep, as the one to be verified will be.
 *
 * @throws UnpreparableText when the password is empty or has characters that SASLprep prohibits
 *
 * @example
 * ```ts
 * import { hashPassword, verifyHash } from 'mailwright/users';
 *
 * const stored = hashPassword('correct horse');
 * await verifyHash(stored, 'correct horse'); // true
 * ```
 */
export function hashPassword(password: string, cost: PasswordCost = {}): string {
  const text = saslprep(password);
  if (!text) throw new UnpreparableText('password cannot be prepared');
  const { memory = 19_456, passes = 2, parallelism = 1 } = cost;
  const salt = randomBytes(saltSize);
  const tag = argon2Sync('argon2id', {
    message: text,
    nonce: salt,
    memory,
    passes,
    parallelism,
    tagLength: tagSize,
  });
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/**
 * Whether a password is the one that was hashed. It runs in Node's thread pool, so at most four at
 * once unless `UV_THREADPOOL_SIZE` says otherwise, and compares in constant time.
 *
 * @throws UnreadableHash (as a rejection) when `stored` is not an Argon2id PHC string
 */
export async function verifyHash(stored: string, password: string): Promise<boolean> {
  const { cost, salt, tag } = read(stored);
  const text = saslprep(password);
  if (!text) return false;
  const options = { ...cost, message: text, nonce: salt, tagLength: tag.length };
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  argon2('argon2id', options, (error, result) => (error ? reject(error) : resolve(result)));
  return timingSafeEqual(await promise, tag);
}

const phc =
  /^\$argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,4}),p=(\d{1,3})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;

function read(stored: string): {
  readonly cost: Required<PasswordCost>;
  readonly salt: Buffer;
  readonly tag: Buffer;
} {
  const [, memory, passes, parallelism, salt, tag] = phc.exec(stored) ?? [];
  if (salt === undefined || tag === undefined) throw new UnreadableHash('not an Argon2id PHC string');
  return {
    cost: { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) },
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

function unpadded(octets: Buffer): string {
  return octets.toString('base64').replaceAll('=', '');
}
