/** Fields whose value is one word, for programs. */
import { skipSpace } from './comment.ts';
import { type Parameters, parseParameters, tokenEnd } from './parameters.ts';

/** A value that is one token, with parameters: Auto-Submitted, Content-Transfer-Encoding, MIME-Version. */
export interface TokenValue extends Parameters {
  /** In lower case; empty when the value does not begin with a token. */
  readonly token: string;
}

/**
 * Parses a field whose value is one token, perhaps with comments and parameters, such as
 * Content-Transfer-Encoding (RFC 2045 §6.1), Auto-Submitted (RFC 3834 §5) or Importance.
 *
 * @example
 * ```ts
 * import { parseToken } from 'mailwright/mime';
 *
 * parseToken('auto-replied (vacation)').token; // 'auto-replied'
 * ```
 */
export function parseToken(value: string): TokenValue {
  const start = skipSpace(value, 0);
  const end = tokenEnd(value, start);
  const token = value.slice(start, end).toLowerCase();
  const { parameters, written, defects } = parseParameters(value, end);
  return { token, parameters, written, defects };
}

/**
 * Parses a MIME-Version field; comments may stand anywhere (RFC 2045 §4).
 *
 * @returns `null` when it is no version
 *
 * @example
 * ```ts
 * import { parseMimeVersion } from 'mailwright/mime';
 *
 * parseMimeVersion('1.(produced by MetaSend)0'); // { major: 1, minor: 0 }
 * ```
 */
export function parseMimeVersion(value: string): { readonly major: number; readonly minor: number } | null {
  let digits = '';
  for (let at = skipSpace(value, 0); at < value.length; at = skipSpace(value, at + 1)) {
    digits += value.charAt(at);
    if (digits.length > 10) return null;
  }
  const match = /^(\d{1,3})\.(\d{1,3})$/.exec(digits);
  return match === null ? null : { major: Number(match[1]), minor: Number(match[2]) };
}

/**
 * Whose verdicts an Authentication-Results field bears: its authserv-id, in lower case (RFC 8601 §2.2).
 * A server takes away those that bear its own name and that it did not write (RFC 8601 §5).
 *
 * @returns an empty text when the field begins with none
 *
 * @example
 * ```ts
 * import { parseAuthservId } from 'mailwright/mime';
 *
 * parseAuthservId('(x) MX.example.com 1; spf=pass'); // 'mx.example.com'
 * ```
 */
export function parseAuthservId(value: string): string {
  const start = skipSpace(value, 0);
  if (value.charCodeAt(start) !== 34) return value.slice(start, tokenEnd(value, start)).toLowerCase();
  const close = value.indexOf('"', start + 1);
  return close === -1 ? '' : value.slice(start + 1, close).toLowerCase();
}
