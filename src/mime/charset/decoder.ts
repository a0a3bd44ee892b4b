/**
 * Octets to text in any character set that mail declares.
 *
 * The platform's `TextDecoder` (WHATWG Encoding) comes first: it is the faster and knows
 * iso-2022-jp. iconv-lite has the rest, among them utf-7 and the DOS code pages. No decoder ever
 * throws: octets that are not of the charset become U+FFFD.
 */
import { Buffer, isAscii } from 'node:buffer';
import iconv from 'iconv-lite';
import { latin1Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';

/** A decoder for one text in pieces; a character may be cut anywhere between them. */
export interface CharsetDecoder {
  /** The charset that is really used, in lower case: `windows-1252` for `iso-8859-1`. */
  readonly charset: string;
  /** The text that these octets complete. */
  write(octets: Bytes): string;
  /** What is left at the end: usually nothing, U+FFFD for a character that was cut off. */
  end(): string;
}

interface Charset {
  readonly name: string;
  /** In such a charset octets below 128 that stand alone are US-ASCII in every state. */
  readonly ascii: boolean;
  /** For whole texts; it holds no state between calls. */
  readonly whole: InstanceType<typeof TextDecoder> | null;
}

/** Names seen in mail that neither library knows. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['8859-1', 'iso-8859-1'],
  ['ansi', 'windows-1252'],
  ['utf8mb4', 'utf-8'],
  ['utf-8-mac', 'utf-8'],
  ['iso-8859-8-e', 'iso-8859-8'],
]);

/** What iconv-lite offers beside charsets: these read octets as something else than text. */
const notCharsets = new Set(['base64', 'hex', 'binary', 'internal', 'default']);

const known = new Map<string, Charset | null>();
/** Labels come from the peer; the table starts anew rather than grow. */
const mostKnown = 500;
/** RFC 2978 §2.3. */
const longestLabel = 40;

function find(label: string): Charset | null {
  if (label.length > longestLabel) return null;
  let charset = known.get(label);
  if (charset === undefined) {
    charset = open(label);
    if (known.size === mostKnown) known.clear();
    known.set(label, charset);
  }
  return charset;
}

function open(label: string): Charset | null {
  const written = label.trim().toLowerCase();
  const name = otherNames.get(written) ?? written;
  try {
    const whole = new TextDecoder(name);
    const ascii = !/^(utf-16|iso-2022|x-user)/.test(whole.encoding);
    return { name: whole.encoding, ascii, whole };
  } catch {
    // Not one of WHATWG's.
  }
  // iconv-lite looks at letters and digits only.
  if (notCharsets.has(name.replace(/[^0-9a-z]/g, '')) || !iconv.encodingExists(name)) return null;
  return { name, ascii: /^(cp|ibm|mac|win|iso-?8859|koi8)/.test(name), whole: null };
}

/** Whether {@link decodeCharset} knows a charset. */
export function isKnownCharset(label: string): boolean {
  return isUtf16(label) || find(label) !== null;
}

/**
 * Decodes a whole text.
 *
 * @param label - the charset as the message names it (RFC 2045 §5.1), in any case
 * @returns `null` when no such charset is known
 *
 * @example
 * ```ts
 * import { decodeCharset } from 'mailwright/mime';
 *
 * decodeCharset(new Uint8Array([0x63, 0x61, 0x66, 0xe9]), 'ISO-8859-1'); // 'café'
 * ```
 */
export function decodeCharset(octets: Bytes, label: string): string | null {
  const charset = find(isUtf16(label) ? byteOrder(octets) : label);
  if (charset === null) return null;
  if (charset.ascii && isAscii(octets)) return latin1Text(octets);
  if (charset.whole !== null) return charset.whole.decode(octets);
  return iconv.decode(asBuffer(octets), charset.name);
}

/**
 * A decoder for text that arrives in pieces; what it gives in all is what {@link decodeCharset}
 * gives of the whole.
 *
 * @returns `null` when no such charset is known
 *
 * @example
 * ```ts
 * import { charsetDecoder } from 'mailwright/mime';
 *
 * const decoder = charsetDecoder('utf-8');
 * if (decoder) decoder.write(new Uint8Array([0xc3])) + decoder.write(new Uint8Array([0xa9])); // 'é'
 * ```
 */
export function charsetDecoder(label: string): CharsetDecoder | null {
  if (isUtf16(label)) return utf16Decoder();
  const charset = find(label);
  if (charset === null) return null;
  const { name } = charset;
  if (charset.whole !== null) {
    const decoder = new TextDecoder(name);
    return {
      charset: name,
      write: (octets) => decoder.decode(octets, { stream: true }),
      end: () => decoder.decode(),
    };
  }
  const decoder = iconv.getDecoder(name);
  return {
    charset: name,
    write: (octets) => decoder.write(asBuffer(octets)),
    end: () => decoder.end() ?? '',
  };
}

/** WHATWG's utf-16 is always little-endian; in mail the text itself tells. */
function isUtf16(label: string): boolean {
  return label.length === 6 && label.toLowerCase() === 'utf-16';
}

/** RFC 2781 §4.3: a byte order mark decides, and without one it is big-endian. */
function byteOrder(octets: Bytes): string {
  return octets[0] === 0xff && octets[1] === 0xfe ? 'utf-16le' : 'utf-16be';
}

function utf16Decoder(): CharsetDecoder {
  let head: Bytes = new Uint8Array(0);
  let decoder: CharsetDecoder | null = null;
  const begin = (): CharsetDecoder => {
    decoder = charsetDecoder(byteOrder(head)) as CharsetDecoder;
    return decoder;
  };
  return {
    charset: 'utf-16',
    write(octets) {
      if (decoder !== null) return decoder.write(octets);
      head = Buffer.concat([head, octets]);
      return head.length < 2 ? '' : begin().write(head);
    },
    end: () => (decoder === null ? begin().write(head) : '') + (decoder?.end() ?? ''),
  };
}

function asBuffer(octets: Bytes): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}
