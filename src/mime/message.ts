/** A message in memory, read as far as it is asked for. */
import type { Bytes } from '../machine/index.ts';
import { type BodyParts, chooseBodyParts } from './body/choose.ts';
import { type MessageFile, messageFiles, type PlainText } from './body/files.ts';
import { flowedText, messageText } from './body/text.ts';
import { type DecodedBody, decodeTransfer } from './body/transfer.ts';
import type { HeaderFields } from './header/fields.ts';
import type { MimeLimits } from './structure/limits.ts';
import type { MimePart } from './structure/part.ts';
import { scanMime } from './structure/scan.ts';
import type { MimeStructure } from './structure/scanner.ts';

/**
 * A parsed message. The structure is there at once; headers, texts and files are decoded when they
 * are first asked for, and kept.
 *
 * It keeps the octets it was made from, which must not change while it is in use.
 */
export class Message {
  readonly octets: Bytes;
  readonly structure: MimeStructure;
  #parts: BodyParts | undefined;
  /** The plain text parts and their texts, not yet unflowed. */
  #plain: readonly PlainText[] | undefined;
  #text: string | null | undefined;
  #html: string | null | undefined;
  #files: readonly MessageFile[] | undefined;

  /** @internal */
  constructor(octets: Bytes, structure: MimeStructure) {
    this.octets = octets;
    this.structure = structure;
  }

  /** The message's own entity. */
  get root(): MimePart {
    return this.structure.root;
  }

  /** The message's own header. */
  get header(): HeaderFields {
    return this.root.header;
  }

  /** What is shown and what is offered as files (RFC 8621 §4.1.4). */
  get bodyParts(): BodyParts {
    this.#parts ??= chooseBodyParts(this.root);
    return this.#parts;
  }

  /**
   * The plain text, all its parts joined; `null` where there is only HTML, or no text. Line ends are
   * those of the message; `format=flowed` is undone (RFC 3676).
   */
  get text(): string | null {
    if (this.#text === undefined) this.#text = joined(this.plainTexts);
    return this.#text;
  }

  /** @internal */
  get plainTexts(): readonly PlainText[] {
    this.#plain ??= this.#textsOf(this.bodyParts.text, 'plain');
    return this.#plain;
  }

  /** The HTML, all its parts joined, unsafe as it came; `null` where there is none. */
  get html(): string | null {
    if (this.#html === undefined) this.#html = joined(this.#textsOf(this.bodyParts.html, 'html'));
    return this.#html;
  }

  /** The attachments, also inline images, and files found within plain text. */
  get files(): readonly MessageFile[] {
    this.#files ??= messageFiles(this);
    return this.#files;
  }

  /** A part's header section with its empty line, as it lies in the message. A view. */
  headerOf(part: MimePart): Bytes {
    return this.octets.subarray(part.headerStart, part.bodyStart);
  }

  /** A part's body as it lies in the message, still encoded. A view. */
  bodyOf(part: MimePart): Bytes {
    return this.octets.subarray(part.bodyStart, part.bodyEnd);
  }

  /** A part's body without its transfer encoding; a view where nothing is encoded. */
  contentOf(part: MimePart): DecodedBody {
    return decodeTransfer(this.bodyOf(part), part.encoding);
  }

  /** A text part's text; line ends and flowed lines stay as they are. */
  textOf(part: MimePart): string {
    return messageText(part, this.octets).text;
  }

  #textsOf(parts: readonly MimePart[], subtype: string): PlainText[] {
    const texts: PlainText[] = [];
    for (const part of parts) {
      if (part.type === 'text' && part.subtype === subtype) texts.push({ part, text: this.textOf(part) });
    }
    return texts;
  }
}

/** Texts, unflowed (RFC 3676) and each on lines of its own; `null`: there is none. */
function joined(texts: readonly PlainText[]): string | null {
  if (texts.length === 0) return null;
  let result = '';
  let isOpen = false;
  for (const { part, text } of texts) {
    const piece = flowedText(part, text);
    result += isOpen ? `\r\n${piece}` : piece;
    isOpen = piece !== '' && !piece.endsWith('\n');
  }
  return result;
}

/**
 * Reads a message that is in memory.
 *
 * Nothing that a message holds makes this throw; what is wrong with it is in `structure.defects`.
 *
 * @example
 * ```ts
 * import { parseMessage } from 'mailwright/mime';
 *
 * const message = parseMessage(new TextEncoder().encode('Subject: Hi\r\n\r\nHello\r\n'));
 * message.header.get('subject')?.value; // 'Hi'
 * message.text; // 'Hello\r\n'
 * message.files.length; // 0
 * ```
 */
export function parseMessage(octets: Bytes, limits: MimeLimits = {}): Message {
  return new Message(octets, scanMime(octets, { limits }));
}
