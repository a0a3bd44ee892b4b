import { randomBytes } from 'node:crypto';
import {
  type Accepted,
  accepted,
  type Identity,
  type Refused,
  refused,
  type ScramHash,
  type ScramKeys,
  saslprep,
  scramKeys,
  UnpreparableText,
} from '../sasl/index.ts';
import type { Credentials } from './credentials.ts';
import { hashPassword, type PasswordCost, verifyHash } from './password-hash.ts';

/** What is stored of one user: plain data, fit for JSON, without the password. */
export interface UserRecord {
  /** An Argon2id PHC string, as {@link hashPassword} makes it. */
  readonly password: string;
  readonly scram: Readonly<Record<ScramHash, ScramKeys>>;
  /** Other users in whose name this one may act. Default: none. */
  readonly actsFor?: readonly string[];
}

/** What deriving a {@link UserRecord} costs. */
export interface UserCost extends PasswordCost {
  /** SCRAM iterations. Default 15,000. */
  readonly iterations?: number;
}

/** What else {@link memoryUsers} knows; each part opens its mechanisms. */
export interface MemoryUsersOptions extends UserCost {
  /** Bearer tokens and the user of each. */
  readonly tokens?: Readonly<Record<string, string>>;
  /** SHA-256 fingerprints of client certificates, as `TlsInfo` has them, and the user of each. */
  readonly certificates?: Readonly<Record<string, string>>;
  /** Admits anonymous peers, as the user `anonymous`. Default `false`. */
  readonly anonymous?: boolean;
}

/**
 * Derives what to store of a user, synchronously: about 55 ms at the default cost.
 *
 * @throws UnpreparableText when the password is empty or has characters that SASLprep prohibits
 */
export function userRecord(password: string, cost: UserCost = {}): UserRecord {
  const keys = (hash: ScramHash): ScramKeys =>
    scramKeys(password, {
      hash,
      salt: randomBytes(16),
      ...(cost.iterations !== undefined && { iterations: cost.iterations }),
    });
  return {
    password: hashPassword(password, cost),
    scram: { 'SHA-1': keys('SHA-1'), 'SHA-256': keys('SHA-256') },
  };
}

/**
 * Users in memory, for tests, examples and small servers: names with a password each, or with a
 * stored {@link UserRecord}. Passwords are turned into records at once (see {@link userRecord} for
 * the cost) and not kept.
 *
 * @throws UnpreparableText when a name or password is empty or prohibited by SASLprep
 *
 * @example
 * ```ts
 * import { memoryUsers, mechanismsFor } from 'mailwright/users';
 *
 * const users = memoryUsers({ tim: 'tanstaaftanstaaf' }, { tokens: { 'token-of-tim': 'tim' } });
 * mechanismsFor(users); // SCRAM-*, OAUTHBEARER, XOAUTH2, PLAIN, LOGIN
 * ```
 */
export function memoryUsers(
  users: Readonly<Record<string, string | UserRecord>>,
  options: MemoryUsersOptions = {},
): Credentials {
  const records = new Map(
    Object.entries(users).map(([name, known]) => [
      preparedName(name),
      typeof known === 'string' ? userRecord(known, options) : known,
    ]),
  );
  const { tokens, certificates, anonymous = false } = options;
  /** A password is checked for unknown users too, so that the time taken does not tell them. */
  const decoy = hashPassword(randomBytes(16).toString('hex'), options);

  const identify = (authcid: string, authzid: string | null): Identity | null => {
    if (authzid === null || authzid === authcid) return { user: authcid };
    const allowed = records.get(authcid)?.actsFor?.includes(authzid) === true;
    return allowed ? { user: authzid, actor: authcid } : null;
  };
  const admit = (authcid: string, authzid: string | null): Accepted | Refused => {
    const identity = identify(authcid, authzid);
    return identity === null ? { type: 'refused', reason: 'authorization' } : accepted(identity);
  };

  return {
    async verifyPassword({ authcid, authzid, password }) {
      const record = records.get(authcid);
      const right = await verifyHash(record?.password ?? decoy, password.reveal());
      return record !== undefined && right ? admit(authcid, authzid) : refused;
    },
    scramKeys({ hash, authcid, authzid }) {
      const record = records.get(authcid);
      const identity = identify(authcid, authzid);
      return record === undefined ? refused : { type: 'keys', keys: record.scram[hash], identity };
    },
    ...(tokens !== undefined && {
      verifyToken({ token, authzid }) {
        const user = owned(tokens, token.reveal());
        return user === null ? refused : admit(user, authzid);
      },
    }),
    ...(certificates !== undefined && {
      external({ tls, authzid }) {
        const user = owned(certificates, tls.clientCertificate?.fingerprint256 ?? '');
        return user === null ? refused : admit(user, authzid);
      },
    }),
    ...(anonymous && { anonymous: () => accepted('anonymous') }),
  } satisfies Credentials;
}

function preparedName(name: string): string {
  const text = saslprep(name);
  if (!text) throw new UnpreparableText('user name cannot be prepared');
  return text;
}

function owned(table: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(table, key) ? (table[key] ?? null) : null;
}
