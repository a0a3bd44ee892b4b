import { compile } from 'html-to-text';

/** html-to-text brings the table of HTML's named characters; it is asked once for each name that is met. */
const convert = compile({ wordwrap: false, whitespaceCharacters: '' });
const names = new Map<string, string>();
/** HTML has 2,231 names; others are remembered too, up to here. */
const mostNames = 5000;

const reference = /&(?:#(\d{1,8})|#[xX]([0-9a-fA-F]{1,7})|([A-Za-z][A-Za-z0-9]{1,31}));/g;

/**
 * Decodes the character references of HTML: named ones, decimal and hexadecimal. What is none stays.
 *
 * @example
 * ```ts
 * import { decodeEntities } from 'mailwright/mime';
 *
 * decodeEntities('caf&eacute; &#8364;5 &amp; &unknown;'); // 'café €5 & &unknown;'
 * ```
 */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(reference, (whole, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return named(whole, name);
    return character(decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal));
  });
}

function named(whole: string, name: string): string {
  let text = names.get(name);
  if (text === undefined) {
    text = convert(whole);
    if (names.size < mostNames) names.set(name, text);
  }
  return text;
}

/** HTML §13.2.5.80: what is no character becomes U+FFFD; controls are left out here. */
function character(code: number): string {
  if (code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd';
  const control = (code < 32 && code !== 9 && code !== 10 && code !== 13) || (code >= 127 && code < 160);
  return control ? '' : String.fromCodePoint(code);
}
