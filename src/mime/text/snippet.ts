import { looseText } from './loose-text.ts';

/** Text looked at for a snippet; what a reader quotes or leaves empty above it is seldom longer. */
const looked = 20_000;

/** RFC 8970 §3.1: a preview has at most 256 characters. */
const defaultLength = 200;

/**
 * The beginning of a message's text for a list of messages: on one line, without quoted lines, the line that
 * announces them, and signature.
 *
 * @param text - plain text, or HTML where `type` says so
 * @param length - characters at most (RFC 8970 §3.1 allows 256), 200 by default; none is cut in two
 *
 * @example
 * ```ts
 * import { snippet } from 'mailwright/mime';
 *
 * snippet('> Lunch?\n\nYes,\nat one.\n-- \nSam'); // 'Yes, at one.'
 * ```
 */
export function snippet(text: string, type: 'plain' | 'html' = 'plain', length = defaultLength): string {
  const plain = type === 'html' ? looseText(text.slice(0, looked * 10), looked) : text.slice(0, looked);
  const lines: string[] = [];
  let quoted = false;
  for (const line of plain.split(/\r\n|\r|\n/).toReversed()) {
    if (line.startsWith('>')) {
      quoted = true;
    } else if (/^-- ?$/.test(line)) {
      lines.length = 0; // all below is a signature
      quoted = false;
    } else if (line.trim() !== '') {
      // `On Monday Sam wrote:` stands right above what it quotes.
      if (!quoted || !/:\s*$/.test(line.slice(-20))) lines.push(line);
      quoted = false;
    }
  }
  const words = lines.toReversed().join(' ').replace(/\s+/g, ' ').trim();
  return [...words.slice(0, length * 2)].slice(0, length).join('').trim();
}
