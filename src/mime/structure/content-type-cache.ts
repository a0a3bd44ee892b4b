/**
 * Content-Type values parsed once: nearly all parts of all mail share a few dozen of them, such as
 * `text/plain; charset=utf-8`.
 */
import { type ContentType, parseContentType } from '../header/content.ts';

const parsed = new Map<string, ContentType>();
/** Values come from the peer: the cache starts anew rather than grow, and long ones stay out of it. */
const mostValues = 200;
const longestValue = 100;

/** What `parseContentType` gives; the same object for the same value, so nobody may change it. */
export function contentTypeOf(value: string): ContentType {
  const known = parsed.get(value);
  if (known !== undefined) return known;
  const type = parseContentType(value);
  if (value.length <= longestValue && type.type !== 'multipart') {
    if (parsed.size === mostValues) parsed.clear();
    parsed.set(value, type);
  }
  return type;
}
