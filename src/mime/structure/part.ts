/** A node of the MIME tree: where its octets lie and what its Content fields say. */
import type { Bytes } from '../../machine/index.ts';
import { type ContentDisposition, type ContentType, parseContentDisposition } from '../header/content.ts';
import { HeaderFields } from '../header/fields.ts';
import { contentTypeOf } from './content-type-cache.ts';
import { countLines } from './line-count.ts';

/** Offsets from the start of the message: `start` is the first octet, `end` is after the last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * One entity (RFC 2045 §2.4) of a message: the message itself, a part of a multipart, or the message
 * within a message/rfc822.
 *
 * All offsets count octets from the start of the message. The header section with its empty line is
 * `headerStart..bodyStart`, the body is `bodyStart..bodyEnd`; the line end before a delimiter belongs
 * to the delimiter (RFC 2046 §5.1.1), so it is in neither. `bodyStart`, `bodyEnd` and `lines` of the
 * entities still open are known only when the scan has ended.
 */
export interface MimePart {
  /** `multipart` and `message` have `children` (a message exactly one); a `leaf` has none. */
  readonly kind: 'leaf' | 'multipart' | 'message';
  /** Lower case, such as `text`; what stands for a missing type is that of RFC 2045 §5.2. */
  readonly type: string;
  /** Lower case, such as `plain`. */
  readonly subtype: string;
  /** Lower case, such as `base64`; `7bit` where the field is missing (RFC 2045 §6.1). */
  readonly encoding: string;
  /** The boundary of a multipart; `null` where there is none. */
  readonly boundary: string | null;
  readonly parent: MimePart | null;
  readonly children: readonly MimePart[];
  /** The delimiter line that opened this part, with its line end; `null` for a message. */
  readonly delimiter: Span | null;
  /** The closing delimiter of a multipart, without its line end; `null` where it is missing. */
  readonly closing: Span | null;
  readonly headerStart: number;
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** Line feeds in `headerStart..bodyStart`. */
  readonly headerLines: number;
  /** Line feeds in `bodyStart..bodyEnd`. */
  readonly lines: number;
  /** The fields; their offsets count from `headerStart`. */
  readonly header: HeaderFields;
  /** The first Content-Type, parsed when first asked for; `null` where there is none. */
  readonly contentType: ContentType | null;
  /** The first Content-Disposition, parsed when first asked for; `null` where there is none. */
  readonly disposition: ContentDisposition | null;
}

/** The scanner's own side of a part: the same fields, open to be filled in. */
export class ScannedPart implements MimePart {
  kind: MimePart['kind'] = 'leaf';
  type = 'text';
  subtype = 'plain';
  encoding = '7bit';
  boundary: string | null = null;
  readonly parent: ScannedPart | null;
  children: readonly ScannedPart[] = noParts;
  closing: Span | null = null;
  readonly headerStart: number;
  bodyStart = -1;
  bodyEnd = -1;
  /** The octets that hold the header section, and where in them it lies, as far as it is kept. */
  headerOctets: Bytes = nothing;
  headerAt = 0;
  headerEnd = 0;
  headerFields = 0;
  /** The values of these fields, unfolded, octets above 127 as latin1. */
  typeValue: string | null = null;
  dispositionValue: string | null = null;
  /** The same boundary of an enclosing multipart, which this one hides while it is open. */
  hidden: ScannedPart | null = null;
  readonly depth: number;
  /** Line feeds of the message before the section and before the body, where they are counted. */
  linesToHeader = 0;
  linesToBody = 0;
  /** -1: not counted yet; the whole message is in `headerOctets`. */
  private bodyLines = -1;
  private sectionLines = -1;
  private parsedHeader: HeaderFields | null = null;
  private parsedType: ContentType | null | undefined;
  private parsedDisposition: ContentDisposition | null | undefined;

  /** Where the delimiter line begins that opened the part; -1: none did. It ends where the header begins. */
  private readonly delimiterStart: number;

  constructor(parent: ScannedPart | null, delimiterStart: number, headerStart: number) {
    this.parent = parent;
    this.delimiterStart = delimiterStart;
    this.headerStart = headerStart;
    this.depth = parent === null ? 0 : parent.depth + 1;
    if (parent === null) return;
    if (parent.children === noParts) parent.children = [this];
    else (parent.children as ScannedPart[]).push(this);
  }

  get delimiter(): Span | null {
    return this.delimiterStart === -1 ? null : { start: this.delimiterStart, end: this.headerStart };
  }

  get headerLines(): number {
    if (this.sectionLines === -1) this.count();
    return this.sectionLines;
  }

  get lines(): number {
    if (this.bodyLines === -1) this.count();
    return this.bodyLines;
  }

  setLines(header: number, body: number): void {
    this.sectionLines = header;
    this.bodyLines = body;
  }

  private count(): void {
    let root: ScannedPart = this;
    while (root.parent !== null) root = root.parent;
    countLines(root, root.headerOctets);
  }

  get header(): HeaderFields {
    if (this.parsedHeader === null) {
      const octets = this.headerOctets.subarray(this.headerAt, this.headerEnd);
      this.parsedHeader = HeaderFields.scan(octets, { bytes: octets.length, fields: this.headerFields });
    }
    return this.parsedHeader;
  }

  get contentType(): ContentType | null {
    if (this.parsedType === undefined) {
      const value = this.read(this.typeValue, 'content-type');
      this.parsedType = value === null ? null : contentTypeOf(value);
    }
    return this.parsedType;
  }

  get disposition(): ContentDisposition | null {
    if (this.parsedDisposition === undefined) {
      const value = this.read(this.dispositionValue, 'content-disposition');
      this.parsedDisposition = value === null ? null : parseContentDisposition(value);
    }
    return this.parsedDisposition;
  }

  /** The value as it was scanned; where it is not of US-ASCII, as the header reads it. */
  private read(value: string | null, key: string): string | null {
    if (value === null || isUsAscii(value)) return value;
    return this.header.get(key)?.value ?? value;
  }
}

function isUsAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 127) return false;
  return true;
}

const nothing = new Uint8Array(0);
/** Most parts have none. */
const noParts: readonly ScannedPart[] = [];
