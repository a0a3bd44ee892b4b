/** `text/plain; format=flowed` (RFC 3676): lines that a sender broke become paragraphs again. */

/**
 * Joins flowed lines (RFC 3676 §4.2). Quoted text keeps its `>` marks and one space, stuffed spaces
 * are removed (§4.4), and a signature line `-- ` ends the paragraph before it (§4.3). The line ends that
 * stay are as they were.
 *
 * @param text - decoded text with CRLF or LF
 * @param delSp - the parameter `delsp=yes`: the space that marks a flowed line goes too (§4.1)
 *
 * @example
 * ```ts
 * import { unflow } from 'mailwright/mime';
 *
 * unflow('One paragraph \nof two lines.\n> quoted \n> too\n', false);
 * // 'One paragraph of two lines.\n> quoted too\n'
 * ```
 */
export function unflow(text: string, delSp: boolean): string {
  let result = '';
  /** Quote depth of the paragraph that goes on, and the line end of its last line; -1: none does. */
  let open = -1;
  let lineEnd = '';
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const next = feed === -1 ? text.length : feed + 1;
    let end = feed === -1 ? text.length : feed;
    if (end > start && text.charCodeAt(end - 1) === CR && feed !== -1) end--;
    let depth = 0;
    while (text.charCodeAt(start + depth) === QUOTE) depth++;
    let from = start + depth;
    if (text.charCodeAt(from) === SPACE) from++;
    const isSignature = text.slice(from, end) === '-- ';
    const goesOn = open === depth && !isSignature;
    if (open !== -1 && !goesOn) result += lineEnd;
    if (!goesOn) result += depth === 0 ? '' : `${'>'.repeat(depth)} `;
    lineEnd = text.slice(end, next);
    const flows = !isSignature && end > from && text.charCodeAt(end - 1) === SPACE;
    result += text.slice(from, flows && delSp ? end - 1 : end);
    if (!flows) result += lineEnd;
    open = flows ? depth : -1;
    start = next;
  }
  return result;
}

const CR = 13;
const SPACE = 32;
const QUOTE = 62;
