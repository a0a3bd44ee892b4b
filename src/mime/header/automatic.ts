/** Mail that programs send, and that programs must not answer. */
import type { HeaderFields } from './fields.ts';
import { parseToken } from './token.ts';

/**
 * Whether a program sent this message and must get no automatic answer: Auto-Submitted says so (RFC 3834
 * §5), or one of the older marks (a list's fields, RFC 3834 §2; `Precedence: bulk`, `junk` or `list`), or
 * it is a report (RFC 3834 §2, RFC 6522).
 *
 * An empty return path (RFC 3834 §2) is of the envelope, so the caller looks at that.
 *
 * @example
 * ```ts
 * import { HeaderFields, isAutomatic } from 'mailwright/mime';
 *
 * isAutomatic(HeaderFields.scan(new TextEncoder().encode('Precedence: bulk\r\n\r\n'))); // true
 * ```
 */
export function isAutomatic(fields: HeaderFields): boolean {
  const submitted = fields.get('auto-submitted');
  if (submitted !== undefined && parseToken(submitted.value).token !== 'no') return true;
  if (/^(bulk|junk|list)\b/i.test(fields.get('precedence')?.value ?? '')) return true;
  if (/^multipart\/report\b/i.test(fields.get('content-type')?.value ?? '')) return true;
  for (const field of fields) if (field.key.startsWith('list-')) return true;
  return false;
}
