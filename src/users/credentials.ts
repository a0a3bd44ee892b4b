import {
  type AdmitAnonymous,
  type Answer,
  type AnswerTo,
  type FindCramPassword,
  type FindScramKeys,
  type MechanismName,
  mechanismNames,
  type Question,
  type ScramHash,
  temporary,
  type VerifyExternal,
  type VerifyPassword,
  type VerifyToken,
} from '../sasl/index.ts';

/** A value now, or later. Whoever takes one tests for a Promise before awaiting. */
export type MaybePromise<T> = T | Promise<T>;

/**
 * Where a server finds out who its peers are: a directory, a database, a file, another service.
 *
 * Every function is optional, and each opens the mechanisms that need it (see {@link mechanismsFor}):
 * a store of PHC hashes has `verifyPassword` alone, one of SCRAM keys `scramKeys` too.
 *
 * Each takes a question of a SASL exchange and gives its answer. A name that is not known is
 * `refused`, in about the time that a wrong password takes; a store that is down is `temporary`. A
 * function that throws or rejects is for whoever called it to see to; its peer gets `temporary`.
 * Questions are the exchange's: read them, keep none, and above all no `Secret`. Many may be open
 * at once.
 */
export interface Credentials {
  /** Opens PLAIN and LOGIN. */
  verifyPassword?(question: VerifyPassword): MaybePromise<AnswerTo<VerifyPassword>>;
  /** Opens SCRAM with the hashes in `scramHashes`, with and without channel binding. */
  scramKeys?(question: FindScramKeys): MaybePromise<AnswerTo<FindScramKeys>>;
  /** The hashes that keys are stored for. Default: both. */
  readonly scramHashes?: readonly ScramHash[];
  /** Opens OAUTHBEARER and XOAUTH2. */
  verifyToken?(question: VerifyToken): MaybePromise<AnswerTo<VerifyToken>>;
  /** Opens EXTERNAL. */
  external?(question: VerifyExternal): MaybePromise<AnswerTo<VerifyExternal>>;
  /** Opens ANONYMOUS. */
  anonymous?(question: AdmitAnonymous): MaybePromise<AnswerTo<AdmitAnonymous>>;
  /** Opens CRAM-MD5, where the server's option `allowCramMd5` permits it. */
  cramPassword?(question: FindCramPassword): MaybePromise<AnswerTo<FindCramPassword>>;
}

/**
 * The mechanisms that a store can serve, the most preferred first: what to give a server as
 * `mechanisms`. TLS and `allowCramMd5` then decide which of them a connection sees.
 *
 * @example
 * ```ts
 * import { accepted, refused } from 'mailwright/sasl';
 * import { mechanismsFor } from 'mailwright/users';
 *
 * mechanismsFor({
 *   verifyPassword: ({ authcid, password }) =>
 *     authcid === 'tim' && password.reveal() === 'tanstaaf' ? accepted('tim') : refused,
 * }); // ['PLAIN', 'LOGIN']
 * ```
 */
export function mechanismsFor(credentials: Credentials): MechanismName[] {
  return mechanismNames.filter((name) => opens(credentials, name));
}

/** Lets a store answer what a SASL exchange asks; `temporary` where it lacks the function. */
export function answerQuestion<Q extends Question>(
  credentials: Credentials,
  question: Q,
): MaybePromise<AnswerTo<Q>>;
export function answerQuestion(credentials: Credentials, question: Question): MaybePromise<Answer> {
  switch (question.type) {
    case 'verifyPassword':
      return credentials.verifyPassword?.(question) ?? temporary;
    case 'scramKeys':
      return credentials.scramKeys?.(question) ?? temporary;
    case 'verifyToken':
      return credentials.verifyToken?.(question) ?? temporary;
    case 'external':
      return credentials.external?.(question) ?? temporary;
    case 'anonymous':
      return credentials.anonymous?.(question) ?? temporary;
    case 'cramPassword':
      return credentials.cramPassword?.(question) ?? temporary;
  }
}

function opens(credentials: Credentials, mechanism: MechanismName): boolean {
  const hashes = credentials.scramKeys === undefined ? [] : (credentials.scramHashes ?? ['SHA-256', 'SHA-1']);
  switch (mechanism) {
    case 'PLAIN':
    case 'LOGIN':
      return credentials.verifyPassword !== undefined;
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-256-PLUS':
      return hashes.includes('SHA-256');
    case 'SCRAM-SHA-1':
    case 'SCRAM-SHA-1-PLUS':
      return hashes.includes('SHA-1');
    case 'OAUTHBEARER':
    case 'XOAUTH2':
      return credentials.verifyToken !== undefined;
    case 'EXTERNAL':
      return credentials.external !== undefined;
    case 'ANONYMOUS':
      return credentials.anonymous !== undefined;
    case 'CRAM-MD5':
      return credentials.cramPassword !== undefined;
  }
}
