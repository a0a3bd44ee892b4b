/** `text/plain; format=flowed` (RFC 3676): lines that a sender broke become paragraphs again. */

/**
 * Joins flowed lines (RFC 3676 §4.2). Quoted text keeps its `>` marks and one space, stuffed spaces
 * are removed (§4.4), and a signature line `-- ` ends the paragraph before it (§4.3).
 *
 * @param text - decoded text with CRLF or LF; the result has LF
 * @param delSp - the parameter `delsp=yes`: the space that marks a flowed line goes too (§4.1)
 *
 * @example
 * ```ts
 * import { unflow } from 'mailwright/mime';
 *
 * unflow('One para-\r\n graph \r\nof two lines.\r\n', false); // 'One para-\ngraph of two lines.\n'
 * ```
 */
export function unflow(text: string, delSp: boolean): string {
  let result = '';
  /** Quote depth of the paragraph being joined; -1: none is open. */
  let open = -1;
  let start = 0;
  while (start < text.length) {
    let feed = text.indexOf('\n', start);
    if (feed === -1) feed = text.length;
    let end = feed > start && text.charCodeAt(feed - 1) === 13 ? feed - 1 : feed;
    let depth = 0;
    while (text.charCodeAt(start + depth) === 62) depth++;
    let from = start + depth;
    if (text.charCodeAt(from) === 32) from++;
    const signature = text.slice(from, end) === '-- ';
    const flowed = !signature && end > from && text.charCodeAt(end - 1) === 32;
    if (flowed && delSp) end--;
    if (open !== -1 && (open !== depth || signature)) result += '\n';
    if (open !== depth || signature) result += quoteMarks(depth);
    result += text.slice(from, end);
    open = flowed ? depth : -1;
    if (!flowed && feed < text.length) result += '\n';
    start = feed + 1;
  }
  return result;
}

function quoteMarks(depth: number): string {
  return depth === 0 ? '' : `${'>'.repeat(depth)} `;
}
