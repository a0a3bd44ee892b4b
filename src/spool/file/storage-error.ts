import { SpoolError, type SpoolErrorCode } from '../error.ts';

const codes: { readonly [code: string]: SpoolErrorCode } = {
  ENOSPC: 'SPOOL_FULL',
  EDQUOT: 'SPOOL_FULL',
  EFBIG: 'SPOOL_FULL',
  EACCES: 'SPOOL_DENIED',
  EPERM: 'SPOOL_DENIED',
  EROFS: 'SPOOL_READ_ONLY',
};

/** An error of the file system as one of the spool; a `SpoolError` stays what it is. */
export function storageError(doing: string, cause: unknown): SpoolError {
  if (cause instanceof SpoolError) return cause;
  const code = codes[systemCode(cause) ?? ''] ?? 'SPOOL_IO';
  const why = cause instanceof Error ? cause.message : String(cause);
  return new SpoolError(code, `${doing}: ${why}`, { cause });
}

/** The code of a file system's error, such as `ENOENT`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
