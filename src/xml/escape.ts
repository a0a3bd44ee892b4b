/** Writing text into XML. */

/**
 * Text made safe to stand in an element; control characters, which XML 1.0 §2.2 cannot hold, are left out.
 *
 * @example
 * ```ts
 * import { escapeXml } from 'mailwright/xml';
 *
 * escapeXml('a < b'); // 'a &lt; b'
 * ```
 */
export function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>]/g, (char) => (char === '&' ? '&amp;' : char === '<' ? '&lt;' : '&gt;'));
}
