/** Writing Authentication-Results fields (RFC 8601 §2.2). */
import type { AuthenticationResults, MethodResult } from './result.ts';

/** RFC 2045 §5.1; a host's or a domain's name is one. */
const token = /^[!#$%&'*+.^_`{|}~0-9A-Za-z\u0080-\uffff-]+$/;
/** A token before and after the sign, or before it nothing. */
const address = /^[!#$%&'*+.^_`{|}~0-9A-Za-z/=\u0080-\uffff-]*@[0-9A-Za-z.\u0080-\uffff_-]+$/;
const keyword = /^[0-9A-Za-z](?:[0-9A-Za-z_-]*[0-9A-Za-z])?$/;

/** A host gave a method, result or property name that no field can hold. */
export class AuthresMisuse extends Error {
  override readonly name = 'AuthresMisuse';
  readonly code = 'AUTHRES_MISUSE';
}

/**
 * The value of an Authentication-Results field, folded, each result on a line of its own.
 *
 * Whatever a peer put into a value, a reason or a comment stays in it: strings are quoted, and controls
 * become spaces.
 *
 * @throws AuthresMisuse for a method, a result or a property's name that is no keyword
 * @example
 * ```ts
 * import { formatAuthenticationResults } from 'mailwright/authres';
 *
 * formatAuthenticationResults({
 *   authservId: 'mx.example.com',
 *   results: [{ method: 'spf', result: 'pass', properties: { 'smtp.mailfrom': 'example.net' } }],
 * }); // 'mx.example.com;\r\n\tspf=pass smtp.mailfrom=example.net'
 * formatAuthenticationResults({ authservId: 'mx.example.com', results: [] }); // 'mx.example.com; none'
 * ```
 */
export function formatAuthenticationResults({ authservId, results }: AuthenticationResults): string {
  const id = writeValue(authservId);
  if (results.length === 0) return `${id}; none`;
  return `${id};\r\n\t${results.map(formatResult).join(';\r\n\t')}`;
}

function formatResult({ method, result, comment, reason, properties = {} }: MethodResult): string {
  const words = [`${writeKeyword(method)}=${writeKeyword(result)}`];
  if (comment !== undefined) words.push(`(${plain(comment).replace(/[()\\]/g, '\\$&')})`);
  if (reason !== undefined) words.push(`reason=${writeValue(reason)}`);
  for (const [name, value] of Object.entries(properties)) {
    const [type = '', property = '', ...more] = name.split('.');
    if (more.length > 0) throw new AuthresMisuse(`no property: ${name}`);
    words.push(`${writeKeyword(type)}.${writeKeyword(property)}=${writeValue(value)}`);
  }
  let text = '';
  let width = 8;
  for (const word of words) {
    if (text !== '' && width + 1 + word.length > 78) {
      text += `\r\n\t${word}`;
      width = 8 + word.length;
    } else {
      text += text === '' ? word : ` ${word}`;
      width += 1 + word.length;
    }
  }
  return text;
}

function writeKeyword(text: string): string {
  if (!keyword.test(text)) throw new AuthresMisuse(`no keyword: ${text}`);
  return text;
}

function writeValue(text: string): string {
  const value = plain(text);
  return token.test(value) || address.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return text.replace(/[\x00-\x1f\x7f]+/g, ' ');
}
