/**
 * Escapes text so that it can stand in HTML, as content or within a quoted attribute.
 *
 * @example
 * ```ts
 * import { escapeHtml } from 'mailwright/mime';
 *
 * escapeHtml('a < b & "c"'); // 'a &lt; b &amp; &quot;c&quot;'
 * ```
 */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const uri = /\bhttps?:\/\/[^\s<>"\p{C}]{1,2000}/giu;
/** What ends a sentence rather than an address. */
const trailing = /[.,;:!?'\])}]{1,20}$/;

/**
 * Plain text as HTML: escaped, with line breaks, spaces kept, and `http` and `https` addresses as links.
 *
 * @example
 * ```ts
 * import { textToHtml } from 'mailwright/mime';
 *
 * textToHtml('a < b\nsee https://example.com.');
 * // 'a &lt; b<br>\nsee <a href="https://example.com" rel="noopener noreferrer">https://example.com</a>.'
 * ```
 */
export function textToHtml(text: string): string {
  let html = '';
  let from = 0;
  for (const match of text.matchAll(uri)) {
    const address = match[0].replace(trailing, '');
    html += laidOut(text.slice(from, match.index));
    const escaped = escapeHtml(address);
    html += `<a href="${escaped}" rel="noopener noreferrer">${escaped}</a>`;
    from = match.index + address.length;
  }
  return html + laidOut(text.slice(from));
}

function laidOut(text: string): string {
  return escapeHtml(text)
    .replace(/\r\n|\r|\n/g, '<br>\n')
    .replace(/ (?= )/g, '&nbsp;');
}
