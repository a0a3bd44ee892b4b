/** The text of a text part: transfer encoding and charset undone. */
import { decodeQuotedPrintable, utf8Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { decodeCharset } from '../charset/decoder.ts';
import { guessCharset } from '../charset/guess.ts';
import type { MimePart } from '../structure/part.ts';
import { unflow } from './flowed.ts';
import { decodeTransfer, isUnencoded } from './transfer.ts';

/** Text of a part. */
export interface PartText {
  readonly text: string;
  /** The charset it was read in; detected where none is declared, or one that nobody knows. */
  readonly charset: string;
  /** A declared charset was unknown, or the transfer encoding was faulty. */
  readonly faulty: boolean;
}

/**
 * Reads the text of a part. Line ends stay as they are.
 *
 * The charset is the declared one; only where none is declared is it guessed (a byte order mark,
 * ISO-2022-JP, UTF-8, else windows-1252). RFC 2046 §4.1.2 would have US-ASCII there, of which all of
 * these are supersets.
 *
 * @param body - the part's body as it lies in the message
 *
 * @example
 * ```ts
 * import { partText, scanMime } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode(
 *   'Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9',
 * );
 * const { root } = scanMime(message);
 * partText(root, message.subarray(root.bodyStart, root.bodyEnd)).text; // 'café'
 * ```
 */
export function partText(part: MimePart, body: Bytes): PartText {
  const { octets, faults } =
    part.encoding === 'quoted-printable'
      ? decodeQuotedPrintable(body, scratchFor(body.length))
      : decodeTransfer(body, part.encoding);
  const { text, charset } = octetsText(part, octets);
  return { text, charset, faulty: faults.size > 0 };
}

/**
 * Where quoted-printable is decoded on its way to a string. Memory outside the heap for each text would be
 * collected with the whole heap, which costs more than the decoding.
 */
let scratch = new Uint8Array(0);
const longestScratch = 1_048_576;

function scratchFor(size: number): Uint8Array | undefined {
  if (size > longestScratch) return undefined;
  if (scratch.length < size) scratch = new Uint8Array(Math.max(size, 65_536));
  return scratch;
}

/**
 * {@link partText} of a part within its message. Most text is not encoded and in US-ASCII or UTF-8: it
 * is read at one go, and what shows that it was something else has it read again.
 */
export function messageText(part: MimePart, message: Bytes): PartText {
  if (isUnencoded(part.encoding)) {
    const declared = part.contentType?.parameters.get('charset')?.toLowerCase();
    if (declared === undefined || declared === 'us-ascii' || declared === 'utf-8') {
      const text = utf8Text(message, part.bodyStart, part.bodyEnd);
      const odd = text.includes('\uFFFD') || text.startsWith('\uFEFF') || text.includes('\x1B');
      if (!odd) return { text, charset: declared ?? 'utf-8', faulty: false };
    }
  }
  return partText(part, message.subarray(part.bodyStart, part.bodyEnd));
}

/** The text of decoded octets of a part; see {@link partText}. */
export function octetsText(part: MimePart, octets: Bytes): { text: string; charset: string } {
  const declared = part.contentType?.parameters.get('charset');
  if (declared !== undefined) {
    const text = decodeCharset(octets, declared);
    if (text !== null) return { text, charset: declared.toLowerCase() };
  }
  const charset = guessCharset(octets);
  return { text: decodeCharset(octets, charset)!, charset };
}

/** The text as paragraphs, where the part is `format=flowed` (RFC 3676 §4); otherwise unchanged. */
export function flowedText(part: MimePart, text: string): string {
  const parameters = part.contentType?.parameters;
  if (parameters?.get('format')?.toLowerCase() !== 'flowed') return text;
  return unflow(text, parameters.get('delsp')?.toLowerCase() === 'yes');
}
