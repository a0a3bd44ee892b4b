/** Content-Type (RFC 2045 §5) and Content-Disposition (RFC 2183). */
import { skipSpace } from './comment.ts';
import { type Parameters, parseParameters, tokenEnd } from './parameters.ts';

/** A Content-Type field's value. */
export interface ContentType extends Parameters {
  /** In lower case, `text`; empty when the value does not begin with a token. */
  readonly type: string;
  /** In lower case, `plain`; empty when the value has no subtype, which makes it invalid. */
  readonly subtype: string;
}

/** A Content-Disposition field's value. */
export interface ContentDisposition extends Parameters {
  /** In lower case: `inline`, `attachment`, or another token (RFC 2183 §2.8: read it as attachment). */
  readonly disposition: string;
}

/**
 * Parses the unfolded value of a Content-Type field.
 *
 * RFC 2045 §5.2 asks to take a field with an invalid type for `text/plain; charset=us-ascii`: `type` or
 * `subtype` is empty then, and the choice is the reader's.
 *
 * @example
 * ```ts
 * import { parseContentType } from 'mailwright/mime';
 *
 * const { type, subtype, parameters } = parseContentType("text/PLAIN; charset=utf-8; name*=utf-8''%C3%A9");
 * parameters.get('charset'); // 'utf-8'
 * parameters.get('name'); // 'é'
 * ```
 */
export function parseContentType(value: string): ContentType {
  const start = skipSpace(value, 0);
  const typeEnd = tokenEnd(value, start);
  const type = value.slice(start, typeEnd).toLowerCase();
  let at = skipSpace(value, typeEnd);
  let subtype = '';
  if (type !== '' && value.charCodeAt(at) === 47) {
    const subtypeStart = skipSpace(value, at + 1);
    at = tokenEnd(value, subtypeStart);
    subtype = value.slice(subtypeStart, at).toLowerCase();
  }
  const { parameters, written, defects } = parseParameters(value, at);
  return { type, subtype, parameters, written, defects };
}

/**
 * Parses the unfolded value of a Content-Disposition field.
 *
 * @example
 * ```ts
 * import { parseContentDisposition } from 'mailwright/mime';
 *
 * parseContentDisposition('attachment; filename="a b.txt"').parameters.get('filename'); // 'a b.txt'
 * ```
 */
export function parseContentDisposition(value: string): ContentDisposition {
  const start = skipSpace(value, 0);
  const end = tokenEnd(value, start);
  const disposition = value.slice(start, end).toLowerCase();
  const { parameters, written, defects } = parseParameters(value, end);
  return { disposition, parameters, written, defects };
}
