/** Which Authentication-Results fields may be believed, and which must go (RFC 8601 §5). */
import { normalizeDomain } from '../address/index.ts';
import { parseAuthenticationResults } from './parse.ts';

/** A header field: the `HeaderField` of `mailwright/mime` is one. */
export interface ResultsField {
  /** The name in lower case. */
  readonly key: string;
  /** The value, unfolded. */
  readonly value: string;
}

/**
 * Whether a field of a message that comes from outside claims to be ours: an Authentication-Results
 * field with our authserv-id. Such fields are removed before anything reads the message (RFC 8601 §5);
 * so are those that cannot be read, because others may read them differently.
 *
 * @param authservIds - all names that readers behind this server believe
 * @example
 * ```ts
 * import { claimsToBeOurs } from 'mailwright/authres';
 * import { editHeader, spliceMessage } from 'mailwright/mime';
 *
 * const message = Buffer.from('Authentication-Results: mx.example.com; dkim=pass\r\n\r\nHello');
 * const splices = editHeader(message, [
 *   {
 *     kind: 'remove',
 *     name: 'Authentication-Results',
 *     which: (field) => claimsToBeOurs(field, ['mx.example.com']),
 *   },
 * ]);
 * const { pieces } = spliceMessage(message, splices); // without the field
 * ```
 */
export function claimsToBeOurs(field: ResultsField, authservIds: readonly string[]): boolean {
  if (field.key !== 'authentication-results') return false;
  const read = parseAuthenticationResults(field.value);
  return read === null || authservIds.some((id) => sameId(id, read.authservId));
}

/**
 * The results of all fields with our authserv-id, in order, as one value: what an
 * ARC-Authentication-Results field carries after its instance (RFC 8617 §4.1.1).
 *
 * Only for fields that this server, or one that it trusts, has added: {@link claimsToBeOurs} tells which
 * of a message from outside are removed first.
 *
 * @example
 * ```ts
 * import { gatherResults } from 'mailwright/authres';
 *
 * gatherResults([{ key: 'authentication-results', value: 'mx.example.com; spf=pass' }], 'mx.example.com');
 * // 'mx.example.com;\r\n\tspf=pass'
 * ```
 */
export function gatherResults(fields: Iterable<ResultsField>, authservId: string): string {
  const texts: string[] = [];
  for (const field of fields) {
    if (field.key !== 'authentication-results') continue;
    const read = parseAuthenticationResults(field.value);
    if (read === null || !sameId(read.authservId, authservId)) continue;
    texts.push(...read.results.map(({ text }) => text));
  }
  return texts.length === 0 ? `${authservId}; none` : [authservId, ...texts].join(';\r\n\t');
}

/** RFC 8601 §2.5: domain names in use, so compared as such. */
function sameId(one: string, other: string): boolean {
  return canonical(one) === canonical(other);
}

function canonical(id: string): string {
  const parsed = normalizeDomain(id);
  return parsed.ok ? parsed.domain : id.toLowerCase();
}
