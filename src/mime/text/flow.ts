/** RFC 3676 §4.2: lines are to have at most 78 characters, and 66 to 72 are usual. */
const defaultWidth = 72;

/**
 * Writes text as `text/plain; format=flowed` (RFC 3676 §4): long lines are broken at spaces into lines that a
 * reader joins again, and lines that would be mistaken for something else get a space before them.
 *
 * @param text - paragraphs, each on one line
 * @param width - characters on a line, 72 by default; a word that is longer stays whole
 *
 * @example
 * ```ts
 * import { flow } from 'mailwright/mime';
 *
 * flow('one two three', 8); // 'one two \r\nthree'
 * ```
 */
export function flow(text: string, width = defaultWidth): string {
  return text
    .split(/\r\n|\r|\n/)
    .map((line) => flowLine(line, width))
    .join('\r\n');
}

function flowLine(line: string, width: number): string {
  // RFC 3676 §4.3: the separator of a signature is never flowed.
  if (line === '-- ') return line;
  const quotes = /^>*/.exec(line)?.[0] ?? '';
  const prefix = quotes === '' ? '' : `${quotes} `;
  // A space at the end would make the line flow into the next (RFC 3676 §4.2 (4)).
  const words = line
    .slice(quotes.length)
    .trimEnd()
    .replace(quotes === '' ? '' : /^ /, '')
    .split(' ');
  const lines: string[] = [];
  let current = '';
  for (const [index, word] of words.entries()) {
    const piece = index === 0 ? word : ` ${word}`;
    // `-- ` on a line of its own would be the separator of a signature.
    const mayBreak = current !== '' && current !== '--' && word !== '';
    if (mayBreak && prefix.length + current.length + piece.length >= width) {
      lines.push(`${current} `);
      current = word;
    } else {
      current += piece;
    }
  }
  lines.push(current);
  return lines.map((each) => prefix + (quotes === '' ? stuffed(each) : each)).join('\r\n');
}

/** RFC 3676 §4.4: space-stuffing. */
function stuffed(line: string): string {
  return /^(?:[ >]|From )/.test(line) ? ` ${line}` : line;
}
