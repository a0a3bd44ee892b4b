/** Content-Language (RFC 3282). */
import type { HeaderFields } from '../header/fields.ts';
import { parseToken } from '../header/token.ts';

/** The language tags of a header, in lower case; `null` where it names none. */
export function contentLanguages(header: HeaderFields): string[] | null {
  const text = header.get('content-language')?.value;
  if (text === undefined) return null;
  const tags = text
    .split(',')
    .map((tag) => parseToken(tag).token)
    .filter((tag) => tag !== '');
  return tags.length === 0 ? null : tags;
}
