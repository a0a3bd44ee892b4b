/**
 * Who may log in: the contract of a credential store, and users in memory.
 *
 * @module users
 */
export { answerQuestion, type Credentials, type MaybePromise, mechanismsFor } from './credentials.ts';
export {
  type MemoryUsersOptions,
  memoryUsers,
  type UserCost,
  type UserRecord,
  userRecord,
} from './memory.ts';
export { hashPassword, type PasswordCost, UnreadableHash, verifyHash } from './password-hash.ts';
