/** The parts that a message is composed of, as plain data, and short ways to write them. */
import type { Bytes } from '../../machine/index.ts';
import type { FieldInput } from './field.ts';

/** Content that is read when the message is written, and only then; each `open()` starts anew. */
export interface StreamedContent {
  open(): AsyncIterable<Bytes>;
}

/** What every part may have beside its content. */
export interface PartFields {
  /** Without angle brackets (RFC 2045 §7); what `cid:` points to. */
  readonly contentId?: string;
  /** Other fields of the part, such as Content-Description or Content-Language. */
  readonly fields?: readonly FieldInput[];
}

/** Text in any characters; its line ends become CRLF, its charset is UTF-8. */
export interface TextPart extends PartFields {
  readonly kind: 'text';
  readonly text: string;
  /** `text/plain` by default. Types of `message/` are written without transfer encoding (RFC 2046 §5.2). */
  readonly type?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Parts in one (RFC 2046 §5.1). */
export interface MultipartPart extends PartFields {
  readonly kind: 'multipart';
  /** `mixed`, `alternative`, `related`, `report`, ... */
  readonly subtype: string;
  readonly parts: readonly PartInput[];
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A file: octets that arrive as they are. */
export interface FilePart extends PartFields {
  readonly kind: 'file';
  readonly content: Bytes | string | StreamedContent;
  /** A name in any characters (RFC 2183 §2.3). */
  readonly filename?: string;
  /** `application/octet-stream` by default. */
  readonly type?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  /** `attachment` by default (RFC 2183 §2). */
  readonly disposition?: 'attachment' | 'inline';
}

/** A whole message within this one (RFC 2046 §5.2.1), as octets with CRLF line ends. */
export interface MessagePart extends PartFields {
  readonly kind: 'message';
  readonly octets: Bytes;
  /** `message/rfc822` by default; also `message/global` (RFC 6532 §3.7), or `text/rfc822-headers` (RFC 6522 §4). */
  readonly type?: string;
}

/** Any part of a message. */
export type PartInput = TextPart | MultipartPart | FilePart | MessagePart;

/**
 * Plain text.
 *
 * @example
 * ```ts
 * import { textPart } from 'mailwright/mime';
 *
 * textPart('Hello');
 * ```
 */
export function textPart(text: string): TextPart {
  return { kind: 'text', text };
}

/**
 * HTML text.
 *
 * @example
 * ```ts
 * import { htmlPart } from 'mailwright/mime';
 *
 * htmlPart('<p>Hello');
 * ```
 */
export function htmlPart(html: string): TextPart {
  return { kind: 'text', type: 'text/html', text: html };
}

/**
 * The same content in several forms, the plainest first (RFC 2046 §5.1.4).
 *
 * @example
 * ```ts
 * import { alternative, htmlPart, textPart } from 'mailwright/mime';
 *
 * alternative(textPart('Hello'), htmlPart('<p>Hello'));
 * ```
 */
export function alternative(...parts: readonly PartInput[]): MultipartPart {
  return { kind: 'multipart', subtype: 'alternative', parts };
}

/**
 * Parts one after another (RFC 2046 §5.1.3).
 *
 * @example
 * ```ts
 * import { mixed, textPart } from 'mailwright/mime';
 *
 * mixed(textPart('See the file.'), { kind: 'file', filename: 'a.bin', content: new Uint8Array(3) });
 * ```
 */
export function mixed(...parts: readonly PartInput[]): MultipartPart {
  return { kind: 'multipart', subtype: 'mixed', parts };
}

/**
 * A root part and what it refers to by `cid:`, such as images (RFC 2387).
 *
 * @example
 * ```ts
 * import { htmlPart, related } from 'mailwright/mime';
 *
 * const image = { kind: 'file', type: 'image/png', contentId: 'dot@example.com', disposition: 'inline', content: new Uint8Array(9) } as const;
 * related(htmlPart('<img src="cid:dot@example.com">'), image);
 * ```
 */
export function related(root: PartInput, ...parts: readonly PartInput[]): MultipartPart {
  return {
    kind: 'multipart',
    subtype: 'related',
    parts: [root, ...parts],
    parameters: { type: typeOf(root) },
  };
}

/**
 * A report: text for people, fields for programs, and perhaps the message it is about (RFC 6522 §3).
 *
 * @example
 * ```ts
 * import { report, textPart } from 'mailwright/mime';
 *
 * report('delivery-status', textPart('Not delivered.'), {
 *   kind: 'text',
 *   type: 'message/delivery-status',
 *   text: 'Reporting-MTA: dns; mx.example.com\r\n',
 * });
 * ```
 */
export function report(type: string, ...parts: readonly PartInput[]): MultipartPart {
  return { kind: 'multipart', subtype: 'report', parts, parameters: { 'report-type': type } };
}

/** The media type that a part will have. */
export function typeOf(part: PartInput): string {
  switch (part.kind) {
    case 'text':
      return part.type ?? 'text/plain';
    case 'multipart':
      return `multipart/${part.subtype}`;
    case 'file':
      return part.type ?? 'application/octet-stream';
    case 'message':
      return part.type ?? 'message/rfc822';
  }
}
