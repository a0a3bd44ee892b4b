/** Fields of mailing lists: RFC 2369 (List-Help and its like), RFC 2919 (List-Id), RFC 8058 (one click). */

import { mailboxes } from './address.ts';
import { parseAddressList } from './address-list.ts';
import { skipSpace } from './comment.ts';
import type { HeaderFields } from './fields.ts';

/** RFC 2369 has a client take the first that it can handle; more than these is nobody's list. */
const mostUris = 50;

/**
 * The URIs of List-Help, List-Unsubscribe, List-Subscribe, List-Post, List-Owner or List-Archive, without
 * their brackets, in order of the sender's preference (RFC 2369 §2). White space within one is dropped;
 * `NO` (RFC 2369 §3.4) gives none.
 *
 * @example
 * ```ts
 * import { parseListUris } from 'mailwright/mime';
 *
 * parseListUris('<https://example.com/u>, (by mail) <mailto:u@example.com>').length; // 2
 * ```
 */
export function parseListUris(value: string): string[] {
  const uris: string[] = [];
  let at = skipSpace(value, 0);
  // RFC 2369 §2: what follows does not count once something other than a bracketed URI is met.
  while (value.charCodeAt(at) === 60 && uris.length < mostUris) {
    const close = value.indexOf('>', at);
    if (close === -1) break;
    uris.push(value.slice(at + 1, close).replace(/\s+/g, ''));
    at = skipSpace(value, close + 1);
    if (value.charCodeAt(at) !== 44) break;
    at = skipSpace(value, at + 1);
  }
  return uris;
}

/** A List-Id: what programs compare, and what people read. */
export interface ListId {
  /** In lower case: identifiers are compared without case (RFC 2919 §6). */
  readonly id: string;
  readonly name: string;
}

/**
 * Parses a List-Id field (RFC 2919 §3).
 *
 * @returns `null` when it holds no identifier in angle brackets
 *
 * @example
 * ```ts
 * import { parseListId } from 'mailwright/mime';
 *
 * parseListId('Gardeners <gardeners.example.com>')?.id; // 'gardeners.example.com'
 * ```
 */
export function parseListId(value: string): ListId | null {
  const [list] = mailboxes(parseAddressList(value));
  if (list === undefined || !value.includes('<')) return null;
  const id = list.address.toLowerCase();
  return id === '' ? null : { id, name: list.name };
}

/** How a reader may leave a list. */
export interface Unsubscribe {
  /** `mailto:` URIs. */
  readonly mail: readonly string[];
  /** `https:` and `http:` URIs, for a browser. */
  readonly web: readonly string[];
  /**
   * The one URI to which a POST of `List-Unsubscribe=One-Click` unsubscribes without more questions
   * (RFC 8058 §3.1). Use it only when the DKIM signature covers both fields (RFC 8058 §4).
   */
  readonly oneClick?: string;
}

/**
 * The ways out of a list that a message offers (RFC 2369 §3.2, RFC 8058 §2).
 *
 * @example
 * ```ts
 * import { HeaderFields, unsubscribeWays } from 'mailwright/mime';
 *
 * const text = 'List-Unsubscribe: <https://example.com/u>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n\r\n';
 * unsubscribeWays(HeaderFields.scan(new TextEncoder().encode(text))).oneClick; // 'https://example.com/u'
 * ```
 */
export function unsubscribeWays(fields: HeaderFields): Unsubscribe {
  const uris = parseListUris(fields.get('list-unsubscribe')?.value ?? '');
  const mail = uris.filter((uri) => /^mailto:/i.test(uri));
  const web = uris.filter((uri) => /^https?:/i.test(uri));
  const secure = web.filter((uri) => /^https:/i.test(uri));
  const posts = fields.all('list-unsubscribe-post');
  const offered = posts.length === 1 && /^List-Unsubscribe=One-Click$/i.test(posts[0]?.value ?? '');
  // RFC 8058 §3.1: exactly one https URI.
  return offered && secure.length === 1 ? { mail, web, oneClick: secure[0] as string } : { mail, web };
}
