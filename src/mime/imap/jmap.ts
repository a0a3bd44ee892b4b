/** What JMAP tells of a message's body (RFC 8621 §4.1.4): parts, values, and what is shown. */
import { Buffer } from 'node:buffer';
import { utf8Text } from '../../bytes/index.ts';
import type { Bytes } from '../../machine/index.ts';
import { chooseBodyParts, declaredFileName } from '../body/choose.ts';
import { partContentId } from '../body/files.ts';
import { octetsText } from '../body/text.ts';
import { decodeTransfer } from '../body/transfer.ts';
import type { MimePart } from '../structure/part.ts';
import { contentLanguages } from './languages.ts';

/** `EmailBodyPart` (RFC 8621 §4.1.4). Its `blobId` is the host's to give, by {@link JmapBodyPart.part}. */
export interface JmapBodyPart {
  /** The part's number as in IMAP, `1.2`; `null` for a multipart. A single part is `1`. */
  readonly partId: string | null;
  /** Octets of the decoded body. */
  readonly size: number;
  /** All fields in order; values raw, still folded. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  /** A file name as declared, decoded, not made safe. */
  readonly name: string | null;
  readonly type: string;
  /** Of `text/*`: the declared one, or `us-ascii` where none is. */
  readonly charset: string | null;
  readonly disposition: string | null;
  readonly cid: string | null;
  readonly language: readonly string[] | null;
  readonly location: string | null;
  /** Of a multipart. */
  readonly subParts: readonly JmapBodyPart[] | null;
  readonly part: MimePart;
}

/** `EmailBodyValue` (RFC 8621 §4.1.4). */
export interface JmapBodyValue {
  /** Text with LF as line end. */
  readonly value: string;
  readonly isEncodingProblem: boolean;
  readonly isTruncated: boolean;
}

/** The body properties of an `Email` object. */
export interface JmapBody {
  readonly bodyStructure: JmapBodyPart;
  readonly textBody: readonly JmapBodyPart[];
  readonly htmlBody: readonly JmapBodyPart[];
  readonly attachments: readonly JmapBodyPart[];
  readonly hasAttachment: boolean;
}

/**
 * The body properties of a message (RFC 8621 §4.1.4). Messages within are parts of their own kind, not
 * looked into.
 *
 * @example
 * ```ts
 * import { jmapBody, scanMime } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nHello\r\n');
 * const body = jmapBody(message, scanMime(message).root);
 * body.textBody[0]?.partId; // '1'
 * body.hasAttachment; // false
 * ```
 */
export function jmapBody(message: Bytes, root: MimePart): JmapBody {
  const parts = new Map<MimePart, JmapBodyPart>();
  const describe = (part: MimePart, number: string): JmapBodyPart => {
    const isMultipart = part.kind === 'multipart';
    const prefix = number === '' ? '' : `${number}.`;
    const described: JmapBodyPart = {
      partId: isMultipart ? null : number || '1',
      // Decoding tells it: only when it is asked for.
      get size() {
        return isMultipart ? 0 : decoded(message, part).octets.length;
      },
      headers: [...part.header].map((field) => ({ name: field.name, value: rawText(field.rawValue) })),
      name: declaredFileName(part),
      type: `${part.type}/${part.subtype}`,
      charset: part.type === 'text' ? (part.contentType?.parameters.get('charset') ?? 'us-ascii') : null,
      disposition: part.disposition?.disposition ?? null,
      cid: partContentId(part),
      language: contentLanguages(part.header),
      location: part.header.get('content-location')?.value ?? null,
      subParts: isMultipart ? part.children.map((child, at) => describe(child, `${prefix}${at + 1}`)) : null,
      part,
    };
    parts.set(part, described);
    return described;
  };
  const bodyStructure = describe(root, '');
  const { text, html, attachments } = chooseBodyParts(root);
  const listed = (chosen: readonly MimePart[]) => chosen.map((part) => parts.get(part)!);
  return {
    bodyStructure,
    textBody: listed(text),
    htmlBody: listed(html),
    attachments: listed(attachments),
    hasAttachment: attachments.some((part) => part.disposition?.disposition !== 'inline'),
  };
}

/**
 * The value of a text part (RFC 8621 §4.1.4).
 *
 * @param maxOctets - of UTF-8, as `maxBodyValueBytes`; what is cut off leaves no broken character, and
 * no open tag of HTML. 0 means no limit.
 *
 * @example
 * ```ts
 * import { jmapBodyValue, scanMime } from 'mailwright/mime';
 *
 * const message = new TextEncoder().encode('Content-Type: text/plain\r\n\r\nHello\r\n');
 * jmapBodyValue(message, scanMime(message).root, 4).value; // 'Hell'
 * ```
 */
export function jmapBodyValue(message: Bytes, part: MimePart, maxOctets = 0): JmapBodyValue {
  const { octets, faults } = decoded(message, part);
  const { text, charset } = octetsText(part, octets);
  const declared = part.contentType?.parameters.get('charset')?.toLowerCase();
  const all = text.replaceAll('\r\n', '\n');
  const isTruncated = maxOctets > 0 && Buffer.byteLength(all) > maxOctets;
  const value = isTruncated ? truncate(all, maxOctets, part.subtype === 'html') : all;
  const isUnknown = declared !== undefined && declared !== charset;
  return {
    value,
    isEncodingProblem: faults.size > 0 || isUnknown || text.includes('\uFFFD'),
    isTruncated,
  };
}

function truncate(text: string, octets: number, isHtml: boolean): string {
  const all = Buffer.from(text.slice(0, octets));
  let end = Math.min(octets, all.length);
  // An octet 10xxxxxx goes on with a character that began before the cut.
  while (end > 0 && end < all.length && (all[end]! & 0xc0) === 0x80) end--;
  const value = all.toString('utf8', 0, end);
  const tag = isHtml ? value.lastIndexOf('<') : -1;
  return tag > value.lastIndexOf('>') ? value.slice(0, tag) : value;
}

function decoded(message: Bytes, part: MimePart) {
  return decodeTransfer(message.subarray(part.bodyStart, part.bodyEnd), part.encoding);
}

/** A raw value (RFC 8621 §4.1.2.1): UTF-8, or U+FFFD for octets that are not. */
function rawText(octets: Bytes): string {
  return utf8Text(octets).replace(/\r?\n$/, '');
}
