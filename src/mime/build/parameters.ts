/** Writing `value; name=value` (RFC 2045 §5.1) with RFC 2231 where a value needs it. */
import { Buffer } from 'node:buffer';
import { quoted } from '../header/address.ts';
import { oneLine } from './encoded-words.ts';
import { ComposeMisuse } from './misuse.ts';

const token = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+$/;
/** RFC 2231 §7: attribute-char, of which the star, the quote and the percent sign are no part. */
const attribute = /^[!#$&+\-.0-9A-Z^_`a-z{|}~]+$/;
const mainValue = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+(\/[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+)?$/;
const printable = /^[\x20-\x7e]*$/;

/** A value longer than this is continued, so that no line passes 78 characters (RFC 5322 §2.1.1). */
const longest = 60;

/**
 * Writes the value of Content-Type, Content-Disposition and their like.
 *
 * @param value - `type/subtype` or a disposition; written in lower case
 * @param parameters - names and values in any characters, in order
 * @throws ComposeMisuse `CONTENT_TYPE` or `PARAMETER` when a name is no token
 *
 * @example
 * ```ts
 * import { formatParameters } from 'mailwright/mime';
 *
 * formatParameters('attachment', [['filename', 'é.txt']]); // "attachment; filename*=utf-8''%C3%A9.txt"
 * ```
 */
export function formatParameters(
  value: string,
  parameters: Iterable<readonly [name: string, value: string]> = [],
): string {
  return parameterChunks(value, parameters).join('');
}

/** The same, as chunks between which a line may be folded. */
export function parameterChunks(
  value: string,
  parameters: Iterable<readonly [name: string, value: string]>,
): string[] {
  if (!mainValue.test(value)) throw new ComposeMisuse('CONTENT_TYPE', `not a type: ${JSON.stringify(value)}`);
  const chunks = [value.toLowerCase()];
  for (const [name, text] of parameters) {
    if (!attribute.test(name)) throw new ComposeMisuse('PARAMETER', `not a name: ${JSON.stringify(name)}`);
    for (const chunk of oneParameter(name.toLowerCase(), oneLine(text))) {
      chunks[chunks.length - 1] += ';';
      chunks.push(` ${chunk}`);
    }
  }
  return chunks;
}

function oneParameter(name: string, value: string): string[] {
  if (printable.test(value) && value.length <= longest && !value.includes('=?')) {
    return [`${name}=${token.test(value) ? value : quoted(value)}`];
  }
  const sections = percentEncoded(value);
  if (sections.length === 1) return [`${name}*=utf-8''${sections[0]}`];
  return sections.map((section, index) => `${name}*${index}*=${index === 0 ? "utf-8''" : ''}${section}`);
}

/** RFC 2231 §4, cut into sections; an octet may fall on either side of a cut, a percent sign never. */
function percentEncoded(value: string): string[] {
  const sections: string[] = [];
  let section = '';
  for (const octet of Buffer.from(value, 'utf8')) {
    const character = String.fromCharCode(octet);
    section += attribute.test(character)
      ? character
      : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`;
    if (section.length >= longest - 10) {
      sections.push(section);
      section = '';
    }
  }
  if (section !== '' || sections.length === 0) sections.push(section);
  return sections;
}
