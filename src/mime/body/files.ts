/** The files that a message carries: attachments, inline images, and files within plain text. */
import libmime from 'libmime';
import type { Bytes } from '../../machine/index.ts';
import { decodeEncodedWords } from '../header/words.ts';
import type { MimePart } from '../structure/part.ts';
import { type BodyParts, declaredFileName } from './choose.ts';
import { safeFileName } from './file-name.ts';
import { decodeInlineFile, findInlineFiles, type InlineFile, mayHoldFiles } from './inline-files.ts';
import { type DecodedBody, isUnencoded } from './transfer.ts';

/** A text part and its text. */
export interface PlainText {
  readonly part: MimePart;
  readonly text: string;
}

/** Where files come from: a `Message`. */
export interface FileSource {
  readonly bodyParts: BodyParts;
  readonly plainTexts: readonly PlainText[];
  bodyOf(part: MimePart): Bytes;
  contentOf(part: MimePart): DecodedBody;
}

/** A file of a message; its octets are decoded when first asked for. */
export class MessageFile {
  /** The part that is the file, or the text part within which it stands. */
  readonly part: MimePart;
  /** Fit to be used in a folder; see `safeFileName`. Two files may have the same. */
  readonly name: string;
  readonly #message: FileSource;
  readonly #inline: InlineFile | null;
  #octets: Bytes | undefined;

  /** @internal */
  constructor(message: FileSource, part: MimePart, inline: InlineFile | null = null) {
    this.part = part;
    this.#message = message;
    this.#inline = inline;
    this.name = inline === null ? partFileName(part) : safeFileName(inline.name, 'attachment.bin');
  }

  /** Lower case, such as `image/png`. */
  get mediaType(): string {
    return this.#inline === null ? `${this.part.type}/${this.part.subtype}` : 'application/octet-stream';
  }

  /** The Content-ID without its angle brackets (RFC 2392 §2), by which HTML names it as `cid:`. */
  get contentId(): string | null {
    return this.#inline === null ? partContentId(this.part) : null;
  }

  /** Meant to be shown within the text, such as an image of the HTML (RFC 2183 §2.1). */
  get isInline(): boolean {
    const { part } = this;
    if (this.#inline !== null || part.disposition?.disposition === 'attachment') return false;
    return part.disposition?.disposition === 'inline' || part.parent?.subtype === 'related';
  }

  /** The decoded octets. */
  get octets(): Bytes {
    this.#octets ??= this.#decode();
    return this.#octets;
  }

  #decode(): Bytes {
    const { octets } = this.#message.contentOf(this.part);
    return this.#inline === null ? octets : decodeInlineFile(octets, this.#inline);
  }
}

/** All files of a message. */
export function messageFiles(message: FileSource): MessageFile[] {
  const { attachments, text } = message.bodyParts;
  // An image that is shown between texts is a file as well.
  const images = text.filter(({ type }) => type !== 'text');
  const parts = images.length === 0 ? attachments : [...new Set([...attachments, ...images])];
  const files = parts.map((part) => new MessageFile(message, part));
  for (const { part, text } of message.plainTexts) {
    // Who encodes a body can attach files as well: these are of senders before MIME.
    if (!isUnencoded(part.encoding) || !mayHoldFiles(text)) continue;
    for (const inline of findInlineFiles(message.bodyOf(part))) {
      files.push(new MessageFile(message, part, inline));
    }
  }
  return files;
}

/**
 * A file name for a part, fit to be used: what it declares made safe, or one that its media type
 * suggests. Encoded words, which have no place in a parameter but come there (RFC 2047 §5), are
 * decoded.
 *
 * @example
 * ```ts
 * import { partFileName, scanMime } from 'mailwright/mime';
 *
 * const { root } = scanMime(new TextEncoder().encode('Content-Type: application/pdf; name="../a.pdf"\r\n\r\n'));
 * partFileName(root); // 'a.pdf'
 * ```
 */
export function partFileName(part: MimePart): string {
  const declared = declaredFileName(part);
  const fallback = `attachment.${usualExtension(part)}`;
  if (declared === null) return fallback;
  return safeFileName(declared.includes('=?') ? decodeEncodedWords(declared) : declared, fallback);
}

/** The Content-ID of a part without its angle brackets (RFC 2392 §2); `null` where it has none. */
export function partContentId(part: MimePart): string | null {
  const value = part.header.get('content-id')?.value;
  if (value === undefined) return null;
  const open = value.indexOf('<');
  const close = value.indexOf('>', open);
  const id = open === -1 || close === -1 ? value : value.slice(open + 1, close);
  return id.trim() || null;
}

/** The extension that files of the part's media type usually have. */
function usualExtension({ type, subtype }: MimePart): string {
  const known = extensions[`${type}/${subtype}`] ?? libmime.detectExtension(`${type}/${subtype}`);
  return known === unknownExtension && type === 'text' ? 'txt' : known;
}

/** What libmime says of a type that it does not know. */
const unknownExtension = 'bin';

/** What libmime does not know, or would give an unusual extension. */
const extensions: Readonly<Record<string, string>> = {
  'application/gzip': 'gz',
  'image/jpeg': 'jpg',
  'image/webp': 'webp',
  'message/global': 'eml',
  'text/vcard': 'vcf',
};
