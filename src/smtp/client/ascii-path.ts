/** Paths as servers without SMTPUTF8 take them. */
import { normalizeDomain } from '../../address/index.ts';

const notAscii = /[^\0-\x7f]/;

/**
 * The path in ASCII, an international domain by its A-labels (RFC 6531 §3.2, §3.7); `null` where there is no such
 * form, since the local part is international, or the domain is none.
 */
export function asciiPath(path: string): string | null {
  if (!notAscii.test(path)) return path;
  const at = path.lastIndexOf('@');
  const local = path.slice(0, at);
  if (at < 0 || notAscii.test(local)) return null;
  const parsed = normalizeDomain(path.slice(at + 1));
  return parsed.ok ? `${local}@${parsed.domain}` : null;
}
