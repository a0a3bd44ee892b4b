/**
 * Why a spool refused.
 *
 * - `SPOOL_FULL`: no room on the disk, or above a quota.
 * - `SPOOL_DENIED`: the operating system denies access to the spool's files.
 * - `SPOOL_READ_ONLY`: the file system is mounted read-only.
 * - `SPOOL_IO`: the storage failed; what was being written may or may not be found after a restart.
 * - `SPOOL_CORRUPT`: what was read back is not what was written.
 * - `SPOOL_FORMAT`: the stored form is of a version that this code does not know.
 * - `SPOOL_LOCKED`: another process owns the spool.
 * - `SPOOL_FENCED`: the caller's fencing token is lower than one seen before; its time is over.
 * - `SPOOL_NOT_FOUND`: there is no message with this id (any more).
 * - `SPOOL_CONTEXT_TOO_LARGE`: a module's metadata, or the context as a whole, is over its limit.
 * - `SPOOL_CLOSED`: the spool was closed.
 * - `SPOOL_MISUSE`: a call that the contract forbids, such as a write after `commit`.
 */
export type SpoolErrorCode =
  | 'SPOOL_FULL'
  | 'SPOOL_DENIED'
  | 'SPOOL_READ_ONLY'
  | 'SPOOL_IO'
  | 'SPOOL_CORRUPT'
  | 'SPOOL_FORMAT'
  | 'SPOOL_LOCKED'
  | 'SPOOL_FENCED'
  | 'SPOOL_NOT_FOUND'
  | 'SPOOL_CONTEXT_TOO_LARGE'
  | 'SPOOL_CLOSED'
  | 'SPOOL_MISUSE';

/**
 * The one error that a spool throws or rejects with; `code` says which, `cause` what lay below.
 *
 * @example
 * ```ts
 * import { SpoolError } from 'mailwright/spool';
 *
 * function replyFor(error: unknown): string {
 *   return error instanceof SpoolError && error.code === 'SPOOL_FULL'
 *     ? '452 4.3.1 Insufficient system storage'
 *     : '451 4.3.0 Local error in processing';
 * }
 * ```
 */
export class SpoolError extends Error {
  override readonly name = 'SpoolError';
  readonly code: SpoolErrorCode;

  constructor(code: SpoolErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
