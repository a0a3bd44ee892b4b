/** Files that hold one message. */
import { Buffer } from 'node:buffer';
import type { Bytes } from '../../machine/index.ts';
import { LineEnds } from './line-ends.ts';

/** No `From ` line is longer, nor any line of mail (RFC 5322 §2.1.1). */
const longestLine = 998;

/**
 * Reads an `.eml` file: the message with CRLF line ends, without what some programs put before it, a byte
 * order mark or a line `From ` out of an mbox.
 *
 * @example
 * ```ts
 * import { readEml } from 'mailwright/mime';
 *
 * readEml([new TextEncoder().encode('\ufeffSubject: x\n\nbody\n')]); // "Subject: x\r\n\r\nbody\r\n"
 * ```
 */
export async function* readEml(
  source: AsyncIterable<Bytes> | Iterable<Bytes>,
): AsyncGenerator<Bytes, void, undefined> {
  const lines = new LineEnds('\r\n');
  /** The file's first octets, until it is known what they are; then `null`. */
  let head: Bytes | null = Buffer.alloc(0);
  for await (const chunk of source) {
    const octets: Bytes = head === null ? chunk : Buffer.concat([head, chunk]);
    if (head !== null && octets.length < longestLine && !octets.includes(10)) {
      head = octets;
      continue;
    }
    yield lines.push(head === null ? octets : octets.subarray(preamble(octets)));
    head = null;
  }
  if (head !== null) yield lines.push(head.subarray(preamble(head)));
  yield lines.end();
}

/** How many octets stand before the message. */
function preamble(octets: Bytes): number {
  const mark = octets[0] === 0xef && octets[1] === 0xbb && octets[2] === 0xbf ? 3 : 0;
  const isFrom = Buffer.from('From ').equals(octets.subarray(mark, mark + 5));
  const feed = isFrom ? octets.indexOf(10, mark) : -1;
  return feed === -1 ? mark : feed + 1;
}

/**
 * Writes an `.eml` file: the message with CRLF line ends, or with LF for programs that want the
 * system's own.
 *
 * @example
 * ```ts
 * import { composeMessage, textPart, writeEml } from 'mailwright/mime';
 *
 * const message = composeMessage({ from: 'a@example.com', date: 0, messageId: '1@example.com', body: textPart('x') });
 * writeEml(message.chunks(), '\n');
 * ```
 */
export async function* writeEml(
  source: AsyncIterable<Bytes> | Iterable<Bytes>,
  lineEnds: '\r\n' | '\n' = '\r\n',
): AsyncGenerator<Bytes, void, undefined> {
  const lines = new LineEnds(lineEnds);
  for await (const chunk of source) yield lines.push(chunk);
  yield lines.end();
}
