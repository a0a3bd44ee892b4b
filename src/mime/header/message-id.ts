/** Message identifiers: Message-ID, In-Reply-To, References, Content-ID (RFC 5322 §3.6.4, RFC 2045 §7). */

/** JWZ and Gmail keep fewer; a longer trail of references tells nothing more. */
const mostIds = 1000;
/** A line may have 998 octets (RFC 5322 §2.1.1), and no identifier is folded. */
const longestId = 998;

/**
 * The identifiers of a field, without their angle brackets, in order. White space inside one, which
 * comes from wrong folding, is dropped; comments, phrases and other text between them
 * (RFC 5322 §4.5.4) are passed over. Where no brackets are at all, each word with an `@` is one.
 *
 * @example
 * ```ts
 * import { parseMessageIds } from 'mailwright/mime';
 *
 * parseMessageIds('<1@example.com> <2@example.com>'); // ['1@example.com', '2@example.com']
 * ```
 */
export function parseMessageIds(value: string): string[] {
  const ids: string[] = [];
  let open = value.indexOf('<');
  if (open === -1) return bareIds(value);
  while (open !== -1 && ids.length < mostIds) {
    const close = value.indexOf('>', open);
    if (close === -1) break;
    const start = value.lastIndexOf('<', close) + 1;
    if (close - start <= longestId) {
      const id = value.slice(start, close).replace(/\s+/g, '');
      if (id !== '') ids.push(id);
    }
    open = value.indexOf('<', close);
  }
  return ids;
}

function bareIds(value: string): string[] {
  return value.split(/[\s,;>]/, mostIds).filter((word) => word.includes('@') && word.length <= longestId);
}
